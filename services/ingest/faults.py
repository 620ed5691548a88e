"""What went wrong with a feed: of which kind, whether it will pass, and in words (pure)."""
