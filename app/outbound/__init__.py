"""Outbound HTTP requests."""
