"""A data set of drawn faces: the higher the valence the higher the mouth's corners, the higher the arousal the eyes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

SIDE = 32


def drawn(valence: float, arousal: float, tone: int) -> np.ndarray:
    image = np.full((SIDE, SIDE, 3), tone, dtype=np.uint8)
    for x in (10, 22):
        cv2.ellipse(image, (x, 11), (3, round(2 + 1.8 * arousal)), 0, 0, 360, (20, 20, 20), -1)
    bend = 4 * valence
    points = [(x, 24 - bend * ((x - 16) / 8) ** 2 + bend / 2) for x in range(8, 25)]
    cv2.polylines(image, [np.rint(points).astype(np.int32)], False, (150, 20, 20), 2)
    return image


@pytest.fixture(scope="session")
def drawn_faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of 12 people, 8 pictures each: the last three are validation, the three before are test."""
    pytest.importorskip("pyarrow")
    from affectface.augment.manifest import write_manifest
    from affectface.augment.rows import Row

    folder = tmp_path_factory.mktemp("faces")
    rng = np.random.default_rng(0)
    with write_manifest(folder / "manifest.parquet") as table:
        for person in range(12):
            (folder / f"p{person}").mkdir()
            for number in range(8):
                valence, arousal = rng.uniform(-1, 1, 2).round(3).tolist()
                path = f"p{person}/{number}.png"
                Image.fromarray(drawn(valence, arousal, 120 + 10 * person)).save(folder / path)
                split = "validation" if person > 8 else "test" if person > 5 else "train"
                table.add(
                    Row(
                        path,
                        subject=f"p{person}",
                        split=split,
                        frame=number,
                        valence=valence,
                        arousal=arousal,
                        expression="happiness" if valence > 0 else "sadness",
                        landmarks=np.full((68, 2), 16, dtype=np.float32) + np.arange(68)[:, None] / 10,
                        source="drawn",
                    )
                )
    return folder / "manifest.parquet"
