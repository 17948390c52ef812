"""Index: where words are. It takes a resource, an id and texts, and knows no noun."""
