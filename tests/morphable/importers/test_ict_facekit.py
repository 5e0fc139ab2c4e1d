"""ICT-FaceKit, packed and in its native layout."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import ModelFileError
from affectface.morphable import REGIONS
from affectface.morphable.importers.ict_facekit import import_ict_facekit
from affectface.morphable.portrait_drawing import portrait_camera
from affectface.morphable.visibility import triangle_buffer


@pytest.fixture(scope="module")
def packed(ict_folder: Path):
    return import_ict_facekit(ict_folder / "ict_facekit_light.npz")


def test_parts_and_sides(packed) -> None:
    assert len(packed.expression_names) == 53
    assert len(packed.identity) == 100
    for region in REGIONS:
        assert packed.region(region).any(), region
    left = packed.vertices[packed.triangles[packed.region("eye_left")]]
    assert left[..., 0].min() > 0
    for name, shape in zip(packed.expression_names, packed.expression, strict=True):
        if name[-2:] in ("_L", "_R"):
            weight = (shape**2).sum(1)
            assert (weight @ packed.vertices[:, 0] > 0) == name.endswith("_L"), name


def test_the_lower_teeth_follow_the_jaw(packed) -> None:
    jaw = np.linalg.norm(packed.expression[packed.expression_names.index("jawOpen")], axis=1)
    assert jaw[packed.triangles[packed.region("teeth_upper")]].max() < 0.01
    assert jaw[packed.triangles[packed.region("teeth_lower")]].min() > 1


def test_triangles_are_seen_from_outside(packed) -> None:
    pixels = portrait_camera(packed, size=256).project(packed.vertices)
    seen, _ = triangle_buffer(pixels, packed.triangles, (256, 256))
    corners = pixels[packed.triangles[np.unique(seen[seen >= 0])], :2]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert (first[:, 0] * second[:, 1] < first[:, 1] * second[:, 0]).mean() > 0.97  # pixels count downwards


def test_the_eyes_turn(packed) -> None:
    eye = np.unique(packed.triangles[packed.region("eye_left")])
    pupil = eye[packed.vertices[eye, 2].argmax()]
    for name, axis, sign in (("eyeLookOut_L", 0, 1), ("eyeLookIn_L", 0, -1), ("eyeLookUp_L", 1, 1)):
        assert packed.expression[packed.expression_names.index(name), pupil, axis] * sign > 0.3
    assert not packed.expression[packed.expression_names.index("eyeLookUp_R"), pupil].any()


def test_native_layout_says_the_same(packed, ict_folder: Path) -> None:
    native = import_ict_facekit(ict_folder / "native_sample")
    assert native.expression_names == ("jawOpen", "mouthSmile_L")
    np.testing.assert_array_equal(native.vertices, packed.vertices)
    np.testing.assert_array_equal(native.triangles, packed.triangles)
    np.testing.assert_array_equal(native.triangle_regions, packed.triangle_regions)
    np.testing.assert_allclose(native.identity, packed.identity[:2], atol=1e-3)


@pytest.mark.parametrize("missing", ["generic_neutral_mesh.obj", "vertex_indices.json", "identity*.obj"])
def test_essentials_missing(ict_folder: Path, tmp_path: Path, missing: str) -> None:
    for file in (ict_folder / "native_sample").iterdir():
        if not file.match(missing):
            shutil.copyfile(file, tmp_path / file.name)
    with pytest.raises(ModelFileError, match=r"missing|no identity"):
        import_ict_facekit(tmp_path)


def test_another_npz_and_damaged_files(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with pytest.raises(ModelFileError, match="no such file"):
        import_ict_facekit(path)
    np.savez(path, vertices=np.zeros((3, 3)))
    with pytest.raises(ModelFileError, match="missing"):
        import_ict_facekit(path)
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ModelFileError, match="not a readable"):
        import_ict_facekit(path)
    (tmp_path / "generic_neutral_mesh.obj").write_text("v 1 2 x\nf 1/1 2/2\n")
    (tmp_path / "vertex_indices.json").write_text('{"idx_to_landmark_verts": []}')
    with pytest.raises(ModelFileError, match="not an OBJ"):
        import_ict_facekit(tmp_path)
