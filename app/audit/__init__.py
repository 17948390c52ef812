"""Audit: who did what at the desk, one row for every action, in the transaction of the action.."""
