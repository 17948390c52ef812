"""Placing: what tickers and fronts share: rules, the articles that rules draw, what was last published."""
