"""Features of faces that do not learn: worked out once for all trainings of a study, of changed pictures too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from affectface.arrays import Image
from affectface.augment.on_the_fly.classical import change_classically
from affectface.errors import DataSetError
from affectface.files import atomic_path
from affectface.recognition.networks.build import NetworkConfig, build_network
from affectface.recognition.networks.preprocessing import prepared
from affectface.recognition.training.cutting import CutFaces

_BATCH = 32


def with_features(
    cut: CutFaces, config: NetworkConfig, *, versions: int = 0, advance: Callable[[int], None] = lambda rows: None
) -> CutFaces:
    """Return faces with their features, or those of changed versions of their pictures.

    Parameters
    ----------
    cut : CutFaces
        The faces, as `cut_faces` leaves them; features lie beside their pictures, and are taken from there.
    config : NetworkConfig
        A network whose features do not learn.
    versions : int
        How many versions there are of each, changed as Kollias 2020 has it for BU-3DFE; 0 are the pictures themselves.
        Versions have no landmarks.
    advance : callable
        Is told the number of further rows.

    Returns
    -------
    CutFaces
        With versions, all rows in the first one, then all in the second, and so on; `images` stay the unchanged ones.

    Raises
    ------
    DataSetError
        If what lies there is damaged.
    """
    images: Any = cut.images
    file = Path(images.filename).parent / f"features-{config.name}-{config.pixels}-{versions}.npy"
    times, count = max(versions, 1), len(cut.faces.rows)
    if not file.is_file():
        network: Any = build_network(config)
        with atomic_path(file) as temporary:
            _write(temporary, cut, network.describe, config, versions, advance)
    try:
        described = np.load(file, mmap_mode="r", allow_pickle=False)
        if described.ndim != 2 or len(described) != times * count or described.dtype != np.float16:
            raise ValueError("features of other faces")
    except (OSError, ValueError) as fault:
        raise DataSetError(f"{file}: is damaged ({fault}); remove it and run again") from None
    faces = replace(cut.faces, rows=cut.faces.rows * times)
    shown: Any = _Repeated(images) if versions else images
    return CutFaces(faces, shown, None if versions else cut.landmarks, cut.failures, described)


class _Repeated:
    """Pictures that are there again for each version."""

    def __init__(self, images: Any) -> None:
        self.images, self.shape, self.dtype = images, images.shape, images.dtype

    def __getitem__(self, index: int) -> Image:
        return np.asarray(self.images[index % len(self.images)])


def _write(
    file: Path, cut: CutFaces, describe: Any, config: NetworkConfig, versions: int, advance: Callable[[int], None]
) -> None:
    """Write the features of all versions of all rows."""
    count = len(cut.faces.rows)
    written: Any = None
    for version in range(max(versions, 1)):
        for start in range(0, count, _BATCH):
            places = range(start, min(start + _BATCH, count))
            shown = [np.array(cut.images[i]) for i in places]
            if versions:
                shown = [
                    change_classically(one, np.random.default_rng([31, version, i]))
                    for one, i in zip(shown, places, strict=True)
                ]
            points = None
            if cut.landmarks is not None and not versions:
                points = torch.from_numpy(np.array(cut.landmarks[start : places.stop]))
            found = describe(prepared(torch.from_numpy(np.stack(shown)), config.preprocessing), points).numpy()
            if written is None:
                shape = (max(versions, 1) * count, found.shape[1])
                written = np.lib.format.open_memmap(file, "w+", np.float16, shape)
            written[version * count + start : version * count + places.stop] = found
            advance(len(places))
    if written is not None:
        written.flush()
