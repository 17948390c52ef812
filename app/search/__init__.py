"""Full-text search of visible articles: hits, facets, suggestions, spelling corrections, related articles."""
