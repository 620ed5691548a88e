"""From an article to folded text, and the way back: fields, folding, datelines, small words, regular expressions."""
