"""The three sheets of a portrait: its expressions, the valence-arousal plane, and the 28 directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from affectface.affect import BASIC_EXPRESSIONS, DIRECTIONS, Affect, Expression, ValenceArousal, word
from affectface.arrays import Image
from affectface.synthesis.portrait import Portrait
from affectface.synthesis.sheet import SheetStyle, compose_circle, compose_grid, compose_plane, crop_square

SheetKind = Literal["expressions", "plane", "directions"]

_LEVELS = (-1.0, -0.5, 0.0, 0.5, 1.0)
_EXPRESSIONS = ("neutral", *BASIC_EXPRESSIONS)


def draw_sheet(
    portrait: Portrait, kind: SheetKind, *, intensity: float = 1.0, progress: Callable[[], None] | None = None
) -> Image:
    """Return one labelled picture of many affects.

    Parameters
    ----------
    portrait : Portrait
        The portrait.
    kind : str
        `expressions`: the photo, neutral and the six; `plane`: valence and arousal from -1 to 1, without the corners;
        `directions`: the 28 directions of the plane on a circle.
    intensity : float
        How much of each affect.
    progress : callable, optional
        Called after each picture.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        The sheet.
    """

    def crop(affect: Affect | None, size: int, room: float = 2.0) -> Image:
        whole = portrait.image if affect is None else portrait.express(affect, intensity=intensity)
        picture = crop_square(whole, portrait.face.box, size=size, room=room)
        if progress:
            progress()
        return picture

    match kind:
        case "expressions":
            style = SheetStyle(tile=340, title="Expressions", subtitle=_subtitle(portrait))
            cells = [(name.capitalize(), crop(Expression(name), style.tile)) for name in _EXPRESSIONS]
            return compose_grid([("The photo", crop(None, style.tile)), *cells], columns=4, style=style)
        case "plane":
            style = SheetStyle(tile=260, title="Valence and arousal", subtitle=_subtitle(portrait))
            return compose_plane(
                [(v, a, crop(ValenceArousal(v, a), style.tile)) for v, a in _plane()], levels=_LEVELS, style=style
            )
        case "directions":
            style = SheetStyle(tile=220, text_scale=1.5, title="Directions of the plane", subtitle=_subtitle(portrait))
            around = [
                ("At ease" if name == "AtEase" else name, angle, crop(word(name), style.tile, room=1.75))
                for name, angle in DIRECTIONS.items()
            ]
            return compose_circle(("Neutral", crop(Expression("neutral"), 900, room=1.75)), around, style=style)


def sheet_size(kind: SheetKind) -> int:
    """Return how many pictures stand on a sheet.

    Parameters
    ----------
    kind : str
        Which sheet.

    Returns
    -------
    int
        The number of pictures.
    """
    return {"expressions": len(_EXPRESSIONS) + 1, "plane": len(_plane()), "directions": len(DIRECTIONS) + 1}[kind]


def _plane() -> list[tuple[float, float]]:
    """Return the shown points of the plane: those at most a little outside the disc."""
    return [(v, a) for a in _LEVELS for v in _LEVELS if v * v + a * a < 1.5]


def _subtitle(portrait: Portrait) -> str:
    return f"synthetic, made from one photo by affectface with the face model {portrait.face_model.name}"
