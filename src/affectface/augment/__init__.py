"""Data sets: their tables, how those of others are read, who is in which split, which photos are neutral."""
