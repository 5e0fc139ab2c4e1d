"""The mesh that registered frames are in correspondence with."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from affectface.errors import GalleryError, ModelFileError
from affectface.gallery.scans.layouts import CENTIMETRES
from affectface.gallery.scans.units import tell_unit
from affectface.gallery.store.sequence import Template
from affectface.morphable import FaceModel
from affectface.morphable.mesh_reading import read_mesh


def template_of_model(model: FaceModel) -> Template:
    """Return the mean of a face model as a template."""
    return Template(model.name, model.vertices, model.triangles)


def template_of_mesh(path: Path) -> Template:
    """Return a mesh as a template, in centimetres: its unit is told by its size.

    Parameters
    ----------
    path : Path
        An OBJ, PLY, WRL or GLB file.

    Returns
    -------
    Template
        Called after the file.

    Raises
    ------
    GalleryError
        If it cannot be read, or has a face's size in no unit.
    """
    try:
        mesh = read_mesh(path)
    except ModelFileError as error:
        raise GalleryError(str(error)) from None
    scale = CENTIMETRES[tell_unit([mesh.vertices])]
    return Template(path.stem, (mesh.vertices * scale).astype(np.float32), mesh.triangles)
