"""How the folders of 4D sets are laid out: patterns, and those of published sets by name.

A pattern is a path below the source folder: ``{subject}``, ``{session}``, ``{task}`` and ``{frame}`` stand for a part
of a name, ``*`` for any part of a name, and ``**/`` in front for any folders. What occurs twice is the same twice. A
file of a pattern without ``{frame}`` is a stack: all frames of a sequence in one .npy file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from affectface.errors import GalleryError

Unit = Literal["mm", "cm", "m"]
CENTIMETRES: dict[Unit, float] = {"mm": 0.1, "cm": 1.0, "m": 100.0}

FIELDS = ("subject", "session", "task", "frame")
MESHES = (".obj", ".ply", ".wrl", ".glb")
STACKS = (".npy",)
RAW = (".bin",)
"""Bare float32 coordinates of one frame, as Multiface's tracked meshes have them."""


@dataclass(frozen=True)
class Layout:
    """Where the frames of a set lie.

    Attributes
    ----------
    patterns : tuple of str
        The first that any file fits counts for all.
    frame_rate : float
        Frames a second.
    unit : str or None
        Unit of the files; None where it is told by the size of the faces.
    source : str
        Where this is known from.
    mixed : bool
        Whether each file may fit another of the patterns, instead of all the first that any fits.
    """

    patterns: tuple[str, ...]
    frame_rate: float = 25.0
    unit: Unit | None = None
    source: str = ""
    mixed: bool = False


_BY_DEPTH = ("{frame}.*", "{task}/{frame}.*", "{subject}/{task}/{frame}.*", "{subject}/{session}/{task}/{frame}.*")

LAYOUTS: dict[str, Layout] = {
    "4dfab": Layout(
        ("**/{subject}/{session}/{task}/{frame}.obj",),
        60.0,
        source="Cheng et al., CVPR 2018, for the rate and the sessions; the folders from memory",
    ),
    "bu-4dfe": Layout(
        ("**/{subject}/{task}/{frame}.wrl",),
        25.0,
        "mm",
        source="Yin et al., FG 2008, for the rate; F001/Angry/000.wrl with 000.jpg from memory",
    ),
    "bp4d": Layout(
        ("**/{subject}/{task}/{frame}.obj", "**/{subject}/{task}/{frame}.wrl"),
        25.0,
        "mm",
        source="F001/T1 as loaders of BP4D+ have it; 000.obj with 000.jpg and the unit from memory",
    ),
    "d3dfacs": Layout(
        (
            "**/{subject}/{task}/{task}_{frame}.ply",
            "**/{subject}/{task}/{frame}.ply",
            "**/{subject}/{task}/{frame}.obj",
        ),
        60.0,
        source="Cosker et al., ICCV 2011; Joe/1+2/1+2_175.ply as users of the FLAME registrations have it",
    ),
    "coma": Layout(
        ("**/{subject}/{task}/{frame}.ply",),
        60.0,
        "m",
        "Ranjan et al., ECCV 2018; FOLDER/bareteeth/*.ply as PyTorch Geometric's loader has it",
    ),
    "vocaset": Layout(
        ("**/{subject}/{task}/{frame}.ply",),
        60.0,
        "m",
        "Cudeiro et al., CVPR 2019: data_verts.npy with subj_seq_to_idx.pkl as its readers have them; .ply from memory",
    ),
    "multiface": Layout(
        ("**/{subject}/tracked_mesh/{task}/{frame}.bin", "**/{subject}/tracked_mesh/{task}/{frame}.obj"),
        30.0,
        "mm",
        "Wuu et al., 2022, and issue 6 of its repository: tracked_mesh/E002_Swallow/000431.bin, float32",
    ),
}
"""Layouts of published sets. What is from memory was not checked against the set itself."""


def named_layout(text: str | None) -> Layout:
    """Return the layout of a published set, of a pattern, or one that tells sequences by the depth of their folders.

    Parameters
    ----------
    text : str, optional
        A name in `LAYOUTS`, or a pattern.

    Returns
    -------
    Layout
        The layout.

    Raises
    ------
    GalleryError
        If it is neither.
    """
    if text is None:
        return Layout(("{task}.npy", "{subject}/{task}.npy", *_BY_DEPTH), mixed=True)
    if text.lower() in LAYOUTS:
        return LAYOUTS[text.lower()]
    if "{" not in text:
        raise GalleryError(f"unknown layout {text!r}; one of {', '.join(LAYOUTS)}, or a pattern such as {_BY_DEPTH[2]}")
    pattern_expression(text)
    return Layout((text,))


def pattern_expression(pattern: str) -> re.Pattern[str]:
    """Return what a path below the source folder must match to fit a pattern."""
    body = pattern.removeprefix("**/")
    seen: set[str] = set()
    parts = ["(?:.+/)?"] if body != pattern else []
    for part in re.split(r"(\{[^{}]*\}|\*)", body):
        name = part[1:-1]
        if part == "*":
            parts.append("[^/]*")
        elif not part.startswith("{"):
            parts.append(re.escape(part))
        elif name not in FIELDS:
            raise GalleryError(f"layout {pattern!r}: unknown field {part}; {', '.join(FIELDS)} are the ones there are")
        else:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>[^/]+?)")
            seen.add(name)
    if not seen or "**" in body:
        raise GalleryError(f"layout {pattern!r}: fields such as {{subject}}, and **/ in front alone, are needed")
    return re.compile("".join(parts))
