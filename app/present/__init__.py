"""Present: the present states of things, and the change log as clients get it. Sync and streams read it here."""
