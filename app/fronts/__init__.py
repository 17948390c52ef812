"""Fronts: what stands where on a page, placed by hand or drawn by rules."""
