"""Web: HTML pages for browsers."""
