"""One model of all meshes, or one of each group: LSFM's bespoke models by age, gender or ancestry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from affectface.arrays import IntArray
from affectface.csv_rows import Row
from affectface.errors import MeshSetError
from affectface.morphable.building.build import FEWEST
from affectface.morphable.building.people import read_grouping
from affectface.morphable.building.prepare import Prepared


@dataclass(frozen=True, eq=False)
class Group:
    """Meshes that a model is built of.

    Attributes
    ----------
    name : str
        The group's name; empty for all.
    rows : ndarray of shape (N,), int32
        Their rows in the scratch file.
    neutral : int
        How many of them are neutral.
    """

    name: str
    rows: IntArray
    neutral: int

    @property
    def enough(self) -> bool:
        """Whether a model can be built of it."""
        return self.neutral >= FEWEST


def groups_of(prepared: Prepared, by: str | None) -> list[Group]:
    """Return the groups of prepared meshes.

    Parameters
    ----------
    prepared : Prepared
        The meshes.
    by : str, optional
        A column of the table, or one with edges such as ``age:7,18,50``; without it all are one group.

    Returns
    -------
    list of Group
        The groups by their names; meshes whose cell is empty are in none.

    Raises
    ------
    MeshSetError
        If there is no such column, or no group is large enough.
    """
    groups = sorted(_parted(prepared, by), key=lambda group: group.name)
    if not any(group.enough for group in groups):
        found = ", ".join(f"{group.name or 'all'} has {group.neutral}" for group in groups) or "there is none"
        raise MeshSetError(f"too few neutral meshes: {found}; at least {FEWEST} are needed to build a model")
    return groups


def _parted(prepared: Prepared, by: str | None) -> Iterator[Group]:
    """Give the groups in any order."""
    rows = np.sort(np.concatenate([prepared.neutral, prepared.expressive]))
    if by is None:
        yield Group("", rows, len(prepared.neutral))
        return
    table: list[Row] = [prepared.sources[row].row for row in rows]
    group_of = read_grouping(by, list(table[0]) if table else [])
    names = np.array([group_of(row) for row in table])
    for name in sorted(set(names.tolist()) - {""}):
        mine = rows[names == name]
        yield Group(name, mine, len(np.intersect1d(mine, prepared.neutral)))
