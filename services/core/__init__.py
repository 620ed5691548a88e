"""What every service stands on: pure helpers, events and queues, settings, database, broker, the stream."""
