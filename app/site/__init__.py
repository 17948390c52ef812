"""Site: what a client must know before it asks for anything else."""
