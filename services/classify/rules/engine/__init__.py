"""From a rulebook and a document to a verdict: compile, scan, add up, give reasons."""
