"""From an image to faces with landmarks."""

from affectface.landmarks.landmarker import Face, detect_faces
from affectface.landmarks.subset68 import LANDMARKS68, landmarks68

__all__ = ["LANDMARKS68", "Face", "detect_faces", "landmarks68"]
