"""``affectface dataset stats``: what is in a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from affectface.cli.dataset_import import ManifestArgument, RootOption
from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say

if TYPE_CHECKING:
    from affectface.augment.statistics import Statistics

_SHADES = " .:-=+*#%@"
_SIDE = 10


@reporting
def stats(
    manifest: ManifestArgument,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw it too; .png, .svg or .pdf.")] = None,
    root: RootOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count rows, people, labels and splits, and check every row."""
    from affectface.augment.manifest import open_manifest
    from affectface.augment.statistics import statistics_of
    from affectface.augment.statistics_plots import plot_statistics

    opened = open_manifest(manifest, root=root)
    with progress("counting", opened.row_count) as advance:
        found = statistics_of(opened, advance=advance)
    if plot is not None:
        plot_statistics(found, plot)
    say({"manifest": str(manifest), **found.record()}, "\n".join(_lines(manifest, found)), as_json=as_json)


def _lines(manifest: Path, found: Statistics) -> list[str]:
    lines = [f"{manifest}: {found.rows:,} rows, {found.files:,} files, {found.people:,} people"]
    if found.alone:
        lines.append(f"  {found.alone:,} files have no subject: each counts as a person of its own")
    for title, counts in (("data set", found.sources), ("split", found.splits), ("fold", found.folds)):
        lines += _table(title, counts, found.rows)
    for title, several in found.overlap.items():
        if several:
            lines.append(f"  WARNING: {several:,} people are in more than one {title}; affectface dataset split helps")
    lines += _table("expression", found.expressions, found.rows)
    if found.points:
        (v, a), (dv, da) = found.means, found.deviations
        lines += ["", f"  valence and arousal: {found.points:,} rows"]
        lines += [f"    valence mean {v:+.3f} deviation {dv:.3f}, arousal mean {a:+.3f} deviation {da:.3f}"]
        lines += _plane(found)
    if found.action_units:
        lines += ["", f"  {'action unit':24}{'coded':>12}{'shown':>12}"]
        lines += [f"    AU {unit:19}{coded:>12,}{shown:>12,}" for unit, (coded, shown) in found.action_units.items()]
    lines += _table("age", found.ages, found.rows)
    return [*lines, "", f"  without any label: {found.unlabelled:,}"]


def _table(title: str, counts: dict[str, int], rows: int) -> list[str]:
    if not counts:
        return []
    body = [
        f"    {name.replace('_', ' '):22}{count:>12,}{count / max(rows, 1):>9.1%}" for name, count in counts.items()
    ]
    return ["", f"  {title:24}{'rows':>12}{'share':>9}", *body]


def _plane(found: Statistics) -> list[str]:
    """The plane in letters, darker where there are more rows: the shade is the logarithm of the count."""
    import numpy as np

    step = len(found.plane) // _SIDE
    cells = found.plane.reshape(_SIDE, step, _SIDE, step).sum(axis=(1, 3))
    shade = np.log1p(cells) / max(np.log1p(cells.max()), 1e-9) * (len(_SHADES) - 1)
    rows = ["".join(_SHADES[round(float(s))] * 2 for s in row) for row in shade[::-1]]
    ends = ["+1", *[""] * (_SIDE - 2), "-1"]
    return [f"    {end:>8} |{row}|" for end, row in zip(ends, rows, strict=True)] + [f"    {'':8} -1{'valence':^18}+1"]
