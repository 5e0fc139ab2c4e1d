"""Meshes of a known linear model, prepared and built."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from known_meshes import Known, make_known
from numpy.typing import NDArray

from affectface.morphable.building.assemble import finish_like, topology_like
from affectface.morphable.building.build import Built, build_model
from affectface.morphable.building.config import BuildConfig
from affectface.morphable.building.mesh_set import MeshSource, find_meshes
from affectface.morphable.building.prepare import Prepared, prepare
from affectface.morphable.building.progress import silent
from affectface.morphable.building.scratch import MeshScratch


@pytest.fixture(scope="session")
def known() -> Known:
    """A model that is known."""
    return make_known()


@pytest.fixture
def preparing(known: Known, tmp_path: Path) -> Iterator[Callable[..., Prepared]]:
    """Prepare meshes (N, V, 3), or sources of them."""
    opened = ExitStack()

    def prepared(meshes: NDArray[np.float64] | list[MeshSource], config: BuildConfig) -> Prepared:
        if not isinstance(meshes, list):
            np.save(tmp_path / "meshes.npy", meshes.astype(np.float32))
            meshes = find_meshes(tmp_path / "meshes.npy")
        scratch = opened.enter_context(MeshScratch(len(known.model.vertices), tmp_path / "scratch"))
        return prepare(meshes, topology_like(known.model), scratch, config, silent)

    with opened:
        yield prepared


@pytest.fixture
def building(known: Known, preparing: Callable[..., Prepared]) -> Callable[..., Built]:
    """Prepare meshes and build a model of all that are good."""

    def built(meshes: NDArray[np.float64] | list[MeshSource], config: BuildConfig) -> Built:
        prepared = preparing(meshes, config)
        rows = np.arange(len(prepared.sources), dtype=np.int32)
        return build_model(prepared, rows, "built", config, finish_like(known.model))

    return built
