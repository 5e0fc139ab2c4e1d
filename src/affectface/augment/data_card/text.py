"""The text of a data card, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from affectface.augment.adapters.names import DATA_SETS
from affectface.augment.data_card.inputs import CardInputs, Outcomes
from affectface.augment.statistics import Statistics

_UNKNOWN = "not said; ask who gave it to you"
_INTRODUCTION = """\
{made:,} images or clips of faces that show chosen affects, synthesised by affectface{when} from photos of people of the
source. **They are synthetic**: nobody showed these affects, and each file says so in its metadata. A label is what was
asked for, not what somebody saw. What was made of a person has that person's subject, split and fold.

Whoever uses it is bound by the licences of the source and the models below, and by what the people who are shown have
agreed to."""
_INPUTS = {"photos": "photos of the plan", "labels": "labels of the plan"}
"""Checksums that a plan's settings have, and what they are of."""
_KINDS = {"expressions": "", "splits": "split ", "folds": "fold ", "ages": "age "}


def card_lines(inputs: CardInputs, before: Statistics | None, made: Statistics, picture: str) -> Iterator[str]:
    """Yield the lines of a card.

    Parameters
    ----------
    inputs : CardInputs
        What it says.
    before : Statistics or None
        What there was.
    made : Statistics
        What was made.
    picture : str
        Name of the picture beside it, or empty.

    Yields
    ------
    str
        A line without its end; the last one is empty.
    """
    outcomes, plan = inputs.outcomes, inputs.plan.settings
    yield from ("# Data card", "")
    when = f" on {_cell(inputs.date)}" if inputs.date else ""
    yield from (*_INTRODUCTION.format(made=outcomes.made, when=when).split("\n"), "")
    yield from _titled("Source", _sources(inputs, before, made))
    yield from _titled("Before and after", _table(("", "before", "made", "after"), _growth(before, made)))
    yield from (f"![Labels before and after]({picture})", "") if picture else ()
    yield from _titled("What became of the jobs", _table(("", "jobs"), _reasons(outcomes)))
    planned = {name: value for name, value in plan.items() if name not in (*_INPUTS, "classes")}
    yield from _titled("Plan", _table(("setting", "value"), _flat(planned)))
    yield from _titled("Making", _table(("setting", "value"), _flat(inputs.settings)))
    models = [(one.role, one.name, one.licence or _UNKNOWN, _code(one.sha256)) for one in inputs.models]
    yield from _titled("Models", _table(("for", "model", "licence", "SHA-256"), models))
    sums = {said: plan.get(name) for name, said in _INPUTS.items()} | dict(inputs.checksums)
    yield from _titled("Checksums", _table(("file", "SHA-256"), [(n, _code(v)) for n, v in sums.items() if v]))


def _sources(inputs: CardInputs, before: Statistics | None, made: Statistics) -> list[str]:
    """The data sets; rows that do not say theirs are told of too."""
    there = before.sources if before else {}
    rows = []
    for name in sorted({*made.sources, *there}):
        title = DATA_SETS[name].title if name in DATA_SETS else ""
        counts = (f"{there.get(name, 0):,}" if before else "?", f"{made.sources.get(name, 0):,}")
        rows.append((name, title, inputs.licences.get(name, _UNKNOWN), *counts))
    nameless = (before.rows - sum(there.values()) if before else 0, made.rows - sum(made.sources.values()))
    if any(nameless):
        counts = (f"{nameless[0]:,}" if before else "?", f"{nameless[1]:,}")
        rows.append(("without a name", "", inputs.licences.get("", _UNKNOWN), *counts))
    lines = _table(("name", "data set", "licence", "rows before", "rows made"), rows)
    if inputs.source is None:
        return ["The source's manifest was not there, so that nothing is said about before.", "", *lines]
    return lines


def _growth(before: Statistics | None, made: Statistics) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the table before, made, after."""
    people = "?" if before is None else f"{before.people:,}"
    yield _row("rows", before and before.rows, made.rows)
    yield "people, all of whom were there before", people, f"{made.people:,}", people
    if made.points or (before and before.points):
        yield _row("rows with valence and arousal", before and before.points, made.points)
        filled = [None if one is None else int((one > 0).sum()) for one in _planes(before, made)]
        yield "cells of the plane with a row", _number(filled[0]), _number(filled[1]), _number(filled[2])
    for kind, prefix in _KINDS.items():
        there: Mapping[str, int] = getattr(before, kind) if before else {}
        new: Mapping[str, int] = getattr(made, kind)
        for name in {**there, **new}:
            yield _row(prefix + name.replace("_", " "), before and there.get(name, 0), new.get(name, 0))
    units = before.action_units if before else {}
    for unit in {**units, **made.action_units}:
        old, new_ = (one.get(unit, (0, 0))[1] for one in (units, made.action_units))
        yield _row(f"AU {unit} shown", before and old, new_)


def _planes(before: Statistics | None, made: Statistics) -> tuple[Any, Any, Any]:
    if before is None:
        return None, made.plane, None
    return before.plane, made.plane, before.plane + made.plane


def _row(name: str, before: Any, made: int) -> tuple[str, str, str, str]:
    return name, _number(before), _number(made), _number(None if before is None else before + made)


def _number(value: Any) -> str:
    return "?" if value is None else f"{value:,}"


def _reasons(outcomes: Outcomes) -> list[tuple[str, str]]:
    rows = [("planned", f"{outcomes.jobs:,}"), (f"made, {outcomes.size / 1e6:,.1f} MB", f"{outcomes.made:,}")]
    return rows + [(f"not made: {reason}", f"{count:,}") for reason, count in sorted(outcomes.reasons.items())]


def _titled(title: str, lines: Sequence[str]) -> list[str]:
    return [f"## {title}", "", *lines, ""] if lines else []


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown; none without rows."""
    lines = [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    return [f"| {' | '.join(titles)} |", "|" + "---|" * len(titles), *lines] if lines else []


def _flat(settings: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """Settings with those within others, by their whole names; what was not given is left out."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{within}{name}.")
        elif value not in (None, ""):
            listed = ", ".join(str(one) or "none" for one in value) if isinstance(value, list | tuple) else str(value)
            yield within + name, listed


def _cell(text: object) -> str:
    """Text that stays in its cell, however it came to be called."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def _code(text: object) -> str:
    return f"`{text}`" if text else ""
