"""Requests that leave this server."""
