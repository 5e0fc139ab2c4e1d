"""Measure the quality gate of `affectface augment run`: what passes, what does not, what it finds, what it takes.

    python benchmarks/gate.py [--model embedded|ict-facekit] [--faces ../shared/faces] [--pictures 30]

Pictures of 224 pixels, with natural variation, of 10 photos that nobody looked at while bounds were set (8 people of
the London set, one of Lisa's photos, one of the zoom series), and of the mirrored photos. Do they pass? Do the
pictures of the same photo's other affects pass for them? Do they when they are spoilt (`spoilt_pictures.py`), every
other picture with every fault? How far is the valence and arousal that is found from what was asked, and from the
point that the drawn strengths are nearest to? Times are processor time of one core, the least of five runs. Writes
benchmarks/results/gate_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from spoilt_pictures import FAULTS

from affectface.affect import ValenceArousal
from affectface.arrays import FloatArray, Image
from affectface.augment.making.config import MakingConfig, Models
from affectface.augment.making.fitted_photo import fit_image
from affectface.augment.making.gate import Gate, fault_of, look
from affectface.augment.making.making import Stage, prepare_stage
from affectface.augment.making.photo_reading import Photo
from affectface.augment.making.shown import Found
from affectface.augment.making.square import square_around
from affectface.augment.rows import Row
from affectface.blas import one_blas_thread
from affectface.evaluation.consistency import refit, yardstick
from affectface.fitting.dense_landmarks import LandmarkFit
from affectface.gallery.library import load_named_affect_model
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable.library import load_named_face_model

RESULTS = Path(__file__).parent / "results"
FACES = Path(__file__).parents[2] / "shared" / "faces"
CONFIG = MakingConfig()
APART = ((0.03, 0.04), (0.04, 0.06), (0.06, np.inf))
"""How far two affects move the landmarks apart, in inter-ocular distances."""
ASIDE = (0.03, 0.06)

Drawn = tuple[ValenceArousal, FloatArray, Image, tuple[slice, slice]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="embedded", help="embedded or ict-facekit")
    parser.add_argument("--faces", type=Path, default=FACES, help="folder of london, lisa and zoom")
    parser.add_argument("--pictures", type=int, default=30, help="pictures of each photo")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    models = Models(load_named_face_model(given.model), load_named_affect_model(None))
    stick = yardstick(models.face_model, models.affect_model)
    passed: dict[str, list[bool]] = defaultdict(list)
    away: dict[str, list[float]] = defaultdict(list)
    spent: list[float] = []
    photos = [*photos_of(given.faces)]
    for file in photos:
        for mirrored in (False, True):
            stage = stage_of(file, models, mirrored=mirrored)
            gate = gate_of(stage)
            drawn = [*pictures_of(stage, given.pictures, zlib.crc32(file.name.encode()))]
            seen = [look(gate, picture, strengths, part) for _, strengths, picture, part in drawn]
            kind = "mirrored" if mirrored else "photo"
            passed[kind] += [not fault(gate, one, d[1]) for one, d in zip(seen, drawn, strict=True)]
            others(gate, seen, [d[1] for d in drawn], passed)
            spoilt(gate, drawn, seen, passed)
            for one, (asked, strengths, picture, _) in zip(seen, drawn, strict=True):
                shown = stick.valence_arousal(stick.displacement(strengths - stage.portrait.resting_expression))
                point = (asked.valence, asked.arousal)
                away["drawn from asked"].append(distance(shown, point))
                if one is not None:
                    found = (one[1].valence, one[1].arousal)
                    away["found from asked"].append(distance(found, point))
                    away["found from drawn"].append(distance(found, shown))
                for slow in evaluated(stage, models, picture):
                    other = stick.valence_arousal(stick.displacement(slow - stage.portrait.resting_expression))
                    away["evaluation's from asked"].append(distance(other, point))
                    away["evaluation's from drawn"].append(distance(other, shown))
            spent += times(gate, drawn)
        print(f"{file.name}: {np.mean(passed['photo']):.3f}, mirrored {np.mean(passed['mirrored']):.3f}", flush=True)
    result = {
        "face_model": models.face_model.name,
        "photos": [file.name for file in photos],
        "passed": {name: [round(float(np.mean(ones)), 4), len(ones)] for name, ones in passed.items()},
        "valence_arousal_median": {name: round(float(np.median(ones)), 4) for name, ones in away.items()},
        "ms_a_picture": round(1e3 * float(np.mean(spent)), 3),
        "load": round(os.getloadavg()[0], 1),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"gate_{models.face_model.name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    show(result)


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    for name, (share, count) in result["passed"].items():
        print(f"{name:28} {share:7.1%} of {count} pass")
    for name, median in result["valence_arousal_median"].items():
        print(f"{name:28} {median:7.3f} in the median")
    print(f"{result['ms_a_picture']:.2f} ms a picture, at a load of {result['load']}")


def photos_of(faces: Path) -> Iterator[Path]:
    """Photos that nobody looked at while bounds were set: that was done on every fourth and on others of each five."""
    london = sorted(faces.glob("london/neutral/*.jpg"))
    yield from [file for number, file in enumerate(london) if number % 4 and number % 5 == 1]
    yield from [file for file in (faces / "lisa" / "lisa3.jpg", faces / "zoom" / "30cm.jpg") if file.is_file()]


def stage_of(file: Path, models: Models, *, mirrored: bool) -> Stage:
    """Return a photo, or its mirror image, ready to be drawn as `augment run` does."""
    image = read_image(file)
    if mirrored:
        image = np.ascontiguousarray(image[:, ::-1])
    photo = fit_image(Photo(image, ""), Row(file.name), models.face_model)
    if photo.fit is None or photo.landmarks is None:
        raise SystemExit(f"{file}: {photo.reason}")
    square = square_around(image, photo.landmarks, photo.fit, size=224, room=CONFIG.room)
    return prepare_stage(square, models, CONFIG)


def gate_of(stage: Stage) -> Gate:
    """Return a stage's gate, which it has."""
    if stage.gate is None:
        raise AssertionError("a stage without a gate")
    return stage.gate


