"""The pictures of the London experiment: photos with boxes and folds, and what is made of the neutral ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import numpy as np

from affectface.affect import ActionUnits, Expression, ValenceArousal
from affectface.affect_tables import BASIC_EXPRESSIONS
from affectface.augment.importing import import_data_set
from affectface.augment.making.config import MakingConfig
from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.pictures import face_of
from affectface.augment.plan import Job, open_plan, seed_of, write_plan
from affectface.augment.planning import PlanConfig, make_plan
from affectface.augment.rows import Row
from affectface.augment.running.config import RunConfig
from affectface.augment.running.run import run_plan
from affectface.augment.splits import split_people
from affectface.augment.targets import Wish
from affectface.errors import AffectFaceError, DataSetError
from affectface.gallery.library import load_named_affect_model
from affectface.images import read_image
from affectface.recognition.experiments.design import MADE, REAL
from affectface.recognition.experiments.london import FOLDS
from affectface.recognition.experiments.london_plane import (
    EXACT,
    EXACT_SMILING,
    PLANE,
    PLANE_FOLDS,
    PLANE_SMILING,
)

EACH = 8
"""Pictures of each of the seven classes that are made of a person."""

PLANE_EACH = 40
"""Pictures over the plane that are made of a person's neutral photos."""

SMILING_EACH = 20
"""The same of a person's smiling photo."""

NEAR = 0.25
"""Points within this of (0, 0) are made where a neutral face is wanted: a photo itself is never made."""

INTENSITY = (0.3, 1.1)
"""Of expressions: many real smiles are small."""

CLOSED = 0.5
"""Share of the smiles that keep the mouth closed, as many real ones do: action unit 12, some with 6, without 25."""

OTHERS = ("lisa", "zoom")
"""Folders beside the faces with a person more each, whose photos are made to show points of the plane."""


class Listener(Protocol):
    """Who is told what is done."""

    def begin(self, words: str, steps: int) -> None:
        """Hear what is begun, and its steps."""

    def advance(self, steps: int) -> None:
        """Hear of further steps."""


def prepare_london(folder: Path, out: Path, *, told: Listener, face_model: str | None = None) -> dict[str, Path]:
    """Write the manifests of the London experiment, and make its pictures; what is there is not made again.

    Parameters
    ----------
    folder : Path
        The London faces: neutral and smiling photos. Where lisa and zoom lie beside it, they are used too.
    out : Path
        The folder of experiments.
    told : Listener
        Whom to tell.
    face_model : str, optional
        Name or path of the face model; ICT-FaceKit where it was added, otherwise the embedded one.

    Returns
    -------
    dict of str to Path
        The manifest of each role: the photos, the seven classes, and points of the plane as people differ and exactly.

    Raises
    ------
    DataSetError
        If the folder has another layout.
    """
    place = out / "images" / "london"
    photos = place / "photos.parquet"
    if not photos.is_file():
        _photos(folder, place, photos, told)
    neutral = place / "neutral.parquet"
    with write_manifest(neutral) as table:
        for row in open_manifest(photos).rows():
            if row.expression != "happiness":
                table.add(row)
    config = RunConfig(form="images", face_model=face_model)
    _plan_classes(neutral, place / "classes.parquet")
    _make(place, "classes", config, told)
    _plan_planes(photos, place)
    for name in (EXACT, EXACT_SMILING):
        _make(place, name, replace(config, making=MakingConfig(variation=False)), told)
    for name in (PLANE, PLANE_SMILING):
        _make(place, name, config, told)
    labelled = place / "classes" / "labelled.parquet"
    with write_manifest(labelled) as table:
        for row in open_manifest(place / "classes" / "manifest.parquet").rows():
            smiles = "happiness" if row.action_units else "neutral"
            table.add(replace(row, expression=row.expression or smiles, valence=None, arousal=None, action_units=None))
    made = {name: place / name / "manifest.parquet" for name in (PLANE, EXACT, PLANE_SMILING, EXACT_SMILING)}
    return {REAL: photos, MADE: labelled, **made}


