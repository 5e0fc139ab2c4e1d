"""What annotators say about sequences, moment by moment, and what follows from it."""
