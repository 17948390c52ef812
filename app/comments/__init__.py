"""Comments: what readers say under an article, moderated at the desk."""
