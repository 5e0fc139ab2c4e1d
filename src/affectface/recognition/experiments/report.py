"""The report of an experiment: the paper's table beside ours, tests, figures; HTML, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from affectface.errors import DataSetError
from affectface.files import atomic_path
from affectface.recognition.experiments.blocks import Block, Heading, Picture, Table, Words, markdown, page
from affectface.recognition.experiments.design import Experiment, Study, metric_words
from affectface.recognition.experiments.figures import (
    confusion_figure,
    groups_figure,
    heat_figure,
    lines_figure,
    plane_figure,
)
from affectface.recognition.experiments.heat_maps import read_heat_maps
from affectface.recognition.experiments.scoring import score_study
from affectface.recognition.metrics import BootstrapConfig

FORMAT, FORMAT_VERSION = "affectface-experiment", 1
_DASH = "–"


def write_settings(out: Path, experiment: Experiment, settings: dict[str, Any]) -> None:
    """Write how an experiment was run, which its report needs.

    Parameters
    ----------
    out : Path
        The folder of experiments.
    experiment : Experiment
        The experiment.
    settings : dict
        `seeds`; `studies`, for each `folds` and `skipped`, arms that were left out and why.
    """
    head = {"format": FORMAT, "format_version": FORMAT_VERSION, "experiment": experiment.name}
    with atomic_path(out / experiment.name / "settings.json") as temporary:
        temporary.write_text(json.dumps(head | settings, indent=1) + "\n", encoding="utf-8")


def read_settings(out: Path, experiment: Experiment) -> dict[str, Any]:
    """Return what `write_settings` wrote; a DataSetError if the experiment was not run there."""
    file = out / experiment.name / "settings.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        if (said["format"], said["format_version"]) != (FORMAT, FORMAT_VERSION):
            raise ValueError("another format")
        if len(said["studies"]) != len(experiment.studies):
            raise ValueError("other studies")
    except FileNotFoundError:
        raise DataSetError(f"{file}: no such file; affectface experiment run {experiment.name} comes first") from None
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise DataSetError(f"{file}: is damaged or older ({fault}); run the experiment again") from None
    return dict(said)


def write_report(
    out: Path,
    experiment: Experiment,
    *,
    config: BootstrapConfig | None = None,
    advance: Callable[[int], None] = lambda steps: None,
) -> dict[str, Any]:
    """Score what is there of an experiment and write `report.html`, `report.md`, `results.json` and `figures`.

    Parameters
    ----------
    out : Path
        The folder of experiments.
    experiment : Experiment
        The experiment; it need not be complete.
    config : BootstrapConfig, optional
        How intervals and tests are drawn.
    advance : callable
        Called with 1 after each arm and each test.

    Returns
    -------
    dict
        The results, as in `results.json`.

    Raises
    ------
    DataSetError
        If the experiment was not run in that folder, or what is there is damaged.
    MissingPackageError
        If matplotlib is not installed.
    """
    settings = read_settings(out, experiment)
    results: dict[str, Any] = {**settings, "title": experiment.title, "source": experiment.source, "studies": []}
    blocks: list[Block] = list(_head(experiment, settings))
    for number, (study, ran) in enumerate(zip(experiment.studies, settings["studies"], strict=True), 1):
        found = score_study(out, study, ran["folds"], config=config, advance=advance)
        results["studies"].append({"name": study.folder, "title": _title(study), **ran, **found})
        blocks += _study(study, ran, found, number)
    place = out / experiment.name
    blocks += _heat_maps(place, experiment)
    for block in blocks:
        if isinstance(block, Picture):
            with atomic_path(place / "figures" / block.name) as temporary:
                temporary.write_bytes(block.data)
    texts = {
        "results.json": json.dumps(results, indent=1, allow_nan=False) + "\n",
        "report.md": markdown(blocks, "figures"),
        "report.html": page(blocks, experiment.title),
    }
    for name, text in texts.items():
        with atomic_path(place / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return results


def _head(experiment: Experiment, settings: dict[str, Any]) -> Iterator[Block]:
    yield Heading(experiment.title, 1)
    source = f"{experiment.source}. " if experiment.source else ""
    yield Words(
        f"{source}Seeds: {settings['seeds']}. A figure is the mean over seeds; its interval, 95 %, is over the "
        "people of the test, drawn 1,000 times with all their images; behind ± is the standard deviation over seeds. "
        "Nobody is in training and test."
    )
    for note in experiment.notes:
        yield Words(f"Note: {note}.")


def _heat_maps(place: Path, experiment: Experiment) -> Iterator[Block]:
    """A figure for each data set whose made pictures were compared."""
    for name in experiment.heat_maps:
        if (file := place / f"heat-{name}.npz").is_file():
            found = read_heat_maps(file)
            maps = dict(zip(found.labels, found.maps, strict=True))
            text = "Valence falls downwards, arousal to the right; bright is where made pictures differ from neutral"
            yield Heading(f"{name}, {max(found.people):,} people")
            yield Picture(f"heat-{name}.png", heat_figure(maps), text)


def _study(study: Study, ran: dict[str, Any], found: dict[str, Any], number: int) -> Iterator[Block]:
    """The blocks of one study."""
    yield Heading(f"{_title(study)}{' (' + study.table + ')' if study.table else ''}")
    for arm, reason in ran["skipped"].items():
        yield Words(f"Left out: {arm}: {reason}.")
    arms = found["arms"]
    yield _main(study, arms)
    if arms:
        yield _learned(arms)
    if study.groups:
        yield Heading("By group", 3)
        yield _groups(study, arms)
    if found["tests"]:
        yield Heading("Differences", 3)
        yield _differences(found["tests"])
    for plot in study.plots if arms else ():
        match plot:
            case "plane":
                data, text = plane_figure(arms), "Mean squared error over the plane; numbers are those of test rows"
            case "confusion":
                data, text = confusion_figure(arms, study.classes), "Confusion: shown in rows, answered in columns"
            case "groups":
                data, text = groups_figure(study, arms), "By group, with intervals over people"
            case _:
                data, text = lines_figure(study, arms, plot), f"By {plot}: means over seeds, intervals over people"
        yield Picture(f"{number}-{study.folder}-{plot}.png", data, text)


def _title(study: Study) -> str:
    return study.title or study.data


def _main(study: Study, arms: list[dict[str, Any]]) -> Table:
    """The paper's rows with ours beside them, then arms that the paper does not have."""
    ours = {arm["name"]: arm for arm in arms}
    paper = any(value is not None for row in study.paper for value in row.values)
    head = ["", *(f"{metric}{part}" for metric in map(metric_words, study.metrics) for part in _parts(paper))]
    rows = []
    for row in study.paper:
        found = ours.get(row.arm)
        rows.append((row.title, *_cells(study, paper, row.values, found)))
    in_paper = {row.arm for row in study.paper}
    nothing = (None,) * len(study.metrics)
    for arm in study.arms:
        if arm.name not in in_paper and arm.name in ours:
            rows.append((arm.title, *_cells(study, paper, nothing, ours[arm.name])))
    return Table(tuple(head), tuple(rows))


