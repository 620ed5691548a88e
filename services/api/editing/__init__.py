"""Work on the texts of rules without knowing what they mean: find words in them, add a line, merge two changes. Pure."""
