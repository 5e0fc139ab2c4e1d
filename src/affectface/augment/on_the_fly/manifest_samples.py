"""The rows of a manifest as samples: faces cut out as they are asked for, with their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from affectface.augment.columns import arrow, rows_of
from affectface.augment.face_square import cut_square
from affectface.augment.manifest import Manifest
from affectface.augment.pictures import pictures
from affectface.augment.rows import Row
from affectface.errors import AffectFaceError, DataSetError

_COLUMNS = (
    *("path", "subject", "split", "frame", "valence", "arousal", "expression", "action_units", "box", "landmarks"),
    "source",
)


class ManifestSamples:
    """A map-style data set of a manifest's rows.

    Parameters
    ----------
    manifest : Manifest
        The manifest. Images are read one by one; frames of films too, which costs more than their order would.
    size : int
        Side of the pictures, pixels.
    room : float
        Side of the square that is cut out, in sides of the face's box: more than `affectface train` cuts, for what
        moves, turns and is cropped.
    splits : sequence of str
        Only rows of these splits; an empty name is rows without one.

    Raises
    ------
    DataSetError
        If no row is in these splits.

    Notes
    -----
    In memory are the rows as pyarrow has them, without their pictures: some 100 bytes each, 700 with 68 landmarks.
    """

    def __init__(
        self, manifest: Manifest, *, size: int = 224, room: float = 1.5, splits: Sequence[str] = ("train", "")
    ) -> None:
        pa = arrow()
        if size < 1 or not room > 0:
            raise ValueError(f"size is {size} and room {room}; more than 0 is needed")
        self.manifest, self.size, self.room = manifest, size, room
        kept = []
        for batch in manifest.batches(_COLUMNS):
            used = pa.array([split in splits for split in batch.column("split").to_pylist()], pa.bool_())
            kept.append(batch.filter(used))
        if not any(batch.num_rows for batch in kept):
            asked = ", ".join(split or "none" for split in splits)
            raise DataSetError(f"{manifest.path}: has no row in the splits that are used ({asked}); choose others")
        self._table: Any = pa.Table.from_batches(kept).combine_chunks()

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def row(self, index: int) -> Row:
        """Return a row."""
        (row,) = rows_of(self._table.slice(index, 1).to_batches()[0])
        return row

    def rows(self) -> Iterator[Row]:
        """Yield all rows."""
        for batch in self._table.to_batches(max_chunksize=16_384):
            yield from rows_of(batch)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Return a sample.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        dict
            `image` (S, S, 3), the face or, for a row without a box, all of the image; `valence`, `arousal`,
            `expression`, `action_units`; `box` and `landmarks` in the picture's pixels; `path`, `subject`.

        Raises
        ------
        AffectFaceError
            If the picture cannot be read.
        """
        row = self.row(index)
        ((_, _, image),) = pictures(self.manifest, [(index, row)])
        if isinstance(image, AffectFaceError):
            raise image
        cut = cut_square(image, row.box, self.size, self.room)
        sample: dict[str, Any] = {"image": cut.image, "valence": row.valence, "arousal": row.arousal}
        sample |= {"expression": row.expression, "action_units": row.action_units}
        sample |= {"path": row.path, "subject": row.subject, "box": None, "landmarks": None}
        if row.box is not None:
            corner, size = cut.place(np.array([row.box[:2]])), np.array(row.box[2:]) * cut.scale
            sample["box"] = (*corner[0].tolist(), *size.tolist())
        if row.landmarks is not None:
            sample["landmarks"] = cut.place(row.landmarks)
        return sample
