"""Reading: from what was asked to what is answered, in steps; the SQL is in `queries`."""
