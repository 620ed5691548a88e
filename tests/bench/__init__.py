"""`make bench`: how fast the whole pipe, the way to Latest and the reads are, beside yardsticks of the same run."""
