"""Which rows an arm learns from and is tested on, and that nobody is in both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affectface.augment.rows import Row
from affectface.errors import DataSetError, LeakError
from affectface.recognition.experiments.design import REAL, Arm

Indices = NDArray[np.int64]

INNER = 3
"""Parts of the people who are learned from, of which each is held out once where something is chosen."""


@dataclass(frozen=True, eq=False)
class Role:
    """The rows of one role of a data set.

    Attributes
    ----------
    name : str
        The role, such as `real`.
    rows : sequence of N Row
        Its rows that have a picture and a label.
    people : sequence of N str
        Who each shows.
    """

    name: str
    rows: Sequence[Row]
    people: Sequence[str]


@dataclass(frozen=True, eq=False)
class Chosen:
    """Rows of a training and its test, by their place in their role.

    Attributes
    ----------
    learned : dict of str to ndarray of int
        For each role, the rows that are learned from.
    validated : ndarray of int
        Rows of the first role that is learned from, on which each epoch is judged; none with folds, but where
        something is chosen.
    tested : ndarray of int
        Rows of the role that is tested.
    """

    learned: dict[str, Indices]
    validated: Indices
    tested: Indices


def choose(roles: Mapping[str, Role], arm: Arm, *, fold: int | None, seed: int) -> Chosen:
    """Choose the rows of one training and its test.

    Parameters
    ----------
    roles : mapping of str to Role
        The data set.
    arm : Arm
        What is trained and tested.
    fold : int or None
        The fold that is tested; the splits train, validation and test count without it.
    seed : int
        Draws people and made rows where the arm wants only some.

    Returns
    -------
    Chosen
        The rows.

    Raises
    ------
    LeakError
        If somebody is in training or validation and in the test; pictures made of a person show that person.
    DataSetError
        If a part has no rows, rows say no fold, or fewer made ones are there than the arm wants.
    """
    learned = {name: _part(roles[name], "train", fold) for name in arm.learns}
    validated = _part(roles[arm.learns[0]], "validation", fold)
    tested = _part(roles[arm.tested], "test", fold)
    if not len(tested):
        raise DataSetError(f"the role {arm.tested!r} has no row to test on; affectface dataset split makes splits")
    kept = _people(roles, learned, arm.people, (seed, fold or 0))
    learned = {
        name: np.array([i for i in rows.tolist() if roles[name].people[i] in kept], dtype=np.int64)
        for name, rows in learned.items()
    }
    learned = _fewer(learned, arm.made, (seed, fold or 0))
    for name, rows in learned.items():
        if not len(rows):
            raise DataSetError(f"the role {name!r} has no row to learn from; its rows need the split train, or a fold")
    seen = {roles[name].people[i] for name, rows in learned.items() for i in rows.tolist()}
    seen |= {roles[arm.learns[0]].people[i] for i in validated.tolist()}
    both = sorted(seen & {roles[arm.tested].people[i] for i in tested.tolist()})
    if both:
        raise LeakError(
            f"{len(both)} people of the test are in the training of {arm.name!r}, themselves or in pictures made of "
            f"them, such as {both[0]!r}; give all their rows one split or fold"
        )
    return Chosen(learned, validated, tested)


def choose_inner(roles: Mapping[str, Role], arm: Arm, *, fold: int | None, part: int) -> Chosen:
    """Divide those that a training learns from once more: what is chosen is chosen without a look at the test.

    Parameters
    ----------
    roles : mapping of str to Role
        The data set.
    arm : Arm
        What is trained.
    fold : int or None
        The fold that is tested.
    part : int
        Which third of the people is held out; it draws too who of the others are learned from, where the arm wants
        only some.

    Returns
    -------
    Chosen
        Without a test: the third's rows of the role that is learned first are `validated`.

    Raises
    ------
    DataSetError
        If there are too few people.
    """
    first = arm.learns[0]
    learned = {name: _part(roles[name], "train", fold) for name in arm.learns}
    everybody = sorted(_people(roles, learned, 0, (0, 0)))
    order = np.random.default_rng([fold or 0, 24]).permutation(len(everybody))
    held = {everybody[i] for i in order[part % INNER :: INNER].tolist()}

    def of(rows: Indices, name: str, wanted: bool) -> Indices:
        return np.array([i for i in rows.tolist() if (roles[name].people[i] in held) == wanted], dtype=np.int64)

    validated = of(learned[first], first, True)
    others = {name: of(rows, name, False) for name, rows in learned.items()}
    kept = _people(roles, others, arm.people, (part, fold or 0))
    others = {
        name: np.array([i for i in rows.tolist() if roles[name].people[i] in kept], dtype=np.int64)
        for name, rows in others.items()
    }
    others = _fewer(others, arm.made, (part, fold or 0))
    if not len(validated) or not all(map(len, others.values())):
        raise DataSetError(f"{len(everybody)} people are there to choose the steps of {arm.name!r} on; more are needed")
    return Chosen(others, validated, np.zeros(0, dtype=np.int64))


def folds_of(role: Role) -> tuple[int, ...]:
    """Return the folds of a role's rows, in order; a DataSetError if a row says none, or there is only one."""
    found = {row.fold for row in role.rows}
    if None in found or len(found) < 2:
        raise DataSetError(
            f"rows of the role {role.name!r} say no fold, or all the same; affectface dataset split --folds divides "
            "people into folds, and what is made of them afterwards is in theirs"
        )
    return tuple(sorted(fold for fold in found if fold is not None))


