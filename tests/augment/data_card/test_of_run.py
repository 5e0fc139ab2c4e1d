"""The manifest that a plan was made for is found again, if it is still the same."""

from __future__ import annotations

import shutil
from pathlib import Path

from affectface.augment.data_card.of_run import source_of
from affectface.augment.manifest import Manifest, open_manifest, write_manifest
from affectface.augment.plan import open_plan
from affectface.augment.planning import PlanConfig, make_plan
from affectface.augment.rows import Row
from affectface.gallery.library import load_named_affect_model


def manifest_of(path: Path, expressions: list[str]) -> Manifest:
    with write_manifest(path) as table:
        for number, expression in enumerate(expressions):
            table.add(Row(f"{number}.jpg", subject=str(number), split="train", expression=expression))
    return open_manifest(path)


def test_labels_come_before_photos(tmp_path: Path) -> None:
    photos = manifest_of(tmp_path / "photos.parquet", ["neutral"] * 3)
    (tmp_path / "tables").mkdir()
    manifest_of(tmp_path / "tables" / "all.parquet", ["neutral", "fear"])
    labels = open_manifest(tmp_path / "tables" / "all.parquet", root=tmp_path)
    config, model = PlanConfig(strategy="expressions", count=12), load_named_affect_model(None)
    make_plan(photos, tmp_path / "with.parquet", model, labels=labels, config=config)
    make_plan(photos, tmp_path / "without.parquet", model, config=config)
    found = source_of(open_plan(tmp_path / "with.parquet"))
    assert found is not None
    assert (found.path, found.root) == (tmp_path / "tables/all.parquet", tmp_path)
    found = source_of(open_plan(tmp_path / "without.parquet"))
    assert found is not None
    assert found.path == tmp_path / "photos.parquet"
    # the run's own copy of the plan lies elsewhere; another manifest under the old name is not the source
    shutil.copy(tmp_path / "with.parquet", tmp_path / "tables" / "plan.parquet")
    assert source_of(open_plan(tmp_path / "tables" / "plan.parquet", root=tmp_path)) is not None
    manifest_of(tmp_path / "tables" / "all.parquet", ["fear", "fear"])
    assert source_of(open_plan(tmp_path / "with.parquet")) is None
    (tmp_path / "photos.parquet").write_bytes(b"damaged")
    assert source_of(open_plan(tmp_path / "without.parquet")) is None
