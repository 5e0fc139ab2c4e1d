"""2D face sets of the Psychological Image Collection at Stirling: Pain, Iranian, Nottingham scans.

No public description of the file names was found; what follows is from memory, to be checked against a copy. A name
begins with the person, a letter for the sex and a number, and goes on with what is shown. Pain: `f1a1.jpg`, a letter of
the expression (`n` neutral, `h` happy, `s` sad, `a` angry, `d` disgust, `f` afraid, `u` surprised, `p` pain). Iranian:
`f01n.jpg` and `f01s.jpg`, neutral and smiling, in several views. Nottingham: `f001.gif`, neutral all. What does not fit
a form gets no expression, or is refused if it does not begin with a person.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from affectface.augment.adapters.data_set import IMAGES, DataSet, files_in, inside
from affectface.augment.rows import Found, Refusal, Row

_NAME = re.compile(r"([fm]\d{1,3})[-_ ]?([a-z]?)(.*)", re.IGNORECASE)
_PAIN = {
    "n": "neutral",
    "h": "happiness",
    "s": "sadness",
    "a": "anger",
    "d": "disgust",
    "f": "fear",
    "u": "surprise",
}
_IRANIAN = {"n": "neutral", "s": "happiness"}


def read(folder: Path, *, shown: Mapping[str, str], otherwise: str) -> Iterator[Found]:
    """Yield one row for each photo; `shown` gives the letters' meaning, `otherwise` that of no letter."""
    for file in files_in(folder, *IMAGES):
        name, path = _NAME.fullmatch(file.stem), inside(folder, file)
        if name is None:
            yield Refusal(path, "the file's name does not begin with a person")
            continue
        expression = shown.get(name[2].lower(), otherwise if not name[2] else "")
        if not expression:
            yield Refusal(path, "what the letter in the name stands for is not known", "label")
        yield Row(path, subject=name[1].lower(), expression=expression)


def _set(title: str, layout: str, shown: Mapping[str, str], otherwise: str = "") -> DataSet:
    reader = functools.partial(read, shown=shown, otherwise=otherwise)
    return DataSet(f"2D face sets, Stirling: {title}", layout, reader, checked=False)


PAIN = _set("Pain", "f1n1.jpg, f1h1.jpg, ...", _PAIN)
IRANIAN = _set("Iranian", "f01n.jpg, f01s.jpg, ...", _IRANIAN)
NOTTINGHAM = _set("Nottingham scans", "f001.gif, m001.gif, ...", {}, "neutral")
