"""How near the synthesised smile comes to the person's own: mouth landmarks against the same person's smiling photo.

    python benchmarks/real_smile.py [--model embedded|ict-facekit|PATH] [--faces FOLDER]

FOLDER holds `neutral` and `smiling` with photos of the same names. People smile more and less, so the strength of the
smile is chosen on every other person and measured on those left out, and the other way round. Beside it stands the
smile that an affect model learns from the photos of all others (`affectface gallery learn`). The landmarks of the moved
model are compared, brought onto the smiling photo by eyes, nose and forehead; no picture is drawn. Writes
benchmarks/results/real_smile_MODEL.json.
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import affectface as af
from affectface.evaluation.crops import similarity
from affectface.fitting.dense_landmarks import LandmarkFit, fit_landmarks
from affectface.fitting.face_fit import interocular_distance
from affectface.fitting.sequences import Picture, fit_same_person
from affectface.gallery.driving import expression_of
from affectface.gallery.learning import Sample, learn_affect_model
from affectface.gallery.library import load_named_affect_model
from affectface.landmarks import detect_faces
from affectface.landmarks.topology import LIPS_INNER_LOWER, LIPS_INNER_UPPER, LIPS_OUTER_LOWER, LIPS_OUTER_UPPER
from affectface.morphable.library import load_named_face_model

LIPS = sorted({*LIPS_INNER_LOWER, *LIPS_INNER_UPPER, *LIPS_OUTER_LOWER, *LIPS_OUTER_UPPER})
STILL = [33, 133, 263, 362, 168, 6, 197, 195, 4, 98, 327, 127, 356, 10]
"""Landmarks that a smile leaves where they are: corners of the eyes, nose, temples, forehead."""
STRENGTHS = np.round(np.arange(0.0, 1.05, 0.05), 2)
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
    result = {
        "face_model": model.name,
        "people": len(pairs),
        "neutral": round(float(distances[:, 0].mean()), 4),
        "left_out": round(float(left_out.mean()), 4),
        "strengths": chosen,
        "learned_from_the_others": round(float(learned_distances(model, pairs).mean()), 4),
        "by_strength": dict(zip(map(str, STRENGTHS), distances.mean(axis=0).round(4).tolist(), strict=True)),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"real_smile_{model.name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(
        f"face model {model.name}, {len(pairs)} people; mean distance of the mouth's landmarks, inter-ocular distances"
    )
    print(f"left neutral {result['neutral']:.4f}; smile of the people left out {result['left_out']:.4f}, at {chosen}")
    print(f"smile learned from the photos of all others {result['learned_from_the_others']:.4f}")


def distances_of(model: af.FaceModel, smile: NDArray[np.float32], neutral: Path, smiling: Path) -> list[float]:
    """Return the distance of one person's mouth from the real smile at each strength."""
    (rest, size), (real, _) = found_in(neutral), found_in(smiling)
    fit = fit_landmarks(model, rest, size)
    return [distance(model, fit, rest, real, np.float32(strength) * smile) for strength in STRENGTHS]


def learned_distances(model: af.FaceModel, pairs: list[tuple[Path, Path]]) -> Points:
    """Return the distance of each person's mouth (P,) from the real smile, when it smiles as all others do."""
    samples: list[list[Sample]] = []
    for neutral, smiling in pairs:
        fits = fit_same_person(model, [Picture(*found_in(photo)) for photo in (neutral, smiling)])
        shown = zip(fits, ("neutral", "happiness"), strict=True)
        samples.append([Sample(neutral.stem, fit.expression, name) for fit, name in shown])
    base, distances = load_named_affect_model(), []
    for person, (neutral, smiling) in enumerate(pairs):
        others = [sample for other, both in enumerate(samples) if other != person for sample in both]
        learned = learn_affect_model(others, model.expression_names, base, name="others").model
        (rest, size), (real, _) = found_in(neutral), found_in(smiling)
        smile = expression_of(learned, model, af.Expression("happiness"), 1.0)
        distances.append(distance(model, fit_landmarks(model, rest, size), rest, real, smile))
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
