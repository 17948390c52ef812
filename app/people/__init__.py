"""People: the desk routes for members and tokens; they stand above the audit, which names members."""
