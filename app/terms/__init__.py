"""Terms: what sections, tags and authors have in common; each of their rooms holds only its own fields."""
