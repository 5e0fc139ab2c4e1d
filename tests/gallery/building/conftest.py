"""Small galleries with known answers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affectface.gallery.store import Gallery, Sequence, create_gallery, make_labels, open_gallery

UNITS = ("jawOpen", "mouthSmile_L", "mouthSmile_R", "ownUnit")
FRAMES = 40


def people_gallery(path: Path, people: int = 5, sessions: int = 2, seed: int = 0) -> Gallery:
    """Everybody has a face of their own in each session; labels wander over the plane, some frames are left out."""
    rng = np.random.default_rng(seed)
    with create_gallery(path, "strengths", unit_names=UNITS, topology="embedded") as writer:
        for person in range(people):
            for session in range(sessions):
                own = rng.normal(0, 0.3, 4)
                for task in range(2):
                    start = rng.uniform(-0.6, 0.6, 2)
                    ramp = np.clip(np.linspace(-0.3, 1.2, FRAMES), 0, 1)
                    points = ramp[:, None] * start
                    values = own + points @ rng.normal(0, 1, (2, 4)) + rng.normal(0, 0.01, (FRAMES, 4))
                    left_out = ["blurred" if k % 17 == 5 else "" for k in range(FRAMES)]
                    values[[bool(reason) for reason in left_out]] = np.nan
                    shown = [("neutral", "happiness", "")[min(int(2 * r), 1) if r < 1 else task] for r in ramp]
                    writer.add(
                        Sequence(
                            f"p{person}_s{session}_t{task}", f"p{person}", f"s{session}", f"t{task}", 25.0, FRAMES
                        ),
                        [values.astype(np.float32)],
                        left_out=left_out,
                        labels=make_labels(
                            FRAMES,
                            valence=points[:, 0].astype(np.float32),
                            arousal=points[:, 1].astype(np.float32),
                            expression=tuple(shown),
                        ),
                    )
    return open_gallery(path)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Five people, two sessions each."""
    return people_gallery(tmp_path_factory.mktemp("galleries") / "small.gallery")


@pytest.fixture
def make_gallery(tmp_path: Path) -> Callable[..., Gallery]:
    """Writes strengths of people as a gallery: (subject@session, strengths, labels) each."""

    def make(rows: list[tuple[str, np.ndarray, dict[str, object]]], units: tuple[str, ...] = UNITS) -> Gallery:
        path = tmp_path / "made.gallery"
        with create_gallery(path, "strengths", unit_names=units, topology="embedded") as writer:
            for number, (subject, values, labels) in enumerate(rows):
                who, _, session = subject.partition("@")
                sequence = Sequence(f"q{number:03}", who, session, "", 25.0, len(values))
                writer.add(sequence, [values.astype(np.float32)], labels=make_labels(len(values), **labels))  # type: ignore[arg-type]
        return open_gallery(path)

    return make
