"""Feeds: RSS, Atom, JSON Feed and ninjs of whatever delivery lists."""
