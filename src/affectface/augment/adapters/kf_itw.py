"""KF-ITW (Booth et al. 2017): 17 people, Kinect Fusion in the wild; neutral, happiness, surprise.

No public description of its files was found. From memory, and to be checked against a copy: one folder a subject, in it
one folder an expression, in that the photos at any depth. Folders count as an expression by their name.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from affectface.augment.adapters.data_set import IMAGES, WORDS, DataSet, folders_in, inside
from affectface.augment.rows import Found, Row


def read(folder: Path) -> Iterator[Found]:
    """Yield one row for each photo."""
    for person in folders_in(folder):
        for shown in folders_in(person):
            if shown.name.lower() in WORDS:
                for file in sorted(one for one in shown.rglob("*") if one.suffix.lower() in IMAGES):
                    yield Row(inside(folder, file), subject=person.name, expression=WORDS[shown.name.lower()])


DATA_SET = DataSet("KF-ITW (Booth et al. 2017)", "SUBJECT/{neutral,happy,surprised}/*.jpg", read, checked=False)
