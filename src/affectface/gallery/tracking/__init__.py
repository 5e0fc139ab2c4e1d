"""Active appearance models of one person in one session, which track points through unrolled scans."""

from affectface.gallery.tracking.active_appearance import AppearanceConfig, AppearanceModel, build_appearance_model
from affectface.gallery.tracking.points79 import MIRRORED79, POINTS79
from affectface.gallery.tracking.sequence_tracking import TrackConfig, Tracked, track
from affectface.gallery.tracking.unrolled import expression_shapes, landmarks_on_scan

__all__ = [
    "MIRRORED79",
    "POINTS79",
    "AppearanceConfig",
    "AppearanceModel",
    "TrackConfig",
    "Tracked",
    "build_appearance_model",
    "expression_shapes",
    "landmarks_on_scan",
    "track",
]
