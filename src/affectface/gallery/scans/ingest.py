"""A folder of scans -> a gallery, sequence by sequence, continued where an earlier run ended."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affectface.errors import GalleryError
from affectface.gallery.scans.finding import find_sequences
from affectface.gallery.scans.label_table import LabelTable, read_label_table
from affectface.gallery.scans.layouts import CENTIMETRES, Layout, Unit, named_layout
from affectface.gallery.scans.sampling import look_at
from affectface.gallery.scans.sequence_reading import Advance, read_frames, times_of
from affectface.gallery.scans.source_sequence import SourceSequence
from affectface.gallery.scans.stacks import find_vocaset
from affectface.gallery.store.gallery import Gallery, open_gallery
from affectface.gallery.store.sequence import Form, Sequence, Template, same_labels
from affectface.gallery.store.settings import GALLERY
from affectface.gallery.store.writer import create_gallery

_NOTED = 20


@dataclass(frozen=True, kw_only=True)
class IngestConfig:
    """How a source folder is understood."""

    layout: str | None = None
    """Name of a published set, or a pattern; by the depth of the folders without it."""
    unit: Unit | None = None
    """Unit of the files; that of the published set, or told by the size of the faces, without it."""
    topology: Literal["auto", "registered", "scans"] = "auto"
    """Whether all frames have one topology: `auto` looks at some."""
    template: Template | None = None
    """What frames in correspondence are compared with: triangles for files that have none. In centimetres."""
    template_of: str = ""
    """Name of the face model that the template is the mean of."""
    frame_rate: float | None = None
    """Frames a second; that of the published set, or 25, without it."""
    labels: str | os.PathLike[str] | None = None
    """A table of labels, see `read_label_table`."""


@dataclass(frozen=True)
class Ingested:
    """What came of it.

    Attributes
    ----------
    form : str
        Of the gallery.
    unit : str
        In which the files were taken to be.
    sequences, frames : int
        How many the gallery has now, and how many of the frames count.
    added : int
        Sequences of this run.
    left_out : tuple of str
        The first frames and sequences of this run that do not count, and why.
    left_out_frames : int
        How many frames of this run do not count.
    notes : tuple of str
        What else should be known.
    """

    form: Form
    unit: Unit
    sequences: int
    frames: int
    added: int
    left_out: tuple[str, ...]
    left_out_frames: int
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class IngestPlan:
    """What a source folder holds, before any of it is read.

    Attributes
    ----------
    root : Path
        The folder, resolved.
    layout : Layout
        How it is laid out.
    config : IngestConfig
        How it is understood.
    table : LabelTable or None
        What is said of its frames.
    sequences : tuple of SourceSequence
        Its sequences.
    notes : tuple of str
        What is no part of them.
    """

    root: Path
    layout: Layout
    config: IngestConfig
    table: LabelTable | None
    sequences: tuple[SourceSequence, ...]
    notes: tuple[str, ...]

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return sum(one.frames for one in self.sequences)


def plan_ingest(source: str | os.PathLike[str], config: IngestConfig | None = None) -> IngestPlan:
    """Return what a source folder holds.

    Parameters
    ----------
    source : path-like
        The folder. No file outside of it is opened, whatever its files name.
    config : IngestConfig, optional
        How it is understood.

    Returns
    -------
    IngestPlan
        Its sequences.

    Raises
    ------
    GalleryError
        If there is no sequence, or what the config names cannot be read.
    """
    config = config or IngestConfig()
    root = Path(source).resolve()
    if not root.is_dir():
        raise GalleryError(f"{source}: {'no folder' if root.exists() else 'missing'}; give a folder of scans")
    layout = named_layout(config.layout)
    table = None if config.labels is None else read_label_table(config.labels)
    sequences, notes = _find(root, layout, config, table)
    return IngestPlan(root, layout, config, table, tuple(sequences), tuple(notes))


def ingest_scans(plan: IngestPlan, out: str | os.PathLike[str], *, advance: Advance = lambda frames: None) -> Ingested:
    """Make a gallery of a folder of scans, or continue one.

    Parameters
    ----------
    plan : IngestPlan
        What the folder holds.
    out : path-like
        The gallery.
    advance : callable
        Called with the number of further frames that are done.

    Returns
    -------
    Ingested
        What came of it.

    Raises
    ------
    GalleryError
        If there is nothing readable, or the gallery is of something else or cannot be written.
    MissingPackageError
        If pyarrow is not installed.
    """
    root, config, table = plan.root, plan.config, plan.table
    before = open_gallery(out) if (Path(out) / GALLERY).exists() else None
    unit, form, template = _decide(plan, before)
    rate = config.frame_rate or plan.layout.frame_rate
    origin = {"layout": config.layout or "by depth", "unit": unit, "frame_rate": rate}
    added, left_out = 0, _LeftOut([], 0)
    with create_gallery(out, form, template=template, topology=config.template_of, source=origin) as writer:
        for one in plan.sequences:
            if writer.has(one.name):
                advance(one.frames)
                continue
            described = Sequence(one.name, one.subject, one.session, one.task, rate, one.frames)
            reasons: list[str] = []
            blocks = read_frames(root, one, CENTIMETRES[unit], template, reasons, advance)
            labels = None if table is None else table.labels(one)
            writer.add(described, blocks, times=times_of(one, rate), left_out=reasons, labels=labels)
            left_out.note(one.name, reasons)
            added += 1
    gallery = open_gallery(out)
    if table is not None:
        _label_again(gallery, plan.sequences, table)
    return Ingested(
        form=form,
        unit=unit,
        sequences=len(gallery.sequences),
        frames=sum(int(gallery.kept(one.name).sum()) for one in gallery.sequences),
        added=added,
        left_out=tuple(left_out.first),
        left_out_frames=left_out.count,
        notes=plan.notes,
    )


@dataclass
class _LeftOut:
    """What does not count: the first reasons, and how many there are."""

    first: list[str]
    count: int

    def note(self, name: str, reasons: list[str]) -> None:
        """Note the frames of a sequence."""
        said = [f"{name}, frame {number}: {reason}" for number, reason in enumerate(reasons) if reason]
        self.count += len(said)
        self.first += said[: _NOTED - len(self.first)]


def _find(
    root: Path, layout: Layout, config: IngestConfig, table: LabelTable | None
) -> tuple[list[SourceSequence], list[str]]:
    """Return the sequences of a source folder, and what should be known of what is no part of them."""
    sequences = find_vocaset(root) if (config.layout or "").lower() == "vocaset" else []
    others: list[str] = []
    if not sequences:
        sequences, others = find_sequences(root, layout)
    notes = [f"{len(others)} files do not fit the layout or cannot be listed, such as {others[0]}"] if others else []
    if table is not None and (unused := table.unused(sequences)):
        if len(unused) == sum(map(len, table.said.values())):
            raise GalleryError(f"{config.labels}: no row is about a sequence there is, such as {sequences[0].name}")
        notes.append(f"{len(unused)} rows of labels are about no sequence that is there, such as row {unused[0]}")
    return sequences, notes


def _unit_of(before: Gallery | None) -> Unit | None:
    """Return the unit that an earlier run took."""
    unit = None if before is None else before.source.get("unit")
    return unit if unit in CENTIMETRES else None


def _decide(plan: IngestPlan, before: Gallery | None) -> tuple[Unit, Form, Template | None]:
    """Look at some frames; return their unit, the gallery's form, and the template of meshes."""
    config = plan.config
    sample = look_at(plan.root, plan.sequences, plan.layout, config.unit or _unit_of(before))
    if before is not None and before.form in ("scans", "meshes") and config.topology == "auto":
        return sample.unit, before.form, config.template or before.template
    given = config.template is not None
    if sample.bare and (config.topology == "scans" or not given):
        raise GalleryError(
            "the files have vertices and no triangles, which makes no scans; give a mesh that has them with --template"
        )
    if config.topology == "scans" or (config.topology == "auto" and not (given or sample.registered)):
        return sample.unit, "scans", None
    template = config.template or sample.template()
    misfits = sample.misfits(template)
    if all(misfits):
        raise GalleryError(
            f"no frame looked at has the topology of {template.name}: {misfits[0]}; give another template"
        )
    return sample.unit, "meshes", template


def _label_again(gallery: Gallery, sequences: Iterable[SourceSequence], table: LabelTable) -> None:
    """Write the labels of sequences that were there before, where the table says others."""
    for one in sequences:
        labels = table.labels(one)
        if labels is not None and not same_labels(gallery.labels(one.name), labels):
            gallery.set_labels(one.name, labels)
