"""The cellar: tools that know no newsroom noun and import nothing from the rooms."""
