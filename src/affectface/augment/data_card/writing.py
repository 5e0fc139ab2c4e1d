"""Write a data card: count, draw, and put it into words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from affectface.augment.data_card.inputs import CardInputs
from affectface.augment.data_card.plot import plot_before_and_after
from affectface.augment.data_card.text import card_lines
from affectface.augment.statistics import statistics_of
from affectface.errors import DataSetError
from affectface.files import atomic_path, unwritten

CARD, PICTURE = "DATACARD.md", "datacard.png"
"""The files that a card is."""


def write_data_card(
    folder: str | os.PathLike[str], inputs: CardInputs, *, advance: Callable[[int], None] = lambda rows: None
) -> Path:
    """Write the data card of an augmentation.

    Parameters
    ----------
    folder : path-like
        Where `DATACARD.md` and `datacard.png` are written.
    inputs : CardInputs
        What it says. Equal inputs give equal bytes, with one version of matplotlib.
    advance : callable
        Called with the number of rows that were counted.

    Returns
    -------
    Path
        The card.

    Raises
    ------
    DataSetError
        If a manifest is damaged, or the card cannot be written.
    MissingPackageError
        If matplotlib is not installed.
    """
    place = Path(folder)
    made = statistics_of(inputs.result, advance=advance)
    before = None if inputs.source is None else statistics_of(inputs.source, advance=advance)
    drawn = plot_before_and_after(before, made, place / PICTURE)
    text = "\n".join(card_lines(inputs, before, made, PICTURE if drawn else ""))
    try:
        with atomic_path(place / CARD) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataSetError(unwritten(place / CARD, error)) from None
    return place / CARD
