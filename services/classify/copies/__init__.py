"""Copies of one text: looked for by keys, joined into groups, the groups written."""
