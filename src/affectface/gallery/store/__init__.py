"""The gallery on disk: sequences of scans, registered meshes or strengths, with labels.

A folder ``NAME.gallery`` (format 1)::

    gallery.json            what it is: form, topology, facial units, source; SHA-256 of the template
    template.npz            of meshes: vertices (V, 3) float32 cm, triangles (T, 3) int32, name
    sequences/NAME/         one sequence, written as a whole or not at all
      sequence.json         name, subject, session, task, frame_rate, frames; SHA-256 of the files below but the labels
      vertices.npy          meshes (F, V, 3) float32 cm
      strengths.npy         strengths (F, E) float32
      scans/                scans: index.bin, (F, 10) int64, first row and number of rows in each of the five files
                            vertices.bin (3 float32), triangles.bin (3 int32), colour.bin (3 float32), uv.bin (6
                            float32), texture.bin (bytes of an image file)
      frames.parquet        frame, time, left_out, and what was measured
      labels.parquet        valence, arousal, their disagreement, expression; may be missing, may change
    .unfinished/            while it is written

Equal input makes equal files: there are no times, hosts or absolute paths in them.
"""

from affectface.gallery.store.gallery import Gallery, open_gallery
from affectface.gallery.store.scan import Scan, vertex_colours
from affectface.gallery.store.sequence import Form, Labels, Sequence, Template, make_labels
from affectface.gallery.store.writer import GalleryWriter, create_gallery

__all__ = [
    "Form",
    "Gallery",
    "GalleryWriter",
    "Labels",
    "Scan",
    "Sequence",
    "Template",
    "create_gallery",
    "make_labels",
    "open_gallery",
    "vertex_colours",
]
