"""How near the synthesised smile comes to the person's own: mouth landmarks against the same person's smiling photo.

    python benchmarks/real_smile.py [--model embedded|ict-facekit|PATH] [--faces FOLDER]

FOLDER holds `neutral` and `smiling` with photos of the same names. People smile more and less, so the strength of the
smile is chosen on every other person and measured on those left out, and the other way round. Beside it stands the
smile that an affect model learns from the photos of all others (`affectface gallery build`): their mean, and what is
expected of somebody with the person's neutral face. The landmarks of the moved
model are compared, brought onto the smiling photo by eyes, nose and forehead; no picture is drawn. Writes
benchmarks/results/real_smile_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

import affectface as af
from affectface.evaluation.crops import similarity
from affectface.fitting.dense_landmarks import LandmarkFit, fit_landmarks
from affectface.fitting.face_fit import interocular_distance
from affectface.gallery.building.build import build_affect_model
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.driving import expression_of
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.own_face import rest_of
from affectface.gallery.store import open_gallery
from affectface.landmarks import detect_faces
from affectface.landmarks.topology import LIPS_INNER_LOWER, LIPS_INNER_UPPER, LIPS_OUTER_LOWER, LIPS_OUTER_UPPER
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.photo_gallery import fit_photo_gallery
from affectface.synthesis.photo_table import read_photo_table

LIPS = sorted({*LIPS_INNER_LOWER, *LIPS_INNER_UPPER, *LIPS_OUTER_LOWER, *LIPS_OUTER_UPPER})
STILL = [33, 133, 263, 362, 168, 6, 197, 195, 4, 98, 327, 127, 356, 10]
"""Landmarks that a smile leaves where they are: corners of the eyes, nose, temples, forehead."""
STRENGTHS = np.round(np.arange(0.0, 1.05, 0.05), 2)
SHOWN = ("neutral", "happiness")
RESULTS = Path(__file__).parent / "results"
FACES = Path(__file__).parents[2] / "shared" / "faces" / "london"

Points = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="embedded", help="embedded, ict-facekit, or the path of a face model")
    parser.add_argument("--faces", type=Path, default=FACES, help="folder with neutral and smiling photos")
    asked = parser.parse_args()
    model = load_named_face_model(asked.model)
    smile = expression_of(load_named_affect_model(), model, af.Expression("happiness"), 1.0)
    pairs = [(photo, asked.faces / "smiling" / photo.name) for photo in sorted(asked.faces.glob("neutral/*.jpg"))]
    pairs = [(neutral, smiling) for neutral, smiling in pairs if smiling.is_file()]
    if len(pairs) < 4:
        raise SystemExit(f"{asked.faces}: {len(pairs)} pairs of neutral and smiling photos; at least 4 are needed")
    distances = np.array([distances_of(model, smile, *pair) for pair in pairs])
    halves = [np.arange(len(pairs)) % 2 == half for half in (0, 1)]
    left_out, chosen = np.empty(len(pairs)), []
    for learnt, tested in (halves, halves[::-1]):
        best = int(distances[learnt].mean(axis=0).argmin())
        left_out[tested] = distances[tested, best]
        chosen.append(float(STRENGTHS[best]))
    learned = learned_distances(model, pairs)
    result = {
        "face_model": model.name,
        "people": len(pairs),
        "neutral": round(float(distances[:, 0].mean()), 4),
        "left_out": round(float(left_out.mean()), 4),
        "strengths": chosen,
        "learned_from_the_others": round(float(learned[:, 0].mean()), 4),
        "learned_with_the_face": round(float(learned[:, 1].mean()), 4),
        "by_strength": dict(zip(map(str, STRENGTHS), distances.mean(axis=0).round(4).tolist(), strict=True)),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"real_smile_{model.name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(
        f"face model {model.name}, {len(pairs)} people; mean distance of the mouth's landmarks, inter-ocular distances"
    )
    print(f"left neutral {result['neutral']:.4f}; smile of the people left out {result['left_out']:.4f}, at {chosen}")
    print(
        f"smile learned from the photos of all others {result['learned_from_the_others']:.4f}; "
        f"that of people with such a face {result['learned_with_the_face']:.4f}"
    )


def distances_of(model: af.FaceModel, smile: NDArray[np.float32], neutral: Path, smiling: Path) -> list[float]:
    """Return the distance of one person's mouth from the real smile at each strength."""
    (rest, size), (real, _) = found_in(neutral), found_in(smiling)
    fit = fit_landmarks(model, rest, size)
    return [distance(model, fit, rest, real, np.float32(strength) * smile) for strength in STRENGTHS]


def learned_distances(model: af.FaceModel, pairs: list[tuple[Path, Path]]) -> Points:
    """Return the distance of each person's mouth from the real smile, when it smiles as all others do (P, 2).

    First the mean smile of the others, then the one that goes with the person's neutral face.
    """
    distances = []
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = [f"{photo},{pair[0].stem},{name}" for pair in pairs for photo, name in zip(pair, SHOWN, strict=True)]
        (folder / "table.csv").write_text("\n".join(["file,subject,expression", *rows]) + "\n", encoding="utf-8")
        fit_photo_gallery(model, read_photo_table(folder / "table.csv"), folder / "gallery")
        gallery = open_gallery(folder / "gallery")
        for neutral, smiling in pairs:
            config, base = BuildConfig(without=(neutral.stem,)), load_named_affect_model()
            work = folder / f"work-{neutral.stem}"
            others = build_affect_model(gallery, "others", scratch=work, base=base, config=config).model
            (rest, size), (real, _) = found_in(neutral), found_in(smiling)
            fit = fit_landmarks(model, rest, size)
            own = others.for_face(rest_of(model, fit.identity, fit.expression))
            smiles = [expression_of(one, model, af.Expression("happiness"), 1.0) for one in (others, own)]
            distances.append([distance(model, fit, rest, real, smile) for smile in smiles])
    return np.array(distances)


@cache
def found_in(photo: Path) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Return the landmarks in a photo and its size."""
    image = af.read_image(photo)
    return detect_faces(image, max_faces=1)[0].landmarks, (image.shape[0], image.shape[1])


def distance(
    model: af.FaceModel,
    fit: LandmarkFit,
    rest: NDArray[np.float32],
    real: NDArray[np.float32],
    smile: NDArray[np.float32],
) -> float:
    """Return how far the mouth is from the real smile when the neutral face smiles, in inter-ocular distances."""

    def placed(expression: NDArray[np.float32]) -> Points:
        points = fit.camera.project(model.at_landmarks(model.shape(fit.identity, expression)))
        return points[:, :2].astype(np.float64)

    to_real = similarity(rest[STILL, :2], real[STILL, :2])
    moved = rest[:, :2] + placed(fit.expression + smile) - placed(fit.expression)
    off = (moved @ to_real[:, :2].T + to_real[:, 2])[LIPS] - real[LIPS, :2]
    return float(np.linalg.norm(off, axis=1).mean() / interocular_distance(real))


if __name__ == "__main__":
    main()
