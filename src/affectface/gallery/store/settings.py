"""What a whole gallery is: ``gallery.json`` and the template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np

from affectface.errors import GalleryError, ModelFileError
from affectface.gallery.store.sequence import Form, Template
from affectface.gallery.store.streams import file_sum, plain_file, read_json, reading, write_json
from affectface.morphable.face_model import read_npz, write_npz

FORMAT = "affectface-gallery"
FORMAT_VERSION = 1
GALLERY, TEMPLATE, SEQUENCES, UNFINISHED = "gallery.json", "template.npz", "sequences", ".unfinished"


@dataclass(frozen=True, eq=False)
class Settings:
    """What all sequences of a gallery share.

    Attributes
    ----------
    form : str
        `scans`, `meshes` or `strengths`.
    topology : str
        Name of the face model that meshes or strengths belong to; empty for scans.
    unit_names : tuple of str
        The E facial units of strengths.
    source : mapping
        Where it comes from, in JSON's types.
    template : Template or None
        Of meshes.
    """

    form: Form
    topology: str = ""
    unit_names: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    template: Template | None = None

    def __post_init__(self) -> None:
        if self.form not in get_args(Form):
            raise GalleryError(f"a gallery of {self.form!r}; {', '.join(get_args(Form))} are the forms there are")
        if (self.template is not None) != (self.form == "meshes"):
            raise GalleryError("a template belongs to a gallery of meshes, and to no other")
        if bool(self.unit_names) != (self.form == "strengths") or len(set(self.unit_names)) != len(self.unit_names):
            raise GalleryError("names of facial units, all different, belong to strengths, and to no other form")

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """Shape of a frame: (V, 3) of meshes, (E,) of strengths, nothing of scans."""
        if self.template is not None:
            return self.template.vertices.shape
        return (len(self.unit_names),) if self.form == "strengths" else ()

    def record(self) -> dict[str, Any]:
        """Return them in JSON's types, without the template."""
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "form": self.form,
            "topology": self.topology,
            "unit_names": list(self.unit_names),
            "source": json.loads(json.dumps(self.source)),
        }

    def differs_from(self, other: Settings) -> str:
        """Return in what they differ from others; nothing if they are the same."""
        mine, others = self.record(), other.record()
        different = [key for key in mine if mine[key] != others[key]]
        if self.template is not None and other.template is not None:
            same = self.template.name == other.template.name and all(
                np.array_equal(getattr(self.template, part), getattr(other.template, part))
                for part in ("vertices", "triangles")
            )
            different += [] if same else ["template"]
        return ", ".join(different)


def write_settings(folder: Path, work: Path, settings: Settings) -> None:
    """Write them into a gallery's folder by way of a folder of unfinished things; ``gallery.json`` comes last."""
    record = settings.record()
    if settings.template is not None:
        template = settings.template
        head = {"format": np.array("affectface-template"), "format_version": np.array(1)}
        body = {"name": np.array(template.name), "vertices": template.vertices, "triangles": template.triangles}
        write_npz(work / TEMPLATE, head | body)
        record["sha256"] = {TEMPLATE: file_sum(work / TEMPLATE)}
        (work / TEMPLATE).replace(folder / TEMPLATE)
    write_json(work / GALLERY, record)
    (work / GALLERY).replace(folder / GALLERY)


def read_settings(folder: Path) -> Settings:
    """Read what a gallery is.

    Parameters
    ----------
    folder : Path
        The gallery.

    Returns
    -------
    Settings
        All of it.

    Raises
    ------
    GalleryError
        If it is none, is damaged, or is of a newer format.
    """
    path = folder / GALLERY
    if not path.exists():
        what = "no gallery: it has no gallery.json" if folder.is_dir() else "there is no such gallery"
        raise GalleryError(f"{folder}: {what}; give a folder that affectface gallery ingest wrote")
    record = read_json(path)
    if record.get("format") != FORMAT or record.get("format_version") != FORMAT_VERSION:
        raise GalleryError(
            f"{path}: {str(record.get('format'))[:60]!r}, version {str(record.get('format_version'))[:20]}; "
            f"{FORMAT} {FORMAT_VERSION} is needed: upgrade affectface"
        )
    form, topology, units, source = (record.get(key) for key in ("form", "topology", "unit_names", "source"))
    texts = isinstance(form, str) and isinstance(topology, str)
    if not (texts and isinstance(units, list) and all(isinstance(u, str) for u in units) and isinstance(source, dict)):
        raise GalleryError(f"{path}: form, topology, unit_names or source is missing or no such thing; copy it again")
    template = _read_template(folder / TEMPLATE) if form == "meshes" else None
    return Settings(form, topology, tuple(units), source, template)  # type: ignore[arg-type]


def _read_template(path: Path) -> Template:
    with reading(path, "the template of the meshes"):
        try:
            arrays = read_npz(plain_file(path), "affectface-template", 1)
        except ModelFileError as error:
            raise GalleryError(str(error)) from None
        return Template(str(arrays["name"]), arrays["vertices"], arrays["triangles"])
