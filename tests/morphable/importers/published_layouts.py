"""A small model, a bent sheet of 16 vertices, in every published layout."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

FIXTURES = Path(__file__).parent / "fixtures"
COUNT = 16


def _sheet() -> tuple[np.ndarray, np.ndarray]:
    x, y = np.meshgrid(np.linspace(-7, 7, 4), np.linspace(-9, 9, 4))
    corner = (np.arange(3)[:, None] * 4 + np.arange(3)).ravel()
    triangles = np.concatenate(
        [np.stack([corner, corner + 1, corner + 5], 1), np.stack([corner, corner + 5, corner + 4], 1)]
    )
    return np.stack([x, y, 8 - 0.08 * x**2 - 0.03 * y**2], -1).reshape(-1, 3), triangles.astype(np.int32)


VERTICES, TRIANGLES = _sheet()
UNIT = np.linalg.qr(np.random.default_rng(0).normal(size=(3 * COUNT, 4)))[0]
"""(3 V, 4): unit components, of which the first two are identity and the last two expression."""
DEVIATIONS = np.array([3.0, 2.0])
COLOUR = np.tile([0.2, 0.4, 0.6], (COUNT, 1))


def displacements(first: int) -> np.ndarray:
    """Two of the components, (2, V, 3), times their deviations."""
    return (UNIT[:, first : first + 2] * DEVIATIONS).T.reshape(2, COUNT, 3)


def basel_2009(path: Path, **changes: Any) -> None:
    arrays = {
        "shapeMU": (VERTICES * 1e4).reshape(-1, 1).astype(np.float32),
        "shapePC": UNIT[:, :2].astype(np.float32),
        "shapeEV": DEVIATIONS[:, None] * 1e4,
        "texMU": (COLOUR * 255).reshape(-1, 1),
        "texPC": UNIT[:, :2],
        "texEV": DEVIATIONS[:, None],
        "tl": (TRIANGLES[:, [0, 2, 1]] + 1).astype(float),
        "segMM": scipy.sparse.eye(5).tocsc(),
        "note": "text is passed over",
    }
    scipy.io.savemat(path, arrays | changes, do_compression=True)


def lsfm(path: Path, **changes: Any) -> None:
    arrays = {
        "mean": VERTICES.reshape(1, -1) * 10,
        "components": UNIT[:, :2],
        "eigenvalues": (DEVIATIONS[None] * 10) ** 2,
        "trilist": TRIANGLES,
        "n_training_samples": 9663,
    }
    scipy.io.savemat(path, arrays | changes)


def basel_2017(path: Path, **changes: Any) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        parts = {"shape": (VERTICES * 10, 0), "expression": (0 * VERTICES, 2), "color": (COLOUR, 0)}
        for part, (mean, first) in parts.items():
            file[f"{part}/model/mean"] = mean.reshape(-1).astype(np.float32)
            basis = UNIT[:, first : first + 2].astype(np.float32)
            file.create_dataset(f"{part}/model/pcaBasis", data=basis, compression="gzip")
            file[f"{part}/model/pcaVariance"] = (DEVIATIONS * 10) ** 2
            file[f"{part}/representer/cells"] = TRIANGLES.T
            file[f"{part}/representer/points"] = (VERTICES * 10).T
        file["metadata/landmarks/json"] = "[]"
        for name, value in changes.items():
            place = name.replace("__", "/")
            if place in file:
                del file[place]
            file[place] = value


def flame_arrays() -> dict[str, Any]:
    """FLAME's arrays: vertices 0 and 1 are the eyes', 2 to 5 the jaw's."""
    weights = np.zeros((COUNT, 5))
    weights[0, 3] = weights[1, 4] = 1
    weights[2:6, 2] = 1
    weights[6:, 0] = 1
    regressor = np.zeros((5, COUNT))
    regressor[range(5), [6, 7, 8, 0, 1]] = 1
    shapes = np.zeros((COUNT, 3, 302))
    shapes[..., :2] = displacements(0).transpose(1, 2, 0) / 100
    shapes[..., 300:] = displacements(2).transpose(1, 2, 0) / 100
    return {
        "v_template": VERTICES / 100,
        "shapedirs": shapes,
        "f": TRIANGLES.astype(np.uint32),
        "weights": weights,
        "J_regressor": regressor,
        "posedirs": np.zeros((COUNT, 3, 36)),
        "kintree_table": np.array([[4294967295, 0, 1, 1, 1], [0, 1, 2, 3, 4]]),
    }


@contextmanager
def pretended_chumpy() -> Iterator[type]:
    """A class that pickles as `chumpy.ch.Ch` does: by its attributes."""
    module = types.ModuleType("chumpy.ch")

    class Ch:
        def __init__(self, x: np.ndarray) -> None:
            self.x = x

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    module.Ch = Ch  # type: ignore[attr-defined]
    before = dict(sys.modules)
    sys.modules.update({"chumpy": types.ModuleType("chumpy"), "chumpy.ch": module})
    try:
        yield Ch
    finally:
        for name in ("chumpy", "chumpy.ch"):
            sys.modules.pop(name) if name not in before else None


def flame_pickle(path: Path, protocol: int = 2) -> None:
    arrays = flame_arrays()
    with pretended_chumpy() as chumpy:
        for name in ("shapedirs", "posedirs", "v_template"):
            arrays[name] = chumpy(arrays[name])
        arrays["J_regressor"] = scipy.sparse.csc_matrix(arrays["J_regressor"])
        path.write_bytes(pickle.dumps(arrays, protocol=protocol))


def flame_npz(path: Path) -> None:
    np.savez(path, **flame_arrays())


def generic(path: Path, **changes: Any) -> None:
    rows = [f"v {x} {y} {z}" for x, y, z in VERTICES] + [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in TRIANGLES]
    path.write_text("\n".join(rows))
    arrays = {"identity": displacements(0), "expression": displacements(2), "expression_names": np.array(["a", "b"])}
    np.savez(path.with_suffix(".npz"), **(arrays | changes))


@dataclass(frozen=True)
class Layout:
    """How a layout is written, and what its reader makes of it."""

    file: str
    write: Any
    format: str
    scale: float
    """The file's units in a centimetre."""


LAYOUTS = (
    Layout("01_MorphableModel.mat", basel_2009, "basel-2009", 1e4),
    Layout("all_all_all.mat", lsfm, "lsfm", 10),
    Layout("model2017-1_bfm_nomouth.h5", basel_2017, "basel-2017", 10),
    Layout("generic_model.pkl", flame_pickle, "flame", 0.01),
    Layout("flame.npz", flame_npz, "flame", 0.01),
    Layout("mine.obj", generic, "mesh", 1),
)
