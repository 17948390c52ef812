"""Commands of `./nashra`: their options and help, and what each does."""
