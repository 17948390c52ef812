"""Present: the present states of things, and the change log as others get it. Sync, streams and pushes read here."""
