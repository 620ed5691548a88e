"""Whether a process lives, goes on and is wanted: its signs of life, the watch over it, and how it is told to stop."""
