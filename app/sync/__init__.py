"""Sync: the change log for clients, in pages or as a live stream."""
