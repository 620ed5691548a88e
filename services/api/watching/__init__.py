"""What operators' tools are told, from servers that may not answer."""
