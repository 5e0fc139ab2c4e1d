"""Networks that see how alike pictures look: what they are asked, and what is said where something is missing.

Most of it runs without torch, by a stand-in for it that only reads files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from affectface.arrays import Image
from affectface.errors import AssetError
from affectface.evaluation.inception import inception_shapes
from affectface.evaluation.lpips import alexnet_shapes, head_shapes
from affectface.evaluation.perceptual import LPIPS_SIDE, PERCEPTUAL, ROOM, Comparer, Describer, load_perceptual

FLAT = np.full((200, 200, 3), (60, 120, 180), dtype=np.uint8)


def landmarks() -> np.ndarray:
    points = np.full((478, 3), (100, 100, 0), dtype=np.float32)
    points[33, 0], points[263, 0] = 80, 120
    return points


# --- any function -----------------------------------------------------------------------------------------------------


def test_comparer_sees_the_same_square_of_both() -> None:
    seen: list[Image] = []
    mine = Comparer("mine", lambda a, b: seen.extend([a, b]) or 0.25, room=1.5)
    assert mine(FLAT, FLAT // 2, landmarks()) == 0.25
    assert [square.shape for square in seen] == [(120, 120, 3)] * 2
    assert seen[0][0, 0].tolist() == [60, 120, 180]
    assert seen[1][0, 0].tolist() == [30, 60, 90]


def test_describer_sees_the_square_of_its_room() -> None:
    mine = Describer("mine", lambda crop: np.array([len(crop), crop[0, 0, 2]]))
    np.testing.assert_array_equal(mine(FLAT, landmarks()), [round(2 * ROOM * 40), 180])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([0.1, 0.2], r"what mine answers has shape \(2,\); \(\) is needed"),
        (np.nan, "what mine answers has NaN"),
    ],
)
def test_senseless_differences_are_refused(answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Comparer("mine", lambda a, b: answer)(FLAT, FLAT, landmarks())


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (0.5, r"what mine answers has shape \(\); \(any\) is needed"),
        (np.zeros((1, 4)), r"what mine answers has shape \(1, 4\)"),
        ([np.inf, 0], "what mine answers has NaN or infinite"),
    ],
)
def test_senseless_descriptions_are_refused(answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Describer("mine", lambda crop: answer)(FLAT, landmarks())


# --- files ------------------------------------------------------------------------------------------------------------


def stand_in_torch(monkeypatch: pytest.MonkeyPatch, state: Any) -> None:
    """Put a torch into place whose files hold `state`, or raise it; torchmetrics' own file has what it has."""

    def load(file: str, *, map_location: str, weights_only: bool) -> Any:
        assert (map_location, weights_only) == ("cpu", True)
        if isinstance(state, Exception):
            raise state
        return shaped(head_shapes()) if Path(file).name == "alex.pth" else state

    torch = ModuleType("torch")
    torch.load, torch.nn = load, SimpleNamespace(functional=None)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setattr("affectface.evaluation.perceptual.package_file", lambda package, inside, install: Path(inside))
    monkeypatch.setattr(Path, "is_file", lambda path: path.suffix == ".pth" and path.stem != "none")


def shaped(shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    return {name: SimpleNamespace(shape=shape, float=lambda: None) for name, shape in shapes.items()}


@pytest.mark.parametrize("text", ["", "lpips", "lpips=", "LPIPS=x.pth", "fid=x.pth", "=x", "inception"])
def test_unknown_measure_names_those_that_are_known(text: str) -> None:
    with pytest.raises(
        AssetError, match=r"is no perceptual measure; there are lpips=PATH\.pth and inception=PATH\.pth"
    ):
        load_perceptual(text)


@pytest.mark.parametrize("name", sorted(PERCEPTUAL))
def test_missing_torch_says_how_to_install_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        AssetError, match=r"the module torch cannot be imported .* pip install torch torchmetrics"
    ) as said:
        load_perceptual(f"{name}=weights.pth")
    assert "\n" not in str(said.value)


def test_lpips_without_torchmetrics_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    monkeypatch.setattr("affectface.evaluation.recognisers.find_spec", lambda package: None)
    with pytest.raises(AssetError, match="the package torchmetrics is not installed; lpips=PATH"):
        load_perceptual("lpips=weights.pth")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (RuntimeError("Weights only load failed"), "not weights that torch loads without running code"),
        ([1, 2], "holds a list, not named weights"),
        ({}, r"there is no .*\.weight; \(.*\) is needed, as in (lpips|inception)=PATH\.pth"),
    ],
)
@pytest.mark.parametrize("name", sorted(PERCEPTUAL))
def test_other_files_are_refused(name: str, state: Any, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_torch(monkeypatch, state)
    with pytest.raises(AssetError, match=message):
        load_perceptual(f"{name}=weights.pth")


def test_a_missing_file_says_where_it_is_from(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_torch(monkeypatch, {})
    with pytest.raises(AssetError, match=r"none\.pth: no such file; needed is inception=PATH\.pth, .*github\.com"):
        load_perceptual("inception=none.pth")


def test_the_inception_of_torchvision_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_torch(monkeypatch, shaped(inception_shapes() | {"fc.weight": (1000, 2048)}))
    with pytest.raises(AssetError, match=r"fc\.weight has shape \(1000, 2048\); \(1008, 2048\) is needed"):
        load_perceptual("inception=inception_v3_google-0cc3c7bd.pth")


def test_networks_are_named_after_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_torch(monkeypatch, shaped(alexnet_shapes() | {"classifier.6.weight": (1000, 4096)}))
    lpips = load_perceptual("lpips=models/alexnet-owt-7be5be79.pth")
    assert isinstance(lpips, Comparer)
    assert lpips.name == "lpips-alexnet-owt-7be5be79"
    stand_in_torch(monkeypatch, shaped(inception_shapes()))
    inception = load_perceptual("inception=pt_inception.pth")
    assert isinstance(inception, Describer)
    assert inception.name == "inception-pt_inception"


# --- with torch -------------------------------------------------------------------------------------------------------


def test_lpips_of_a_file(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchmetrics")
    torch.manual_seed(0)
    file = tmp_path / "alexnet.pth"
    torch.save({name: torch.randn(shape) * 0.05 for name, shape in alexnet_shapes().items()}, file)
    lpips = load_perceptual(f"lpips={file}")
    assert isinstance(lpips, Comparer)
    picture = FLAT.copy()
    picture[90:110, 90:110] = 255
    assert lpips(FLAT, FLAT, landmarks()) == 0
    assert lpips(FLAT, picture, landmarks()) > 0
    # any size of photo is brought to one
    larger = np.repeat(np.repeat(picture, 2, axis=0), 2, axis=1)
    flat = np.repeat(np.repeat(FLAT, 2, axis=0), 2, axis=1)
    assert lpips(flat, larger, 2 * landmarks()) == pytest.approx(lpips(FLAT, picture, landmarks()), rel=0.3)
    assert LPIPS_SIDE == 256


def test_a_file_that_runs_code_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchmetrics")
    file = tmp_path / "hostile.pth"
    torch.save({"features.0.weight": SimpleNamespace(shape=(64, 3, 11, 11))}, file)
    with pytest.raises(AssetError, match="not weights that torch loads without running code"):
        load_perceptual(f"lpips={file}")
