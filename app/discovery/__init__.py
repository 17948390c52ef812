"""Discovery: what an address of the web site is, and what leads robots and programs to what there is."""
