"""Nashra: one room per newsroom noun, furnished alike with models, schemas, repository and router."""