@one_blas_thread()
def pictures_of(stage: Stage, count: int, seed: int) -> Iterator[Drawn]:
    """Yield pictures all over the plane: what was asked, the strengths, the picture, and the part that was drawn."""
    rng = np.random.default_rng(seed)
    angle, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.uniform(0.01, 1, count))
    for number, (a, r) in enumerate(zip(angle.tolist(), radius.tolist(), strict=True)):
        asked = ValenceArousal(r * np.cos(a), r * np.sin(a))
        strengths = stage.portrait.expression_for(asked, variation=number)
        patch = stage.portrait.patch(strengths)
        if patch is not None:
            picture = stage.portrait.image.copy()
            picture[patch.box] = patch.pixels
            yield asked, strengths, picture, patch.box


def fault(gate: Gate, seen: tuple[FloatArray, Found] | None, strengths: FloatArray) -> str:
    """Return what the gate says of what is seen."""
    return fault_of(gate, None if seen is None else seen[1], strengths, CONFIG)


def others(gate: Gate, seen: list[Any], strengths: list[FloatArray], passed: dict[str, list[bool]]) -> None:
    """Hold each picture against what the next seven show."""
    for number, one in enumerate(strengths):
        for step in range(1, 8):
            other = (number + step) % len(seen)
            apart = gate.plane.length(one - strengths[other])
            for low, high in APART:
                if low < apart <= high and seen[other] is not None:
                    found = again(gate, seen[other], one)
                    passed[f"another affect, {low} to {high}"].append(not fault_of(gate, found, one, CONFIG))


def again(gate: Gate, seen: tuple[FloatArray, Found], strengths: FloatArray) -> Found:
    """Return what is seen in a picture, held against other strengths; its mouth and its seam are not looked at."""
    landmarks, found = seen
    index = gate.motion.index
    apart = (landmarks - gate.motion.at(strengths))[index, :2]
    error = float(np.sqrt((apart**2).sum(axis=1).mean())) / gate.eye_distance
    about = (found.valence, found.arousal, gate.plane.length(found.expression - strengths), error)
    return Found(found.expression, *about, 0.0, 0.0, 0.0, 1.0)


def spoilt(gate: Gate, drawn: list[Drawn], seen: list[Any], passed: dict[str, list[bool]]) -> None:
    """Spoil every other picture in every way."""
    for number, ((_, strengths, picture, part), one) in enumerate(zip(drawn, seen, strict=True)):
        if number % 2 or one is None:
            continue
        for kind, spoil in enumerate(FAULTS):
            wrong = spoil(picture, one[0], np.random.default_rng((number, kind)))
            passed[spoil.__name__].append(not fault(gate, look(gate, wrong, strengths, part), strengths))
        for far in ASIDE:
            wrong, where = laid_aside(gate, picture, part, far)
            passed[f"laid {far} aside"].append(not fault(gate, look(gate, wrong, strengths, where), strengths))


def laid_aside(gate: Gate, picture: Image, part: tuple[slice, slice], far: float) -> tuple[Image, tuple[slice, slice]]:
    """Return the photo with the drawn part down and to the right of where it belongs, and the part that changed."""
    step = max(1, round(far * gate.eye_distance / np.sqrt(2)))
    rows, columns = (slice(side.start, min(side.stop, picture.shape[0] - step)) for side in part)
    wrong = gate.photo.copy()
    wrong[rows.start + step : rows.stop + step, columns.start + step : columns.stop + step] = picture[rows, columns]
    return wrong, (slice(rows.start, rows.stop + step), slice(columns.start, columns.stop + step))


def evaluated(stage: Stage, models: Models, picture: Image) -> Iterator[FloatArray]:
    """Yield the strengths that the evaluation finds in a picture, if it finds a face."""
    fit = stage.square.fit
    photo = LandmarkFit(fit.identity, fit.expression, fit.camera, fit.residual, fit.error)
    for face in detect_faces(picture, max_faces=1):
        yield refit(models.face_model, photo, face.landmarks, picture.shape[:2])


@one_blas_thread()
def times(gate: Gate, drawn: list[Drawn]) -> list[float]:
    """Return the processor time that each picture takes, seconds, the least of five."""
    least = []
    for _, strengths, picture, part in drawn[:10]:
        spent = []
        for _ in range(5):
            begin = time.process_time()
            fault(gate, look(gate, picture, strengths, part), strengths)
            spent.append(time.process_time() - begin)
        least.append(min(spent))
    return least


def distance(one: Any, other: Any) -> float:
    """Return the distance of two points of the plane."""
    return float(np.hypot(one[0] - other[0], one[1] - other[1]))


if __name__ == "__main__":
    main()
