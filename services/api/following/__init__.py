"""Followers of a stream: the bell, one change for many, and events on the wire."""
