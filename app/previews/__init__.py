"""Previews: links that show the newest save of an article to whoever holds one, published or not."""
