"""What every request comes through before any layer of the framework, and what is answered there."""
