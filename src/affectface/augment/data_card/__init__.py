"""The data card of an augmentation: what it was made of, how, what is in it now, and what may be done with it."""
