"""Terms: what sections, tags and authors have in common, so that each of their rooms holds only its own."""
