"""Every example runs, and leaves pictures that open and differ from the photo."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from affectface.affect import Expression
from affectface.assets.example import example_photo
from affectface.gallery.affect_model_files import load_affect_model
from affectface.gallery.library import load_named_affect_model
from affectface.images import read_image
from affectface.morphable import load_face_model
from affectface.provenance import Provenance

EXAMPLES = Path(__file__).parents[1] / "examples"

WRITTEN = {
    "01_one_expression": ("01_surprise.png",),
    "02_valence_arousal_plane": (
        "02_pleasant_excited.png",
        "02_plane.png",
        "02_serene.png",
        "02_unpleasant_calm.png",
    ),
    "03_action_units": ("03_brow_lowerer.png", "03_half_a_smile.png", "03_smile.png", "03_wink.png"),
    "04_a_clip": ("04_path.mp4", "04_sadness_to_happiness.gif"),
    "05_fit_and_mesh": ("05_face.glb", "05_fit.json", "05_overlay.png", "05_texture.png", "05_frontal.png"),
    "06_your_own_face_model": ("06_shipped.png", "06_strong_brows.npz", "06_strong_brows.png"),
    "07_group_photo": ("07_group.png",),
    "08_own_affect_model": ("08_expressions.png", "08_happiness.png", "08_three_people.npz"),
}


def test_every_example_is_tested() -> None:
    assert sorted(path.stem for path in EXAMPLES.glob("*.py")) == sorted(WRITTEN)


@pytest.mark.parametrize("name", WRITTEN)
def test_example(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = EXAMPLES / f"{name}.py"
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path / "out")])
    runpy.run_path(str(script), run_name="__main__")
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert written == sorted(WRITTEN[name])
    pictures = [_check(tmp_path / "out" / file) for file in written]
    assert len(set(filter(None, pictures))) == sum(picture is not None for picture in pictures)  # no two are the same


def _check(path: Path) -> bytes | None:
    """Check that one file opens and is not the photo itself; return the pixels of a picture."""
    photo = read_image(example_photo())
    match path.suffix:
        case ".png":
            image = read_image(path)
            with PIL.Image.open(path) as picture:
                assert Provenance.from_json(picture.info["affectface"]).asked
            if image.shape[0] == photo.shape[0]:
                assert (image[:, : photo.shape[1]] != photo).any()
            return image.tobytes()
        case ".gif":
            with PIL.Image.open(path) as clip:
                first = np.asarray(clip.convert("RGB")).astype(int)
                clip.seek(clip.n_frames - 1)
                assert np.abs(np.asarray(clip.convert("RGB")) - first).max() > 40
        case ".mp4":
            import av

            with av.open(str(path)) as container:
                frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
            assert len(frames) == 50
            assert np.abs(frames[25] - frames[0]).max() > 40
        case ".glb":
            trimesh = pytest.importorskip("trimesh")
            assert len(trimesh.load(path, force="mesh").vertices) > 1000
        case ".npz" if path.stem == "08_three_people":
            built, shipped = load_affect_model(path), load_named_affect_model()
            happiness = Expression("happiness")
            assert built.provenance["people"] == 3
            assert 0.3 < built.strengths(happiness)["mouthSmile_L"] < 1.5
            assert built.strengths(happiness) != shipped.strengths(happiness)
            assert built.strengths(Expression("fear")) == shipped.strengths(Expression("fear"))
        case ".npz":
            assert load_face_model(path).name == "strong-brows"
        case ".json":
            assert '"face_model"' in path.read_text(encoding="utf-8")
        case suffix:
            pytest.fail(f"an example wrote a {suffix} file")
    return None
