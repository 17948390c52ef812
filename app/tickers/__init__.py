"""Tickers: strips of headlines, written by hand, following articles, or drawn by rules."""
