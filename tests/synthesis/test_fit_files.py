"""What is written of a fit opens elsewhere and says what it is."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from affectface.assets.example import example_photo
from affectface.errors import ImageError
from affectface.images import read_image
from affectface.metadata import read_provenance
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.fit_files import draw_fit, portrait_texture, write_fit
from affectface.synthesis.portrait import Portrait


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return Portrait.open(example_photo(), face_model=load_named_face_model("embedded"))


def test_glb_opens_with_its_texture(portrait: Portrait, tmp_path: Path) -> None:
    write_fit(portrait, tmp_path / "face.glb", texture_size=256)
    (mesh,) = trimesh.load(tmp_path / "face.glb").geometry.values()
    texture = np.asarray(mesh.visual.material.baseColorTexture.convert("RGB"))
    np.testing.assert_array_equal(texture, portrait_texture(portrait, size=256).image)
    assert 0.15 < np.ptp(mesh.vertices[:, 0]) < 0.25  # metres
    nose = mesh.vertices[:, 2].argmax()
    u, v = mesh.visual.uv[nose]
    x, y = portrait.face.landmarks[4, :2].astype(int)
    on_nose = texture[int((1 - v) * 256), int(u * 256)].astype(int)
    assert np.abs(on_nose - portrait.image[y, x]).max() < 70


def test_the_end_of_the_name_says_what_a_picture_is(portrait: Portrait, tmp_path: Path) -> None:
    for what in ("texture", "visibility", "frontal"):
        write_fit(portrait, tmp_path / f"lisa_{what}.png", texture_size=128)
        picture = read_image(tmp_path / f"lisa_{what}.png")
        np.testing.assert_array_equal(picture, draw_fit(portrait, what, texture_size=128))  # type: ignore[arg-type]
        assert picture.shape == ((224, 224, 3) if what == "frontal" else (128, 128, 3))
    assert read_provenance(tmp_path / "lisa_texture.png").asked == {"fit": True}
    write_fit(portrait, tmp_path / "lisa.png")
    assert read_image(tmp_path / "lisa.png").shape == (1400, 1400, 3)


def test_obj_has_the_coordinates_of_the_texture(portrait: Portrait, tmp_path: Path) -> None:
    write_fit(portrait, tmp_path / "face.obj")
    mesh = trimesh.load(tmp_path / "face.obj", process=False)
    layout = portrait_texture(portrait, size=128).layout
    assert len(mesh.faces) == layout.drawn.sum()
    assert mesh.visual.uv.min() >= 0
    assert mesh.visual.uv.max() <= 1


def test_an_unknown_suffix(portrait: Portrait, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"unknown suffix '\.fbx'; use \.json, \.obj, \.glb or \.png"):
        write_fit(portrait, tmp_path / "face.fbx")
