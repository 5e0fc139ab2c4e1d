"""``affectface gallery traces|agreement|label``: what annotators said, in and out, and what it comes to."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from affectface.cli.options import JsonOption
from affectface.cli.report import progress, reporting, say
from affectface.errors import AnnotationError

traces = typer.Typer(help="Traces of annotators: import and export.", no_args_is_help=True)

_TracesArgument = Annotated[
    Path, typer.Argument(metavar="TRACES", help="A folder of traces, or a .csv.", show_default=False)
]


@traces.command("import")
@reporting
def import_files(
    files: Annotated[list[Path], typer.Argument(help="Files .csv, or .txt with one line a frame.", show_default=False)],
    out: Annotated[Path, typer.Option("-o", "--out", help="The folder of traces.")] = Path("traces"),
    annotator: Annotated[
        str | None, typer.Option(help="Who annotated; files with one line a frame do not say.", show_default=False)
    ] = None,
    frame_rate: Annotated[
        float | None, typer.Option(help="Frames a second of files with one line a frame.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import annotations: comma-separated values, or Aff-Wild2's layout (valence,arousal a frame; -5: none)."""
    from affectface.gallery.annotation.per_frame import read_per_frame
    from affectface.gallery.annotation.trace_folder import import_traces
    from affectface.gallery.annotation.traces import Trace, read_traces

    found: list[Trace] = []
    for file in files:
        if file.suffix.lower() != ".txt":
            found += read_traces(file)
            continue
        if not annotator or frame_rate is None or not (math.isfinite(frame_rate) and frame_rate > 0):
            raise AnnotationError(f"{file}: has one line a frame; --annotator and a --frame-rate above 0 are needed")
        found += read_per_frame(file, annotator, frame_rate)
    with progress("importing", len(found)) as advance:
        added = 0
        for trace in found:
            added += import_traces(out, [trace])
            advance(1)
    say(
        {"folder": str(out), "found": len(found), "added": added},
        f"{out}: {added} traces added, {len(found) - added} were there",
        as_json=as_json,
    )


@traces.command("export")
@reporting
def export(
    folder: _TracesArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The .csv to write.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Write all traces of a folder as one file of comma-separated values."""
    from affectface.gallery.annotation.trace_folder import read_trace_folder
    from affectface.gallery.annotation.traces import write_traces

    found = read_trace_folder(folder)
    write_traces(out, found)
    moments = sum(len(trace.times) for trace in found)
    say(
        {"file": str(out), "traces": len(found), "moments": moments},
        f"{out}: {len(found)} traces, {moments} moments",
        as_json=as_json,
    )


@reporting
def agreement(folder: _TracesArgument, as_json: JsonOption = False) -> None:
    """Say how well annotators agree: the mean correlation with the others, and who answers later than they do."""
    from affectface.gallery.annotation.agreement import inter_annotator
    from affectface.gallery.annotation.labelling import relative_lags
    from affectface.gallery.annotation.trace_folder import read_trace_folder

    found = read_trace_folder(folder)
    result, lines = {}, []
    for dimension in ("valence", "arousal"):
        own = [trace for trace in found if trace.dimension == dimension]
        if not own:
            continue
        correlations = inter_annotator(own)
        known = [value for value in correlations.values() if not math.isnan(value)]
        mean = sum(known) / len(known) if known else math.nan
        late = relative_lags(own)
        result[dimension] = {
            "mean": _or_none(mean),
            "annotators": {
                name: {"correlation": _or_none(value), "lag": late.get((name, dimension))}
                for name, value in sorted(correlations.items())
            },
        }
        lines.append(f"{dimension}: mean correlation {_shown(mean)}, {len({one.sequence for one in own})} sequences")
        for name, value in sorted(correlations.items()):
            lag = late.get((name, dimension))
            later = (
                "" if lag is None else f"   answers {abs(lag):.2f} s {'later' if lag >= 0 else 'earlier'} than the mean"
            )
            lines.append(f"  {name:20} {_shown(value)}{later}")
    say(result, "\n".join(lines), as_json=as_json)


@reporting
def label(
    gallery: Annotated[Path, typer.Argument(help="The .gallery.", show_default=False)],
    folder: _TracesArgument,
    lag: Annotated[
        float, typer.Option(min=-10, max=10, help="How late annotators answer, in the mean, seconds.")
    ] = 0.0,
    align: Annotated[bool, typer.Option(help="Shift each annotator by what they answer later than the mean.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the mean of the annotators and their disagreement into a gallery."""
    from affectface.gallery.annotation.labelling import label_gallery, relative_lags
    from affectface.gallery.annotation.trace_folder import read_trace_folder
    from affectface.gallery.store import open_gallery

    found, target = read_trace_folder(folder), open_gallery(gallery)
    lags = relative_lags(found) if align else {}
    with progress("labelling", len(target.sequences)) as advance:
        done = label_gallery(target, found, lags=lags, lag=lag, advance=advance)
    frames = ", ".join(f"{count} frames in {dimension}" for dimension, count in done.frames.items())
    lines = [f"{gallery}: {done.sequences} sequences labelled, {frames}"]
    if done.without:
        lines.append(f"  not annotated: {len(done.without)} sequences, such as {done.without[0]}")
    if done.unknown:
        lines.append(f"  not in the gallery: {len(done.unknown)} sequences, such as {done.unknown[0]}")
    say(
        {
            "gallery": str(gallery),
            "sequences": done.sequences,
            "frames": done.frames,
            "without": list(done.without),
            "unknown": list(done.unknown),
            "lags": {f"{name} {dimension}": value for (name, dimension), value in lags.items()},
        },
        "\n".join(lines),
        as_json=as_json,
    )


def _or_none(value: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(value) else value


def _shown(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.2f}"
