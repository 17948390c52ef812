"""Sync: the change log as others get it, page by page or live."""
