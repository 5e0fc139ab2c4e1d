"""4D sets on disk -> a gallery: published folder layouts, scans with their textures, units, labels."""

from affectface.gallery.scans.ingest import IngestConfig, Ingested, IngestPlan, ingest_scans, plan_ingest
from affectface.gallery.scans.layouts import LAYOUTS

__all__ = ["LAYOUTS", "IngestConfig", "IngestPlan", "Ingested", "ingest_scans", "plan_ingest"]
