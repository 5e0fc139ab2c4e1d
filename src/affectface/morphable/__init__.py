"""Scans -> face model: the 3D morphable model as a value, its importers and edits."""

from affectface.morphable.face_model import LANDMARKS, FaceModel, load_face_model, save_face_model
from affectface.regions import REGIONS

__all__ = ["LANDMARKS", "REGIONS", "FaceModel", "load_face_model", "save_face_model"]
