"""The texture of the photo of a painted head is its paint."""

from dataclasses import replace

import numpy as np
import pytest
from painted_head import Painted, photograph

from affectface.morphable import FaceModel
from affectface.texturing.layout import texels, texture_layout
from affectface.texturing.openness import openness
from affectface.texturing.texture import FaceTexture, fit_texture

SIZE = 512


def textured(model: FaceModel, painted: Painted, **options: object) -> FaceTexture:
    return fit_texture(painted.image, painted.landmarks, model, painted.fit, size=SIZE, **options)  # type: ignore[arg-type]


def misses(model: FaceModel, painted: Painted, texture: FaceTexture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return by how much each texel's colour is off, how much it is the photo's, and its triangle."""
    cells = texels(texture.layout, SIZE)
    truth = cells.at(painted.colours, model.triangles)
    off = np.abs(texture.image[cells.row, cells.column] - truth).max(axis=1)
    return off, texture.visibility[cells.row, cells.column], cells.triangle


@pytest.mark.parametrize("yaw", [0.0, 35.0])
def test_where_the_photo_shows_it_the_paint_comes_back(model: FaceModel, yaw: float) -> None:
    painted = photograph(model, yaw)
    off, seen, triangle = misses(model, painted, textured(model, painted))
    skin = model.region("face")[triangle]
    assert (seen[skin] > 0.95).mean() > 0.3
    assert np.percentile(off[skin & (seen > 0.95)], 99) < 4


def test_the_side_that_is_turned_away_is_the_mirror_image_of_the_other(model: FaceModel) -> None:
    painted = photograph(model, 40)
    texture = textured(model, painted)
    off, seen, triangle = misses(model, painted, texture)
    middle = model.vertices[model.triangles[triangle]].mean(axis=1)
    hidden = (seen < 0.02) & model.region("face")[triangle]
    cheek = hidden & (middle[:, 2] > 7) & (np.abs(middle[:, 0]) > 3) & (np.abs(middle[:, 1]) < 3)
    assert cheek.sum() > 100
    assert np.median(off[cheek]) < 10


def test_no_background_and_no_black(model: FaceModel) -> None:
    painted = photograph(model, 25)
    texture = textured(model, painted)
    cells = texels(texture.layout, SIZE)
    skin = model.region("face", "head")[cells.triangle]
    colours = texture.image[cells.row, cells.column][skin].astype(int)
    assert not ((colours[:, 1] > 220) & (colours[:, 0] < 60)).any()
    open_ = cells.at(openness(model)[:, None], model.triangles)[skin, 0] > 0.3
    assert (colours[open_].sum(axis=1) > 150).all()
    assert (colours.sum(axis=1) > 20).all()
    assert ((texture.visibility >= 0) & (texture.visibility <= 1)).all()


def test_what_is_hidden_is_completed(model: FaceModel) -> None:
    painted = photograph(model)
    hidden = np.zeros(painted.image.shape[:2], dtype=bool)
    x, y = np.rint(painted.landmarks[50, :2]).astype(int)
    hidden[y - 40 : y + 40, x - 40 : x + 40] = True
    spoiled = painted.image.copy()
    spoiled[hidden] = (255, 0, 255)
    one = Painted(painted.colours, spoiled, painted.landmarks, painted.fit)
    texture = textured(model, one, hidden=hidden)
    off, seen, _ = misses(model, one, texture)
    whole = misses(model, painted, textured(model, painted))[1]
    lost = (whole > 0.9) & (seen == 0)
    assert lost.sum() > 500
    assert np.percentile(off[lost], 99) < 15


def test_the_same_twice(model: FaceModel) -> None:
    painted = photograph(model, 10)
    np.testing.assert_array_equal(textured(model, painted).image, textured(model, painted).image)


def test_wrong_arguments(model: FaceModel) -> None:
    painted = photograph(model)
    with pytest.raises(ValueError, match="size is 10; 64 to 8192"):
        fit_texture(painted.image, painted.landmarks, model, painted.fit, size=10)
    with pytest.raises(ValueError, match="hidden has shape"):
        fit_texture(painted.image, painted.landmarks, model, painted.fit, hidden=np.zeros((2, 2), bool))


def test_each_texel_lies_on_one_triangle_of_its_chart(model: FaceModel) -> None:
    layout = texture_layout(model)
    assert layout.uv.min() >= 0
    assert layout.uv.max() <= 1
    np.testing.assert_array_equal(layout.vertex[layout.triangles], model.triangles)
    corners = layout.uv[layout.triangles[layout.drawn]]
    across, down = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0]).sum() / 2
    covered = len(texels(layout, SIZE).row) / SIZE**2
    assert area == pytest.approx(covered, rel=0.05)  # charts that lie on each other would cover less
    assert covered > 0.4


def test_a_model_without_texture_coordinates(model: FaceModel) -> None:
    bare = replace(model, uv=np.zeros((1, 2), np.float32), uv_triangles=np.zeros_like(model.triangles))
    painted = photograph(bare)
    texture = textured(bare, painted)
    off, seen, triangle = misses(bare, painted, texture)
    cheek = bare.region("face")[triangle] & (seen > 0.95)
    assert cheek.mean() > 0.2
    assert np.percentile(off[cheek], 98) < 5
