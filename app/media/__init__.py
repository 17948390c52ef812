"""Pictures: the library, its files and renditions, where they are used."""
