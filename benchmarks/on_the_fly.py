"""What a sample costs that is changed while a recogniser learns: processor time on one core, milliseconds.

    python benchmarks/on_the_fly.py --model embedded --size 224

The faces are the Face Research Lab London Set beside the repository, cut out by their landmarks; the first of each kind
is not counted. Wall time would say what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from affectface.arrays import Image
from affectface.augment.face_square import cut_square
from affectface.augment.making.config import Models
from affectface.augment.on_the_fly.classical import ClassicalTransform
from affectface.augment.on_the_fly.fits import Fits
from affectface.augment.on_the_fly.synthesis import SynthesisConfig, SynthesisTransform
from affectface.gallery.library import load_named_affect_model
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.morphable.library import load_named_face_model

FACES = Path(__file__).parents[1] / ".." / "shared" / "faces" / "london"


def faces(count: int, size: int) -> list[Image]:
    """The first faces, neutral, as a training sees them."""
    cut = []
    for file in sorted((FACES / "neutral").glob("*.jpg"))[:count]:
        image = read_image(file)
        x0, y0, x1, y1 = detect_faces(image)[0].box
        cut.append(np.ascontiguousarray(cut_square(image, (x0, y0, x1 - x0, y1 - y0), size, 1.5).image))
    return cut


def timed(work: Callable[[int], Any], count: int) -> float:
    """Median processor time, milliseconds."""
    times = []
    for number in range(count):
        start = time.process_time()
        work(number)
        times.append(1000 * (time.process_time() - start))
    return round(float(np.median(times[1:])), 2)


def measure(model: str, size: int, count: int) -> dict[str, Any]:
    """The costs at one size."""
    images = faces(count, size)
    models = Models(load_named_face_model(model), load_named_affect_model(None))
    classical = ClassicalTransform()
    found: dict[str, Any] = {"model": model, "size": size, "faces": len(images)}
    found["classical"] = timed(lambda i: classical(image=images[i % len(images)], key=i), 4 * len(images))
    with tempfile.TemporaryDirectory() as folder:
        alone = Fits(models.face_model)
        found["fit"] = timed(lambda i: alone.of(images[i]), len(images))
        kept = Fits(models.face_model, folder=Path(folder))
        for image in images:
            kept.of(image)
        read = Fits(models.face_model, folder=Path(folder))
        found["fit from the disk"] = timed(lambda i: read.of(images[i]), len(images))
        for gate in (True, False):
            config = SynthesisConfig(fits=folder, most_ready=1, gate=gate)
            transform = SynthesisTransform(models, config)
            looked = "" if gate else ", not looked at"
            for i in range(len(images)):
                transform(image=images[i], key=i)
            # each face once a round: nothing is ready, as in a training on many faces
            found[f"synthesis, fitted before{looked}"] = timed(
                lambda i, t=transform: t(image=images[i % len(images)], key=i), 3 * len(images)
            )
            if gate:
                found["made"] = dict(transform.counts)
            found[f"synthesis, the same face again{looked}"] = timed(
                lambda i, t=transform: t(image=images[0], key=i), 3 * len(images)
            )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--size", type=int, nargs="+", default=[224, 96])
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    result = [measure(given.model, size, given.count) for size in given.size]
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