def _parts(paper: bool) -> tuple[str, ...]:
    return (", paper", ", ours") if paper else ("",)


def _cells(
    study: Study, paper: bool, published: tuple[float | None, ...], found: dict[str, Any] | None
) -> Iterator[str]:
    for metric, value in zip(study.metrics, published, strict=True):
        if paper:
            yield _DASH if value is None else f"{value:g}"
        yield _figure(None if found is None else found["metrics"][metric])


def _learned(arms: list[dict[str, Any]]) -> Table:
    rows = tuple(
        (
            arm["name"],
            str(arm["seeds"]),
            f"{arm['learned']['rows']:,.0f}",
            f"{arm['learned']['people']:,.0f}",
            f"{arm['tested']['rows']:,}",
            f"{arm['tested']['people']:,}",
            f"{arm['learned']['steps']:,.0f}",
            f"{arm['learned']['seconds']:.0f}",
        )
        for arm in arms
    )
    return Table(("", "seeds", "learned from", "people", "tested on", "people", "steps", "seconds a training"), rows)


def _groups(study: Study, arms: list[dict[str, Any]]) -> Table:
    ours = {arm["name"]: arm for arm in arms}
    paper = any(group.paper for group in study.groups)
    head = ["", "arm", "rows", *(f"{metric_words(metric)}{part}" for metric in study.metrics for part in _parts(paper))]
    rows = []
    for group in study.groups:
        published = dict(group.paper)
        for arm in study.arms:
            found = ours.get(arm.name, {}).get("groups", {}).get(group.name)
            if found is None and arm.name not in published:
                continue
            values = published.get(arm.name, (None,) * len(study.metrics))
            count = _DASH if found is None else f"{found['rows']:,}"
            rows.append((group.name, arm.name, count, *_cells(study, paper, values, found)))
    return Table(tuple(head), tuple(rows))


def _differences(tests: list[dict[str, Any]]) -> Table:
    rows = tuple(
        (
            f"{test['second']} less {test['first']}",
            metric_words(test["metric"]),
            _signed(test["difference"]),
            f"{_signed(test['low'])} to {_signed(test['high'])}",
            _DASH if test["p"] is None else f"{test['p']:.3f}",
            f"{test['people']:,}",
        )
        for test in tests
    )
    return Table(("", "metric", "difference", "95 %", "p (permutation)", "people"), rows)


def _figure(one: dict[str, Any] | None) -> str:
    """A figure with its interval and its spread over seeds."""
    if one is None or one["value"] is None:
        return _DASH
    text = f"{one['value']:.3f}"
    if one["low"] is not None:
        text += f" [{one['low']:.3f}, {one['high']:.3f}]"
    seeds = [value for value in one["seeds"] if value is not None]
    if len(seeds) > 1:
        mean = sum(seeds) / len(seeds)
        text += f" ± {(sum((value - mean) ** 2 for value in seeds) / (len(seeds) - 1)) ** 0.5:.3f}"
    return text


def _signed(value: float | None) -> str:
    return _DASH if value is None else f"{value:+.3f}"
