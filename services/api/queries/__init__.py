"""All SQL of the read side, one file per noun. Plain data comes out; nothing here decides."""
