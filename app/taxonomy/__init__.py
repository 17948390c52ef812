"""Taxonomy: the sections, tags and authors that readers can browse by, because a visible article is filed there."""
