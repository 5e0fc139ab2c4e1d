"""The figures of a gallery, or of an affect model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from affectface.gallery.affect_model import AffectModel
from affectface.gallery.plots.faces import plot_components, plot_expressions, plot_mean_faces
from affectface.gallery.plots.maps import labels_of, plot_classes, plot_histogram, plot_support
from affectface.gallery.store import Gallery
from affectface.morphable import FaceModel


def plot_figures(
    model: AffectModel,
    face_model: FaceModel,
    folder: Path,
    *,
    gallery: Gallery | None = None,
    advance: Callable[[int], None] = lambda figures: None,
) -> tuple[Path, ...]:
    """Plot all there is to see of an affect model and the gallery that it was built from.

    Parameters
    ----------
    model : AffectModel
        The model.
    face_model : FaceModel
        What is drawn.
    folder : Path
        Where the PNG files go; it is made if it is missing.
    gallery : Gallery, optional
        Its gallery, for the histogram of the labels.
    advance : callable
        Told of each figure.

    Returns
    -------
    tuple of Path
        `histogram`, `classes`, `support`, `mean_faces`, `expressions` and `components`, those that there are.

    Raises
    ------
    MissingPackageError
        If matplotlib is not installed.
    ImageError
        If a figure cannot be written.
    """
    jobs: list[Callable[[], Path]] = []
    labels = None if gallery is None else labels_of(gallery)
    if labels is not None and len(labels):
        jobs.append(lambda: plot_histogram(labels, folder / "histogram.png"))
    if len(model.points):
        jobs.append(lambda: plot_classes(model, folder / "classes.png"))
        if model.support.any():
            jobs.append(lambda: plot_support(model, folder / "support.png"))
        jobs.append(lambda: plot_mean_faces(model, face_model, folder / "mean_faces.png"))
    if model.expression_names:
        jobs.append(lambda: plot_expressions(model, face_model, folder / "expressions.png"))
    jobs.append(lambda: plot_components(model, face_model, folder / "components.png"))
    written = []
    for job in jobs:
        written.append(job())
        advance(1)
    return tuple(written)
