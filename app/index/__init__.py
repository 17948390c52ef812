"""Word index: full-text search for any resource. Input: a resource kind, an id and texts; no newsroom models."""
