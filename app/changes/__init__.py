"""Changes: the ordered log of everything that changed for the public, its readers and its consumers."""
