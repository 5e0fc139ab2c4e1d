"""Memory does not grow with the number of meshes, but for the matrix of their inner products."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys, tracemalloc
from pathlib import Path
from types import SimpleNamespace
import numpy as np
from affectface.morphable.building.build import build_model
from affectface.morphable.building.config import BuildConfig
from affectface.morphable.building.mesh_set import MeshSource, find_meshes
from affectface.morphable.building.prepare import prepare
from affectface.morphable.building.progress import silent
from affectface.morphable.building.scratch import MeshScratch
from affectface.morphable.building.topology import Topology

side, count, folder = 70, int(sys.argv[1]), Path(sys.argv[2])
y, x = np.mgrid[:side, :side] * (20 / side)
flat = np.stack([x, y, 0.02 * x * y], axis=-1).reshape(-1, 3).astype(np.float32)
corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
triangles = np.stack([corner, corner + 1, corner + side], axis=1).astype(np.int32)
rng = np.random.default_rng(0)
stack = np.lib.format.open_memmap(folder / "x.npy", "w+", np.float32, (count, len(flat), 3))
waves = [np.sin(flat[:, [1, 2, 0]] * f) for f in np.linspace(0.1, 0.6, 12)]
for mesh in stack:
    mesh[:] = flat + sum(w * d for w, d in zip(waves, 0.3 * rng.standard_normal(12)))
stack.flush()
del stack
config = BuildConfig(block_bytes=8 << 20, variance=0.9)
topology = Topology(flat, triangles, None, "flat")
tracemalloc.start()
with MeshScratch(len(flat), folder) as scratch:
    prepared = prepare(find_meshes(folder / "x.npy"), topology, scratch, config, silent)
    finish = lambda shapes: SimpleNamespace(vertices=shapes.mean, expression_names=())
    built = build_model(prepared, np.arange(count, dtype=np.int32), "m", config, finish)
assert built.record["meshes"] > 0.98 * count
print(tracemalloc.get_traced_memory()[1])
"""


def grown(count: int, folder: Path) -> float:
    """Return the peak of what a build of `count` meshes of 4900 vertices allocates, MiB."""
    command = [sys.executable, "-c", SCRIPT, str(count), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return float(done.stdout) / (1 << 20)


def test_memory_is_that_of_a_few_blocks(tmp_path: Path) -> None:
    """Six hundred meshes are 34 MiB in single precision, 67 in double; a block is 8, the inner products 3."""
    few, many = grown(150, tmp_path), grown(600, tmp_path)
    assert many < 5 * 8
    assert many < few + 6
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]
