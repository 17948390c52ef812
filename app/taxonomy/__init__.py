"""Taxonomy: the public sections, tags and authors: those under which a visible article is filed."""
