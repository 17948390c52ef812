"""Reader: the pages that people open in a browser, and what operations ask."""
