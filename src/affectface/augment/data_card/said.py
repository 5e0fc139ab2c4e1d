"""What a person has said for the data card of a run, kept in its folder, so that every later card says it too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from affectface.errors import DataSetError
from affectface.files import atomic_path, unwritten

SAID = "card.json"
"""The file of a run's folder."""

_LARGEST = 1 << 20


@dataclass(frozen=True)
class Said:
    """What a person has said.

    Attributes
    ----------
    licences : mapping of str to str
        Licence of each data set, by the name that the manifest's column `source` has.
    date : str
        When the run was made; empty where nobody said.
    """

    licences: Mapping[str, str] = field(default_factory=dict)
    date: str = ""


def said_of(folder: Path) -> Said:
    """Return what was said about a run.

    Parameters
    ----------
    folder : Path
        The run's folder.

    Returns
    -------
    Said
        Nothing where nothing was said.

    Raises
    ------
    DataSetError
        If the file is damaged.
    """
    file = folder / SAID
    try:
        with file.open("rb") as stream:
            found = json.loads(stream.read(_LARGEST))
        return Said({str(name): str(text) for name, text in found["licences"].items()}, str(found["date"]))
    except FileNotFoundError:
        return Said()
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataSetError(f"{file}: is damaged ({type(error).__name__}); remove it and say it again") from None


def say(folder: Path, licences: Mapping[str, str], date: str) -> Said:
    """Keep what is said about a run, with what was said before.

    Parameters
    ----------
    folder : Path
        The run's folder.
    licences : mapping of str to str
        Licences, of which each takes the place of what was said before about the same data set.
    date : str
        When the run was made; empty leaves what was said before.

    Returns
    -------
    Said
        All that was said.

    Raises
    ------
    DataSetError
        If the file is damaged or cannot be written.
    """
    before = said_of(folder)
    now = Said({**before.licences, **licences}, date or before.date)
    if now != before:
        try:
            with atomic_path(folder / SAID) as temporary:
                temporary.write_text(json.dumps(vars(now), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        except OSError as error:
            raise DataSetError(unwritten(folder / SAID, error)) from None
    return now
