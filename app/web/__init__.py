"""Web: HTML pages for browsers, from templates, with static files named by their hash."""
