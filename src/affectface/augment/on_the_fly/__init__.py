"""Faces that are changed while a recogniser learns: affects synthesised on them, and the classical augmentations."""
