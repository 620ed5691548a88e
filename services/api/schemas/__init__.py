"""Shapes of the answers, for the published description. Tests hold the answers to these."""
