"""Feeds in: when to look, how to fetch, what an answer holds, what of it is new."""
