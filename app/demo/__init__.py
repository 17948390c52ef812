"""Demo content: a small newsroom of our own writing, poured in through the same doors as real work."""
