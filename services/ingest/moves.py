"""Permanent redirects: when to believe them (pure)."""
