"""Tags: words that gather articles across sections."""
