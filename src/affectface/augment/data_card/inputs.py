"""What a data card is written from: plain values that whoever made something fills in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from affectface.augment.manifest import Manifest
from affectface.augment.plan import Plan


@dataclass(frozen=True, kw_only=True)
class ModelUsed:
    """A model that took part.

    Attributes
    ----------
    role, name, licence, sha256 : str
        What it was for, which one it is, under which licence, and its checksum; empty where that is not known.
    """

    role: str
    name: str
    licence: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What the jobs of a plan came to.

    Attributes
    ----------
    jobs, made, size : int
        Jobs, those with an output, and the bytes of the outputs.
    reasons : mapping of str to int
        Why jobs have none, and how many.
    """

    jobs: int
    made: int
    size: int
    reasons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class CardInputs:
    """What a data card is written from.

    Attributes
    ----------
    plan : Plan
        The plan.
    result : Manifest
        The manifest of what was made.
    outcomes : Outcomes
        What the jobs came to.
    source : Manifest or None
        The data set that became larger; without it the card only has what was made.
    models : sequence of ModelUsed
        The models.
    settings : mapping
        How it was made, in JSON's types; nested ones are spelled out.
    licences : mapping of str to str
        Licence of each data set, by the name that the manifest's column `source` has.
    checksums : mapping of str to str
        SHA-256 by file name.
    date : str
        When it was made; nothing is said without it, so that equal runs have equal cards.
    """

    plan: Plan
    result: Manifest
    outcomes: Outcomes
    source: Manifest | None = None
    models: Sequence[ModelUsed] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    licences: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)
    date: str = ""
