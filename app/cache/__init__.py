"""Cache: rendered answers in memory, invalidated by the tags of each change."""
