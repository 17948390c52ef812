"""Authors: whose names stand in the byline."""
