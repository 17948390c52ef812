"""Audit: one row for every desk action, written in the transaction of the action."""
