"""Published 3D morphable models -> face model: one file a layout, and one way from what they have in common."""

from affectface.morphable.importers.published import PublishedModel
from affectface.morphable.importers.reading import Format, read_published_model

__all__ = ["Format", "PublishedModel", "read_published_model"]
