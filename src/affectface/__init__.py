"""affectface: one photograph of a face in, photographs and clips of the same person with a chosen affect out.

>>> import affectface as af
>>> portrait = af.Portrait.open("photo.jpg")  # doctest: +SKIP
>>> image = portrait.express(af.ValenceArousal(0.7, 0.4))  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from affectface.affect import ActionUnits, Affect, AffectPath, Expression, ValenceArousal, word
    from affectface.affect_tables import BASIC_EXPRESSIONS, EXPRESSIONS
    from affectface.clips import write_clip
    from affectface.errors import AffectFaceError
    from affectface.gallery.affect_model import AffectModel
    from affectface.gallery.affect_model_files import load_affect_model
    from affectface.images import read_image, write_image
    from affectface.morphable import FaceModel, load_face_model
    from affectface.synthesis.config import SynthesisConfig
    from affectface.synthesis.moving_portrait import MovingPortrait
    from affectface.synthesis.portrait import Portrait

_HOMES = {
    "ActionUnits": "affect",
    "Affect": "affect",
    "AffectFaceError": "errors",
    "AffectModel": "gallery.affect_model",
    "AffectPath": "affect",
    "BASIC_EXPRESSIONS": "affect_tables",
    "EXPRESSIONS": "affect_tables",
    "Expression": "affect",
    "FaceModel": "morphable",
    "MovingPortrait": "synthesis.moving_portrait",
    "Portrait": "synthesis.portrait",
    "SynthesisConfig": "synthesis.config",
    "ValenceArousal": "affect",
    "load_affect_model": "gallery.affect_model_files",
    "load_face_model": "morphable",
    "read_image": "images",
    "word": "affect",
    "write_clip": "clips",
    "write_image": "images",
}
"""Where each public name lives: modules are imported on first use, so that importing the package costs nothing."""

__all__ = [  # noqa: RUF022  (in the order of use)
    "Portrait",
    "MovingPortrait",
    "ValenceArousal",
    "AffectPath",
    "Expression",
    "ActionUnits",
    "Affect",
    "word",
    "BASIC_EXPRESSIONS",
    "EXPRESSIONS",
    "SynthesisConfig",
    "FaceModel",
    "load_face_model",
    "AffectModel",
    "load_affect_model",
    "read_image",
    "write_image",
    "write_clip",
    "AffectFaceError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'affectface' has no attribute {name!r}")
    return getattr(import_module(f"affectface.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
