"""The export: what a newsroom made, as JSON Lines that any newsroom can read in."""