def with_wrong_labels(rows: Sequence[Row], share: float, classes: Sequence[str], seed: int) -> list[Row]:
    """Return rows of which some have a wrong label.

    Parameters
    ----------
    rows : sequence of N Row
        Rows.
    share : float
        Share of the rows whose class becomes one of the others. Without classes, the standard deviation of what is
        added to valence and arousal, which stay within -1 and 1.
    classes : sequence of str
        The classes.
    seed : int
        Draws. More wrong rows are always those of a smaller share and others.

    Returns
    -------
    list of Row
        The rows, in their order.
    """
    rng = np.random.default_rng([seed, 20])
    if not share:
        return list(rows)
    if not classes:
        added = rng.normal(size=(len(rows), 2)) * share
        return [
            replace(
                row,
                valence=None if row.valence is None else float(np.clip(row.valence + off[0], -1, 1)),
                arousal=None if row.arousal is None else float(np.clip(row.arousal + off[1], -1, 1)),
            )
            for row, off in zip(rows, added, strict=True)
        ]
    wrong = rng.permutation(len(rows)) < round(share * len(rows))
    picks = rng.integers(max(len(classes) - 1, 1), size=len(rows))
    found = []
    for row, turned, pick in zip(rows, wrong.tolist(), picks.tolist(), strict=True):
        others = [name for name in classes if name != row.expression]
        found.append(replace(row, expression=others[pick % len(others)]) if turned and others else row)
    return found


def passes(count: int, wanted: int, seed: int) -> Indices:
    """Return which of `count` rows are seen so that `wanted` are: all of them again and again, each time shuffled.

    Parameters
    ----------
    count : int
        Rows that there are.
    wanted : int
        Rows that are to be seen.
    seed : int
        Of the orders.

    Returns
    -------
    ndarray of shape (wanted,), int64
        Rows; none is seen more than once more than another.
    """
    rng = np.random.default_rng([seed, 21])
    rounds = [rng.permutation(count) for _ in range(-(-wanted // count))]
    return np.concatenate(rounds)[:wanted].astype(np.int64)


def passes_of_sorts(sorts: Sequence[str], wanted: int, seed: int) -> Indices:
    """Return which rows are seen so that `wanted` are, as many of each sort; see `passes`.

    Parameters
    ----------
    sorts : sequence of N str
        The sort of each row.
    wanted : int
        Rows that are to be seen.
    seed : int
        Of the orders.

    Returns
    -------
    ndarray of shape (wanted,), int64
        Rows, sort by sort; none is seen more than once more than another of its sort.
    """
    kinds = list(dict.fromkeys(sorts))
    parts = []
    for number, kind in enumerate(kinds):
        rows = np.flatnonzero(np.array(sorts) == kind)
        share = wanted * (number + 1) // len(kinds) - wanted * number // len(kinds)
        parts.append(rows[passes(len(rows), share, seed)])
    return np.concatenate(parts)


def _part(role: Role, split: str, fold: int | None) -> Indices:
    """Rows of a role that are learned from, validated or tested."""
    if fold is None:
        wanted = [row.split == split for row in role.rows]
    elif split == "validation":
        wanted = []
    else:
        folds_of(role)
        wanted = [(row.fold == fold) == (split == "test") for row in role.rows]
    return np.flatnonzero(np.array(wanted, dtype=bool)).astype(np.int64)


def _people(roles: Mapping[str, Role], learned: dict[str, Indices], most: int, seed: tuple[int, int]) -> set[str]:
    """Who is learned from: everybody of the role that comes first, or as many as are wanted."""
    everybody = sorted({roles[name].people[i] for name, rows in learned.items() for i in rows.tolist()})
    if not most:
        return set(everybody)
    if most > len(everybody):
        raise DataSetError(f"{len(everybody)} people are there to learn from; {most} are needed")
    order = np.random.default_rng([*seed, 22]).permutation(len(everybody))
    return {everybody[i] for i in order[:most].tolist()}


def _fewer(learned: dict[str, Indices], most: int, seed: tuple[int, int]) -> dict[str, Indices]:
    """As many rows of the other roles than the real one as are wanted."""
    if not most:
        return learned
    made = [(name, i) for name, rows in learned.items() if name != REAL for i in rows.tolist()]
    if most > len(made):
        raise DataSetError(f"{len(made):,} made rows are there to learn from; {most:,} are needed")
    order = np.random.default_rng([*seed, 23]).permutation(len(made))
    kept = sorted(made[i] for i in order[:most].tolist())
    found = {name: rows for name, rows in learned.items() if name == REAL}
    for name in learned:
        if name != REAL and any(role == name for role, _ in kept):
            found[name] = np.array([i for role, i in kept if role == name], dtype=np.int64)
    return found
