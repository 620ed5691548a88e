"""What requests bring in their bodies, and asking a worker for what needs the engine of the rules."""
