"""Assets by name: what ships is whole, what is added is what was published."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import affectface.morphable.library as library
from affectface.assets import ASSETS, asset_path, find_asset
from affectface.assets.ict_facekit import PACKED_SHA256, native_files
from affectface.errors import AssetError, ModelFileError
from affectface.files import sha256_of
from affectface.morphable import FaceModel, save_face_model
from affectface.morphable.library import add_ict_facekit, fingerprint, get_ict_facekit, load_named_face_model

PACKED = Path(__file__).parents[3] / "shared" / "models" / "ict-facekit" / "ict_facekit_light.npz"
needs_packed = pytest.mark.skipif(not PACKED.exists(), reason="../shared/models is not here")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AFFECTFACE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AFFECTFACE_ICT_URL", raising=False)
    return tmp_path / "home"


def unchanged(model: FaceModel) -> FaceModel:
    """Stand in for the landmark embedding, which takes long."""
    return model


@pytest.mark.parametrize("asset", [asset for asset in ASSETS if asset.shipped], ids=lambda asset: asset.name)
def test_what_ships_is_whole(asset) -> None:
    assert asset.there
    assert sha256_of(asset.path) == asset.sha256, "run tools/update_checksums.py after making an asset anew"
    assert asset.licence
    assert asset.origin


def test_unknown_and_missing() -> None:
    with pytest.raises(AssetError, match=r"unknown asset 'x'; known are embedded"):
        find_asset("x")
    with pytest.raises(AssetError, match="affectface assets get ict-facekit"):
        asset_path("ict-facekit")
    with pytest.raises(AssetError, match="affectface assets get ict-facekit"):
        load_named_face_model("ict-facekit")
    with pytest.raises(AssetError, match="unknown face model 'bert'"):
        load_named_face_model("bert")
    with pytest.raises(ModelFileError, match="no such file"):
        load_named_face_model("missing.npz")


def test_the_list_of_native_files() -> None:
    names = native_files()
    assert len(names) == len(set(names)) == 155
    assert {"generic_neutral_mesh.obj", "identity099.obj", "jawOpen.obj", "mouthSmile_L.obj"} <= set(names)


@needs_packed
def test_the_packed_file_is_added_and_preferred(home: Path) -> None:
    assert sha256_of(PACKED) == PACKED_SHA256
    added = add_ict_facekit(PACKED, unchanged)
    assert added == home / "ict-facekit.npz"
    model = load_named_face_model()
    assert model.name == "ict-facekit"
    assert fingerprint(model) == find_asset("ict-facekit").sha256
    assert library.check_ict_facekit()
    assert load_named_face_model("ict-facekit") is model


@needs_packed
def test_a_changed_or_incomplete_model_is_refused(tmp_path: Path, home: Path) -> None:
    arrays = dict(np.load(PACKED))
    changed = arrays | {"identity": arrays["identity"] + np.float16(0.01)}
    np.savez(tmp_path / "changed.npz", **changed)
    with pytest.raises(AssetError, match="another checksum"):
        add_ict_facekit(tmp_path / "changed.npz", unchanged)
    fewer = arrays | {"identity": arrays["identity"][:10]}
    np.savez(tmp_path / "fewer.npz", **fewer)
    with pytest.raises(AssetError, match="10 of 100 identity shapes"):
        add_ict_facekit(tmp_path / "fewer.npz", unchanged)
    with pytest.raises(AssetError, match="incomplete"):
        add_ict_facekit(PACKED.parent / "native_sample", unchanged)
    assert not find_asset("ict-facekit").there
    assert not home.exists() or not any(home.glob("*.npz"))


@needs_packed
def test_the_native_layout_has_the_same_numbers() -> None:
    """Only then is the fingerprint of the native files that of the packed ones."""
    from affectface.morphable.importers.ict_facekit import import_ict_facekit

    packed, native = import_ict_facekit(PACKED), import_ict_facekit(PACKED.parent / "native_sample")
    assert (packed.vertices == native.vertices).all()
    assert (native.identity.astype(np.float16) == packed.identity[:2].astype(np.float16)).all()
    rows = [packed.expression_names.index(name) for name in native.expression_names]
    assert (native.expression.astype(np.float16) == packed.expression[rows].astype(np.float16)).all()


class TestGetting:
    """The download without a network: files are served by a stand-in for `download`."""

    @pytest.fixture
    def fetched(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        urls: list[str] = []

        def serve(url: str, target: Path, **_: object) -> None:
            urls.append(url)
            if url.endswith("identity007.obj") and urls.count(url) == 1:
                raise AssetError("the connection broke off")
            target.parent.mkdir(parents=True, exist_ok=True)
            if url.endswith(".npz"):
                os.link(PACKED, target)
            else:
                target.write_text("stand-in")

        monkeypatch.setattr(library, "download", serve)
        return urls

    @needs_packed
    def test_a_packed_mirror(self, fetched: list[str], monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        monkeypatch.setattr(os, "link", __import__("shutil").copy)
        monkeypatch.setenv("AFFECTFACE_ICT_URL", "http://127.0.0.1/ict.npz")
        assert get_ict_facekit(unchanged) == home / "ict-facekit.npz"
        assert fetched == ["http://127.0.0.1/ict.npz"]
        assert list((home / "downloads" / "ict-facekit").iterdir()) == []

    def test_native_files_are_taken_up_again(self, fetched: list[str], home: Path) -> None:
        with pytest.raises(AssetError, match="broke off"):
            get_ict_facekit(unchanged, url="http://127.0.0.1/FaceXModel/")
        before = len(fetched)
        with pytest.raises(ModelFileError):  # everything arrived, but stand-ins are no model
            get_ict_facekit(unchanged, url="http://127.0.0.1/FaceXModel/")
        assert before + len(fetched[before:]) == 156
        assert fetched[0] == "http://127.0.0.1/FaceXModel/vertex_indices.json"
        assert not find_asset("ict-facekit").there


def test_a_path_of_ones_own(tmp_path: Path) -> None:
    if not find_asset("embedded").there:
        pytest.skip("the embedded face model is not baked yet")
    model = load_named_face_model("embedded")
    save_face_model(model, tmp_path / "mine.npz")
    assert load_named_face_model(tmp_path / "mine.npz").name == model.name
