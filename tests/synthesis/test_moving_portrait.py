"""A film in, the same person with another affect out."""

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from affectface.affect import AffectPath, Expression
from affectface.arrays import Image
from affectface.assets.example import example_photo
from affectface.cli.app import app
from affectface.clips import open_film
from affectface.errors import FaceNotFoundError, ImageError
from affectface.fitting.face_fit import interocular_distance
from affectface.images import read_image
from affectface.landmarks import detect_faces
from affectface.metadata import read_provenance
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.config import SynthesisConfig
from affectface.synthesis.moving_portrait import MovingPortrait

FRAMES, FPS, RATE = 14, 10, 16_000


def moving(count: int = FRAMES) -> list[Image]:
    """Return frames in which the example portrait sways, nods and comes nearer, with a camera's noise."""
    photo, rng = read_image(example_photo())[:360, 60:400], np.random.default_rng(0)
    frames = []
    for number in range(count):
        t = number / max(count - 1, 1)
        turn = cv2.getRotationMatrix2D((170, 150), 8 * np.sin(2 * np.pi * t), 1 + 0.08 * t)
        turn[:, 2] += (10 * np.sin(2 * np.pi * t), 5 * t)
        frame = cv2.warpAffine(photo, turn, (340, 360), borderMode=cv2.BORDER_REPLICATE)
        frames.append(np.clip(frame + rng.normal(0, 1.5, frame.shape), 0, 255).astype(np.uint8))
    return frames


def write_film(path: Path, frames: list[Image], *, sound: bool) -> None:
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream("libx264", rate=FPS, options={"crf": "12"})
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        audio: Any = container.add_stream("aac", rate=RATE) if sound else None
        for frame in frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(video.encode(None))
        if audio is not None:
            tone = np.sin(np.arange(RATE * len(frames) // FPS) * 2 * np.pi * 440 / RATE).astype(np.float32)
            for start in range(0, len(tone) - 1023, 1024):
                samples = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], format="fltp", layout="mono")
                samples.sample_rate, samples.pts = RATE, start
                container.mux(audio.encode(samples))
            container.mux(audio.encode(None))


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "ann.mp4"
    write_film(path, moving(), sound=True)
    return path


@pytest.fixture(scope="module")
def person(film: Path) -> MovingPortrait:
    return MovingPortrait.open(film, face_model=load_named_face_model("embedded"))


def gap(image: Image) -> float:
    """Return how far the lips are apart, in inter-ocular distances."""
    landmarks = detect_faces(image, max_faces=1)[0].landmarks
    return float(np.linalg.norm(landmarks[13] - landmarks[14])) / interocular_distance(landmarks)


def test_every_frame_shows_the_affect(person: MovingPortrait) -> None:
    surprised = list(person.transition(Expression("surprise"), Expression("surprise")))
    originals = list(person.film.frames())
    assert len(surprised) == len(originals) == FRAMES
    for before, after in zip(originals, surprised, strict=True):
        assert after.shape == before.shape
        assert gap(after) > gap(before) + 0.1
        assert (after[:8] == before[:8]).all()  # the background is the film's


def test_a_path_takes_the_whole_film(person: MovingPortrait) -> None:
    gaps = [gap(frame) for frame in person.animate(AffectPath([(0, 0), (0.34, 0.94)]))]
    assert np.mean(gaps[-3:]) > np.mean(gaps[:3]) + 0.1


def test_the_face_does_not_tremble(person: MovingPortrait) -> None:
    """What is not the head's own movement changes slowly from frame to frame."""
    gaps = np.array([gap(frame) for frame in person.transition(Expression("surprise"), Expression("surprise"))])
    assert np.abs(np.diff(gaps, n=2)).max() < 0.08


def test_what_is_there_can_be_kept(film: Path) -> None:
    model = load_named_face_model("embedded")
    keeping = MovingPortrait.open(film, face_model=model, config=SynthesisConfig(keep_expression=True))
    kept = next(keeping.transition(Expression("neutral"), Expression("neutral")))
    np.testing.assert_array_equal(kept, next(keeping.film.frames()))


def test_frames_without_a_face_pass_unchanged(tmp_path: Path, person: MovingPortrait) -> None:
    frames = moving(6)
    frames[3] = np.full_like(frames[3], 90)
    write_film(tmp_path / "gap.mp4", frames, sound=False)
    opened = MovingPortrait.open(tmp_path / "gap.mp4", face_model=person.face_model)
    made = list(opened.transition(Expression("surprise"), Expression("surprise")))
    originals = list(opened.film.frames())
    np.testing.assert_array_equal(made[3], originals[3])
    assert gap(made[4]) > gap(originals[4]) + 0.1


def test_the_command_copies_the_sound(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    arguments = ["animate", str(film), "-o", str(out), "--from", "anger", "--to", "anger", "--model", "embedded"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    with av.open(str(out)) as container, av.open(str(film)) as source:
        assert container.streams.video[0].frames == FRAMES
        packets, originals = ([bytes(p) for p in c.demux(audio=0) if p.dts is not None] for c in (container, source))
        assert packets == originals
        assert len(packets) > 10
    assert read_provenance(out).asked["from"] == "anger"
    assert CliRunner().invoke(app, [*arguments, "--seconds", "3"]).exit_code == 2


def test_bad_films(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a film", encoding="utf-8")
    for path in (tmp_path / "text.mp4", tmp_path / "missing.mp4"):
        with pytest.raises(ImageError, match=path.name):
            open_film(path)
    write_film(tmp_path / "grey.mp4", [np.full((64, 64, 3), 90, np.uint8)] * 4, sound=False)
    with pytest.raises(FaceNotFoundError, match="no frame"):
        MovingPortrait.open(tmp_path / "grey.mp4", face_model=load_named_face_model("embedded"))
