"""Where made pictures differ from neutral ones, for each of 48 affects (Lindt 2019, section IV-C and figure 2)."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from affectface.arrays import FloatArray, Image
from affectface.augment.manifest import Manifest, open_manifest
from affectface.augment.pictures import pictures
from affectface.augment.rows import Row
from affectface.errors import AffectFaceError, DataSetError
from affectface.files import atomic_path

STEPS = 3
"""Labels from neutral to the edge of the plane, in each direction: 7 x 7 in all."""

Label = tuple[float, float]


@dataclass(frozen=True, eq=False)
class HeatMaps:
    """Differences from the neutral picture.

    Attributes
    ----------
    labels : tuple of K tuple of float
        Valence and arousal.
    maps : ndarray of shape (K, S, S), float32
        From 0 to 1, which is the brightest place of all maps.
    people : tuple of K int
        How many people each map is of.
    """

    labels: tuple[Label, ...]
    maps: FloatArray
    people: tuple[int, ...]


def heat_map(first: Image, second: Image) -> FloatArray:
    """Return the largest difference of the three channels at each place, (H, W), float32, from 0 to 255."""
    return np.abs(first.astype(np.float32) - second.astype(np.float32)).max(axis=2)


def heat_maps(manifest: Path, *, side: int = 96, advance: Callable[[int], None] = lambda steps: None) -> HeatMaps:
    """Compare made pictures with the neutral one of the same person.

    Parameters
    ----------
    manifest : Path
        Pictures with valence and arousal, cut alike for a person, as `affectface augment run` makes them.
    side : int
        Side of the maps, pixels; pictures are brought to it as a whole.
    advance : callable
        Called with 1 after each picture.

    Returns
    -------
    HeatMaps
        One map for each label that anybody shows, the mean over people.

    Raises
    ------
    DataSetError
        If nobody has a neutral picture and another one.

    Notes
    -----
    The paper normalises sums; which maximum it divides by it does not say. Here it is that of all maps, so that weak
    affects stay darker than strong ones, as they are in its figure.
    """
    opened = open_manifest(manifest)
    sums: dict[Label, FloatArray] = {}
    counts: dict[Label, int] = {}
    for own in _by_person(opened):
        shown: dict[Label, Image] = {}
        for label, _, image in _read(opened, own):
            shown[label] = np.asarray(cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)
            advance(1)
        if (0.0, 0.0) not in shown:
            continue
        neutral = shown.pop((0.0, 0.0))
        for label, image in shown.items():
            found = heat_map(image, neutral)
            sums[label] = sums[label] + found if label in sums else found
            counts[label] = counts.get(label, 0) + 1
    if not sums:
        raise DataSetError(f"{manifest}: nobody has a picture near (0, 0) and another one; plan points over the plane")
    labels = tuple(sorted(sums))
    maps = np.stack([sums[label] / counts[label] for label in labels])
    brightest = np.float32(max(float(maps.max()), 1e-6))
    return HeatMaps(labels, np.asarray(maps / brightest, np.float32), tuple(counts[label] for label in labels))


def nearest_label(valence: float, arousal: float) -> Label:
    """Return the nearest of the 49 labels."""
    # adding 0 makes -0 into 0
    return round(valence * STEPS) / STEPS + 0.0, round(arousal * STEPS) / STEPS + 0.0


def write_heat_maps(file: Path, found: HeatMaps) -> None:
    """Write heat maps as ``.npz``."""
    with atomic_path(file) as temporary:
        np.savez_compressed(
            temporary, labels=np.array(found.labels), maps=found.maps.astype(np.float32), people=np.array(found.people)
        )


def read_heat_maps(file: Path) -> HeatMaps:
    """Return what `write_heat_maps` wrote; a DataSetError if it is damaged."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            labels = tuple((float(v), float(a)) for v, a in arrays["labels"])
            return HeatMaps(labels, arrays["maps"], tuple(int(count) for count in arrays["people"]))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as fault:
        raise DataSetError(f"{file}: is damaged ({type(fault).__name__}); remove it and run again") from None


def _by_person(manifest: Manifest) -> Iterator[list[Row]]:
    """For each person, one row for each label: the one that is nearest to it."""
    people: dict[str, dict[Label, Row]] = {}
    for row in manifest.rows(["path", "subject", "valence", "arousal", "source", "frame"]):
        if row.valence is None or row.arousal is None:
            continue
        own = people.setdefault(f"{row.source}/{row.subject or row.path}", {})
        label = nearest_label(row.valence, row.arousal)
        if label not in own or _off(row, label) < _off(own[label], label):
            own[label] = row
    yield from (list(own.values()) for own in people.values())


def _off(row: Row, label: Label) -> float:
    return float(np.hypot((row.valence or 0.0) - label[0], (row.arousal or 0.0) - label[1]))


def _read(manifest: Manifest, rows: list[Row]) -> Iterator[tuple[Label, Row, Image]]:
    ordered = sorted(rows, key=lambda row: row.path)
    for _, row, image in pictures(manifest, list(enumerate(ordered))):
        if not isinstance(image, AffectFaceError):
            yield nearest_label(row.valence or 0.0, row.arousal or 0.0), row, image
