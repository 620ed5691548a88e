"""Dateline: three services on one core. `python -m services` is the command line."""
