"""From YAML to a rulebook: every mistake with its file, line and column."""
