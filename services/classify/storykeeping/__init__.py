"""The memory of stories: fed from the stream in its order, written beside it, and brought back after a crash."""
