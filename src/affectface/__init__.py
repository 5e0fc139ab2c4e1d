"""affectface: one photograph of a face in, photographs and clips of the same person with a chosen affect out."""

__version__ = "0.1.0"