def _photos(folder: Path, place: Path, target: Path, told: Listener) -> None:
    """The photos with the box of each face, divided into folds of people."""
    place.mkdir(parents=True, exist_ok=True)
    folders = {"london": folder} | {name: folder.parent / name for name in OTHERS}
    found: list[Row] = []
    for name, own in folders.items():
        if name == "london" or own.is_dir():
            import_data_set(name, own, place / f"{name}.parquet")
            found += open_manifest(place / f"{name}.parquet").rows()
    told.begin("finding faces", len(found))
    with write_manifest(place / "boxes.parquet") as table:
        for row in found:
            try:
                points = face_of(row, read_image(os.path.normpath(place / row.path))).landmarks[:, :2]
            except AffectFaceError as error:
                raise DataSetError(f"{row.path}: {error}; the experiment needs the photos as published") from None
            low, high = points.min(axis=0), points.max(axis=0)
            box = (*low.tolist(), *(high - low).tolist())
            table.add(replace(row, box=box, landmarks=None))
            told.advance(1)
    split_people(open_manifest(place / "boxes.parquet"), target, folds=FOLDS)


def _plan_planes(photos: Path, place: Path) -> None:
    """Plan points of the plane for neutral and for smiling photos, and the same points to be shown alike by all."""
    tenths = place / "tenths.parquet"
    split_people(open_manifest(photos), tenths, folds=PLANE_FOLDS)
    model = load_named_affect_model()
    for name, exact, smiles, each in (
        (PLANE, EXACT, False, PLANE_EACH),
        (PLANE_SMILING, EXACT_SMILING, True, SMILING_EACH),
    ):
        sources = place / f"{name}-photos.parquet"
        people = set()
        with write_manifest(sources) as table:
            for row in open_manifest(tenths).rows():
                if (row.expression == "happiness") == smiles:
                    people.add((row.source, row.subject))
                    table.add(row)
        points = PlanConfig(strategy="plane", count=len(people) * each)
        make_plan(open_manifest(sources), place / f"{name}.parquet", model, config=points)
        (place / f"{exact}.parquet").write_bytes((place / f"{name}.parquet").read_bytes())


def _plan_classes(neutral: Path, target: Path) -> None:
    """Plan every class for each neutral photo of the London set."""
    with write_plan(target, {"strategy": "seven classes", "each": EACH}) as plan:
        for photo in open_manifest(neutral).rows():
            if photo.expression == "neutral":
                for wish in _wishes(photo):
                    seed = seed_of(0, photo, wish.text())
                    plan.add(Job(0, photo, wish.target, wish.intensity, None, None, seed))


def _wishes(photo: Row) -> Iterator[Wish]:
    """The classes of one person, with intensities and points that the person's name draws."""
    rng = np.random.default_rng([7, *photo.path.encode()])
    for number in range(EACH):
        for name in BASIC_EXPRESSIONS:
            intensity, cheeks = (float(np.float32(x)) for x in (rng.uniform(*INTENSITY), rng.random()))
            if name == "happiness" and number < CLOSED * EACH:
                yield Wish(ActionUnits({"12": min(intensity, 1.0), "6": cheeks}))
            else:
                yield Wish(Expression(name), intensity)
        radius, angle = NEAR * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        point = np.array([np.cos(angle), np.sin(angle)], dtype=np.float32) * np.float32(radius)
        yield Wish(ValenceArousal(*point.tolist()))


def _make(place: Path, name: str, config: RunConfig, told: Listener) -> None:
    """Make what is planned; the fits of the first run are taken by the others."""
    plan = open_plan(place / f"{name}.parquet")
    told.begin(f"making pictures: {name}", plan.job_count)
    fits = None if name == "classes" else place / "classes" / "fits"
    done = 0

    def heard(totals: object, force: object) -> None:
        nonlocal done
        now = int(getattr(totals, "done", 0))
        told.advance(now - done)
        done = now

    run_plan(plan, place / name, config=config, workers=1, fits=fits, told=heard)
