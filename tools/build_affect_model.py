"""Write the affect model that ships in the wheel, from a gallery of simulated people.

    python tools/build_affect_model.py [--gallery FOLDER] [-o FILE] [--people 300] [--seed 1] [--classes 200]

The gallery is made if FOLDER is not there, or not whole. Three parts of it are built, by the code that builds any
affect model, and put together:

- Expressions are the mean of the session `directed`, in which everybody shows the main prototype. Averaged with the
  variants of the session `own`, anger would half bare and half press its lips.
- How much people differ in the units of an expression is taken from both sessions: variants as often as published.
- The plane is built of the session `plane`. Several expressions share a point there (anger, fear and hatred lie within
  a tenth of each other), and their mean is the face of none of them.

The checksum of the file then goes into `src/affectface/assets/checksums.txt`, by `python tools/update_checksums.py`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Collection
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from affectface.affect_tables import EXPRESSIONS, NEUTRAL_NAME
from affectface.assets import find_asset
from affectface.gallery.affect_model import AffectModel
from affectface.gallery.affect_model_files import save_affect_model
from affectface.gallery.building.build import build_affect_model
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.prototypes import JUDGES
from affectface.gallery.store import Gallery, open_gallery
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.writing import synthesize_gallery

LEAST = 0.02
"""Strengths below are what moves by itself, and cost time in every picture: they are 0."""
LEAST_ANYWHERE = 0.05
"""The same for the strongest class of the plane."""
STEP = 1 / 4096
"""Strengths are rounded to it, which lets the file be packed to half."""


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gallery", type=Path, help="where the gallery is, or is to be kept")
    parser.add_argument("-o", "--output", type=Path, default=find_asset("affect-model").path)
    parser.add_argument("--people", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--classes", type=int, default=200, help="classes of the plane")
    asked = parser.parse_args()
    plan = SynthesisPlan(people=asked.people, seed=asked.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.gallery or Path(scratch) / "simulated.gallery"
        synthesize_gallery(folder, plan)
        model = build_shipped(open_gallery(folder), Path(scratch), asked.classes)
    save_affect_model(model, asked.output)
    print(f"{asked.output}: {asked.output.stat().st_size} bytes, {len(model.points)} classes")


def build_shipped(gallery: Gallery, scratch: Path, classes: int) -> AffectModel:
    """Return the affect model of a synthetic gallery."""
    config = BuildConfig(classes=classes)
    directed, both, plane = (
        build_affect_model(_sessions(gallery, names), "affect-model", scratch=scratch / "-".join(names), config=config)
        for names in (("directed",), ("directed", "own"), ("plane",))
    )
    shown = [name for name in EXPRESSIONS if name != NEUTRAL_NAME and name in directed.model.expression_names]
    rows = [directed.model.expression_names.index(name) for name in shown]
    strengths = _rounded(directed.model.expression_strengths[rows])
    spread = np.array([both.model.expression_spread[both.model.expression_names.index(name)] for name in shown])
    source = gallery.source["synthetic"]
    model = replace(
        plane.model,
        smoothing=0.0,  # with so many people a class is no accident, and neutral stays exactly neutral
        point_strengths=_of_plane(plane.model.point_strengths),
        expression_names=tuple(shown),
        expression_strengths=strengths,
        judges=JUDGES,
        spread=_rounded(plane.model.spread, 0.0),
        expression_spread=np.where(strengths != 0, _rounded(spread), 0).astype(np.float32),
        expression_support=directed.model.expression_support[rows],
        provenance={
            "built_from": "a synthetic gallery: simulated people and annotators, no real ones",
            "synthetic": dict(source),
            "people": plane.model.provenance["people"],
            "frames_of_the_plane": plane.model.provenance["frames"],
            "frames_of_expressions": directed.model.provenance["frames"],
            "classes": plane.classes,
            "settings": {key: value for key, value in asdict(config).items() if key in ("classes", "fewest_people")},
        },
    )
    return _without_idle(model)


def _without_idle(model: AffectModel) -> AffectModel:
    """The same model without units that nothing moves."""
    used = np.flatnonzero((model.point_strengths != 0).any(axis=0) | (model.expression_strengths != 0).any(axis=0))
    tables = ("point_strengths", "expression_strengths", "spread", "expression_spread")
    return replace(
        model,
        unit_names=tuple(model.unit_names[column] for column in used),
        **{name: getattr(model, name)[:, used] for name in tables},
    )


def _sessions(gallery: Gallery, names: Collection[str]) -> Gallery:
    """The same gallery with the sequences of some sessions only."""
    return replace(gallery, sequences=tuple(one for one in gallery.sequences if one.session in names))


def _rounded(strengths: np.ndarray, least: np.ndarray | float = LEAST) -> np.ndarray:
    kept = np.where(np.abs(strengths) < least, 0, strengths)
    return np.asarray(np.round(kept / STEP) * STEP, dtype=np.float32)


def _of_plane(strengths: np.ndarray) -> np.ndarray:
    """Round the strengths (K, U) of classes; units that move nowhere in the plane are 0 in all of it."""
    moves = np.abs(strengths).max(axis=0) >= LEAST_ANYWHERE
    return _rounded(np.where(moves, strengths, 0), 0.0)


if __name__ == "__main__":
    main()
