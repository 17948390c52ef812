"""Changes: the one ordered log of what the public was given to see, and who hears of it."""
