"""Slugs: which name leads to which thing, now and before, so that no address is ever given to something else."""
