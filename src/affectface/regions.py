"""The parts of a head that a triangle of a face model can belong to."""

REGIONS = (
    "face",
    "head",
    "mouth_socket",
    "gums",
    "tongue",
    "teeth_upper",
    "teeth_lower",
    "eye_left",
    "eye_right",
    "eye_socket",
    "eyelashes",
)
"""`face` is the skin that expressions move, lips and lids too; `head` the other skin."""
