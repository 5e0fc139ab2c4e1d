"""Scans -> face model: the 3D morphable model as a value, its importers and edits."""

from affectface.morphable.face_model import LANDMARKS, REGIONS, FaceModel, load_face_model, save_face_model

__all__ = ["LANDMARKS", "REGIONS", "FaceModel", "load_face_model", "save_face_model"]
