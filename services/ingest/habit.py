"""How a feed usually publishes, and when its silence is unusual (pure)."""
