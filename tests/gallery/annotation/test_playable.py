"""Videos and galleries as clips that every browser plays."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from affectface.errors import AnnotationError, GalleryError
from affectface.gallery.annotation.playable import playable_videos
from affectface.gallery.annotation.playable_gallery import playable_gallery
from affectface.gallery.annotation.viewing_copy import plays_everywhere, probe
from affectface.gallery.store import Scan, Sequence, Template, create_gallery
from affectface.morphable.library import load_named_face_model


def write_film(path: Path, codec: str, *, sound: str = "", rate: int = 25, frames: int = 20) -> None:
    """Write a film in which a bright square walks to the right; its sound starts first."""
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        if sound:
            stream: Any = container.add_stream(sound, rate=8000)
            tone = (3000 * np.sin(np.arange(8000 * frames // rate) / 9)).astype(np.int16)[None]
            piece = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            piece.sample_rate, piece.pts, piece.time_base = 8000, 0, Fraction(1, 8000)
            container.mux(stream.encode(piece))
            container.mux(stream.encode(None))
        for number in range(frames):
            image = np.full((64, 96, 3), 30, np.uint8)
            image[20:40, 4 * number : 4 * number + 16] = 230
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode(None))


def shown(path: Path) -> tuple[list[float], list[np.ndarray]]:
    """Return the times and the frames of a film."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return [float(frame.time or 0) for frame in frames], [frame.to_ndarray(format="rgb24") for frame in frames]


def test_what_plays_is_left_alone_and_the_rest_is_copied_once(tmp_path: Path) -> None:
    films = tmp_path / "films"
    (films / "below").mkdir(parents=True)
    write_film(films / "a.mp4", "libx264")
    write_film(films / "below" / "b.avi", "mpeg4", sound="pcm_s16le", rate=20)
    write_film(films / "a.mkv", "libx264")
    (films / "broken.mp4").write_bytes(b"no film")
    (films / "note.txt").write_text("x")
    clips = films / "traces" / "clips"
    found, left_out = playable_videos(films, clips)
    assert [one.name for one in found] == ["a.mkv", "a.mp4", "below/b"]
    assert len(left_out) == 1
    assert "broken.mp4" in left_out[0]
    assert found[1].ready
    assert found[1].make is None
    assert found[1].path == films / "a.mp4"
    copied = found[2]
    assert copied.make is not None
    assert not copied.ready
    steps: list[int] = []
    copied.make(steps.append)
    assert sum(steps) == 20
    assert plays_everywhere(probe(copied.path))
    assert probe(copied.path).sound == "aac"
    before, after = shown(films / "below" / "b.avi"), shown(copied.path)
    np.testing.assert_allclose(after[0], np.array(before[0]) - before[0][0], atol=1e-3)
    assert max(np.abs(a.astype(int) - b.astype(int)).mean() for a, b in zip(before[1], after[1], strict=True)) < 4
    assert [one.name for one in playable_videos(films, clips)[0]] == ["a.mkv", "a.mp4", "below/b"]  # not the copies
    os.utime(films / "below" / "b.avi", (1, 1))
    assert not playable_videos(films, clips)[0][2].ready  # another film is copied anew


def test_nothing_to_play(tmp_path: Path) -> None:
    for path, message in ((tmp_path, "no video in it"), (tmp_path / "none", "is not there")):
        with pytest.raises(AnnotationError, match=message):
            playable_videos(path, tmp_path / "clips")
    (tmp_path / "broken.mp4").write_bytes(b"no film")
    with pytest.raises(AnnotationError, match=r"broken\.mp4: cannot be read"):
        playable_videos(tmp_path / "broken.mp4", tmp_path / "clips")
    with pytest.raises(GalleryError):
        playable_gallery(tmp_path, tmp_path / "clips")


def test_strengths_and_meshes_and_scans_are_drawn(tmp_path: Path) -> None:
    model = load_named_face_model("embedded")
    opening = np.zeros((4, len(model.expression_names)), np.float32)
    opening[:, model.expression_names.index("jawOpen")] = [0, 0.3, 0.6, 0.9]
    meshes = np.stack([model.shape(None, strengths) for strengths in opening])
    meshes[1] = np.nan  # left out by registration
    face = model.triangles[model.region("face", "head")]
    scans = [
        Scan(
            vertices=mesh.astype(np.float32),
            triangles=face,
            colour=np.full((len(mesh), 3), (0.2, 0.4, 0.8), np.float32),
            uv=None,
            texture=None,
        )
        for mesh in (model.vertices, meshes[3])
    ]
    template = Template("embedded", model.vertices, model.triangles)
    plaster = Template("mine", model.vertices[::-1].copy(), len(model.vertices) - 1 - model.triangles)
    galleries: list[tuple[str, Any, list[Any], dict[str, Any]]] = [
        ("strengths", "strengths", [opening], {"unit_names": model.expression_names, "topology": "embedded"}),
        ("meshes", "meshes", [meshes], {"template": template}),
        ("plaster", "meshes", [meshes[:, ::-1].copy()], {"template": plaster}),
        ("scans", "scans", scans, {}),
    ]
    pictures = {}
    for name, form, blocks, settings in galleries:
        count = 2 if form == "scans" else 4
        reasons = tuple("no fit" if name in ("meshes", "plaster") and n == 1 else "" for n in range(count))
        with create_gallery(tmp_path / f"{name}.gallery", form, **settings) as writer:
            writer.add(Sequence("one", "p", "1", "t", 30.0, count), blocks, left_out=reasons)
        (playable,) = playable_gallery(tmp_path / f"{name}.gallery", tmp_path / "clips")
        assert playable.make is not None
        playable.make(lambda frames: None)
        times, pictures[name] = shown(playable.path)
        np.testing.assert_allclose(times, np.arange(count) / 30, atol=1e-3)
        assert playable.seconds == pytest.approx(count / 30)
        assert plays_everywhere(probe(playable.path))
        assert pictures[name][0].std() > 20
        (again,) = playable_gallery(tmp_path / f"{name}.gallery", tmp_path / "clips")
        assert again.ready

    def apart(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.abs(one.astype(int) - other.astype(int)).mean())

    for name in ("strengths", "meshes", "plaster"):
        assert apart(pictures[name][0], pictures[name][3]) > 1.5  # the mouth opens
    assert apart(pictures["meshes"][0], pictures["meshes"][1]) < 0.5  # the frame that was left out shows the one before
    assert apart(pictures["strengths"][3], pictures["meshes"][3]) < 0.5
    middle = pictures["scans"][0][200:300, 200:300].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(middle, [51, 102, 204], atol=12)
