"""A data set of drawn faces whose mouths bend up or down: 12 people, 8 pictures each."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

SIDE = 32


@pytest.fixture(scope="session")
def drawn_faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its manifest: the last three people are validation, the three before are test."""
    pytest.importorskip("pyarrow")
    from affectface.augment.manifest import write_manifest
    from affectface.augment.rows import Row

    folder = tmp_path_factory.mktemp("drawn")
    rng = np.random.default_rng(0)
    with write_manifest(folder / "manifest.parquet") as table:
        for person in range(12):
            for number in range(8):
                valence, arousal = rng.uniform(-1, 1, 2).round(3).tolist()
                image = np.full((SIDE, SIDE, 3), 120 + 10 * person, dtype=np.uint8)
                points = [(x, 24 - 4 * valence * (((x - 16) / 8) ** 2 - 0.5)) for x in range(8, 25)]
                cv2.polylines(image, [np.rint(points).astype(np.int32)], False, (150, 20, 20), 2)
                path = f"p{person}/{number}.png"
                (folder / path).parent.mkdir(exist_ok=True)
                Image.fromarray(image).save(folder / path)
                table.add(
                    Row(
                        path,
                        subject=f"p{person}",
                        split="validation" if person > 8 else "test" if person > 5 else "train",
                        frame=number,
                        valence=valence,
                        arousal=arousal,
                        expression="happiness" if valence > 0 else "sadness",
                        source="drawn",
                    )
                )
    return folder / "manifest.parquet"
