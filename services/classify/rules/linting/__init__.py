"""Rules that load, and yet are likely not what their editor meant."""
