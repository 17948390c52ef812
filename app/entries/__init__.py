"""Entries: the posts of live coverage, below an article of the kind `live`."""
