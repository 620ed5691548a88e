"""What is counted as it happens, and what all processes together have counted."""
