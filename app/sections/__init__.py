"""Sections: the tree that articles are filed in."""
