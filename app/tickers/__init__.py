"""Tickers: short lists of headlines, written by hand, following articles, or matched by rules."""
