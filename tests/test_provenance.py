"""Every kind of file says where it comes from, and can be asked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

import affectface
from affectface.affect import ActionUnits, AffectPath, Expression, ValenceArousal
from affectface.clips import write_clip
from affectface.errors import ImageError
from affectface.images import WRITABLE, write_image
from affectface.metadata import read_provenance
from affectface.provenance import Provenance, describe, write_sidecar

IMAGE = np.full((20, 30, 3), 128, np.uint8)
PROVENANCE = Provenance(
    asked={"expression": "happiness", "intensity": 0.5}, models={"face model": 'embedded "ü" <&> \N{GRINNING FACE}'}
)


@pytest.mark.parametrize("suffix", WRITABLE)
def test_images(tmp_path: Path, suffix: str) -> None:
    write_image(tmp_path / f"x{suffix}", IMAGE, PROVENANCE)
    assert read_provenance(tmp_path / f"x{suffix}") == PROVENANCE
    with PIL.Image.open(tmp_path / f"x{suffix}") as picture:
        packet = picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"].encode()
    assert b"digitalsourcetype/compositeWithTrainedAlgorithmicMedia" in packet


@pytest.mark.parametrize("name", ["x.mp4", "x.gif", "x.webp", "folder"])
def test_clips(tmp_path: Path, name: str) -> None:
    write_clip(tmp_path / name, [IMAGE, IMAGE // 2], 10, PROVENANCE)
    assert read_provenance(tmp_path / name) == PROVENANCE


def test_sidecar(tmp_path: Path) -> None:
    sidecar = write_sidecar(tmp_path / "x.png", PROVENANCE)
    assert sidecar.name == "x.png.json"
    assert Provenance.from_json(sidecar.read_text(encoding="utf-8")) == PROVENANCE
    assert json.loads(sidecar.read_text(encoding="utf-8"))["synthetic"] is True


def test_version_is_that_of_the_package() -> None:
    assert Provenance().version == affectface.__version__


@given(
    st.dictionaries(st.text(), st.text()), st.dictionaries(st.text(), st.floats(allow_nan=False, allow_infinity=False))
)
def test_json_returns_the_value(models: dict[str, str], asked: dict[str, float]) -> None:
    provenance = Provenance(asked=asked, models=models)
    assert Provenance.from_json(provenance.to_json()) == provenance


@pytest.mark.parametrize("text", ["", "1", "[]", "{}", '{"software": "affectface"}', "{", '{"software": "other"}'])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Provenance.from_json(text)


def test_files_without_provenance(tmp_path: Path) -> None:
    PIL.Image.fromarray(IMAGE).save(tmp_path / "plain.png")
    with pytest.raises(ImageError, match="says nothing of affectface"):
        read_provenance(tmp_path / "plain.png")
    (tmp_path / "x.mp4").write_bytes(b"no clip")
    (tmp_path / "x.png").write_bytes(b"no image")
    for name in ("x.mp4", "x.png", "missing.png", "missing.mp4"):
        with pytest.raises(ImageError, match="cannot be read"):
            read_provenance(tmp_path / name)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="without PNG frames"):
        read_provenance(tmp_path / "empty")


def test_describe() -> None:
    assert describe(Expression("awed")) == {"expression": "awed", "intensity": 1.0}
    assert describe(ValenceArousal(0.5, -0.25), intensity=0.5) == {"valence": 0.5, "arousal": -0.25, "intensity": 0.5}
    assert describe(ActionUnits({12: 1}))["action_units"] == {"12": 1.0}
    assert describe(AffectPath([(0, 0), (1, 0.5)]))["path"] == [[0, 0, 0], [1, 1, 0.5]]
