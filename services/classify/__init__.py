"""Regions and topics: the rules an editor writes, and the workers that apply them."""
