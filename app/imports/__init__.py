"""Imports: what other newsrooms and other systems exported, read into this one."""
