"""Slugs: the registry of present and former slugs, so that no public address is ever reused."""
