"""How well 79 points are tracked through drawn sessions whose points are known, by whom.

Two people; three annotated frames each (neutral, smile and surprise at their apex); sequences of an expression that is
among them and of two that are not, with head motion, noise and a turning light. Prints per cent of the inter-ocular
distance; `steady` is what is left when each point's mean offset over the sequence is taken off, which is what counts
where frames are compared with each other. Run from the repository: python benchmarks/tracking.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "gallery" / "tracking"))

from drawn_session import Frame, Session, errors, eye_distance

from affectface.camera import Camera
from affectface.gallery.annotation.face_drawing import Sitter, draw_mesh
from affectface.gallery.tracking import (
    POINTS79,
    AppearanceConfig,
    AppearanceModel,
    build_appearance_model,
    expression_shapes,
    track,
)
from affectface.landmarks import detect_faces
from affectface.morphable.portrait_drawing import portrait_camera

PEOPLE, FRAMES = (1, 2), 12
SEQUENCES = ("smile", "anger", "sadness")


def built(
    frames: list[Frame], points: list[np.ndarray], session: Session, shapes: bool, **config: str
) -> AppearanceModel:
    """Build a model from frames and what is said about their points."""
    more = expression_shapes(session.model, session.unrolled, points[0]) if shapes else []
    return build_appearance_model(
        [frame.image for frame in frames],
        points,
        known=[frame.known for frame in frames],
        more_shapes=more,
        config=AppearanceConfig(**config),  # type: ignore[arg-type]
    )


def seen_from_front(session: Session, frame: Frame, camera: Camera) -> np.ndarray:
    """Return what the landmarker says on a drawing of the same face from the front, carried to the unrolled picture.

    It is carried over as its distance from where the points are known to be, in shares of the eyes' distance.
    """
    vertices = session.last
    points = session.model.at_landmarks(vertices)[list(POINTS79)]
    image = draw_mesh(Sitter(session.triangles, session.colour.astype(np.float32), camera), vertices)
    there = camera.project(points.astype(np.float32))[:, :2]
    found = detect_faces(image, max_faces=1)[0].landmarks[list(POINTS79), :2]
    return frame.points + (found - there) * eye_distance(frame.points) / eye_distance(there)


def judged(found: np.ndarray, frames: list[Frame]) -> np.ndarray:
    """Return mean and largest error, and the mean one that is left without each point's mean offset."""
    plain = errors(found, frames)
    offset = np.mean([one - frame.points for one, frame in zip(found, frames, strict=True)], axis=0)
    return np.array([plain.mean(), plain.max(), errors(found - offset, frames).mean()])


def main() -> None:
    """Print the table."""
    others = [
        Session(100 + person).frame({name: 1.0}) for person in range(6) for name in ("neutral", "smile", "surprise")
    ]
    rows: dict[str, dict[str, list[np.ndarray]]] = {}
    seconds: dict[str, list[float]] = {}
    for person in PEOPLE:
        session = Session(person)
        camera = portrait_camera(session.model, size=512)
        frames, automatic = [], []
        for name in ("neutral", "smile", "surprise"):
            frames.append(session.frame({name: 1.0}))
            automatic.append(seen_from_front(session, frames[-1], camera))
        true = [frame.points for frame in frames]
        models = {
            "person, 3 annotated frames": built(frames, true, session, False),
            "  and a model's expressions": built(frames, true, session, True),
            "  the same with SIFT": built(frames, true, session, True, look="sift"),
            "  the same with intensity": built(frames, true, session, True, look="intensity"),
            "person, 3 frames by landmarker": built(frames, automatic, session, True),
            "generic, 6 others": built(others, [frame.points for frame in others], session, True),
        }
        for name in SEQUENCES:
            shown, marks = [], []
            for frame in session.frames(name, FRAMES):
                shown.append(frame)
                marks.append(seen_from_front(session, frame, camera))
            rows.setdefault("landmarker on each frame", {}).setdefault(name, []).append(judged(np.stack(marks), shown))
            for label, model in models.items():
                begun = time.process_time()
                found = track(model, [(frame.image, frame.known) for frame in shown], marks[0])
                seconds.setdefault(label, []).append((time.process_time() - begun) / FRAMES)
                rows.setdefault(label, {}).setdefault(name, []).append(judged(found.points, shown))
    print(f"{'mean / largest / steady':34}" + "".join(f"{name:>20}" for name in SEQUENCES) + "   CPU s a frame")
    for label, row in rows.items():
        means = (np.mean(row[name], axis=0) for name in SEQUENCES)
        cells = "".join(
            f"{mean:10.2f} /{largest:5.2f} /{steady:5.2f}"[-20:].rjust(20) for mean, largest, steady in means
        )
        print(f"{label:34}{cells}{np.mean(seconds.get(label, [np.nan])):12.2f}")


if __name__ == "__main__":
    main()
