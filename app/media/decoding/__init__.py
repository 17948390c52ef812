"""What the child process runs: everything that touches the bytes of a picture. Nothing of `app` outside is imported."""
