"""Articles: the newsroom's main noun, its states and verbs, and the one statement that says what readers may see."""
