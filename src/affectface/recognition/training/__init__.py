"""Manifest -> recogniser: what is learned, how it goes on after a kill, and the files that are left."""
