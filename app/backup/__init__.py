"""Backups of a whole newsroom: one file format for both databases, written while the newsroom is served."""
