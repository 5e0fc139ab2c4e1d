"""Agreement with MediaPipe 0.10.21 on the shared photographs, and none of its faces where there is none."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from affectface.landmarks import detect_faces, topology

RECORDED = np.load(Path(__file__).parent / "data" / "mediapipe_0_10_21.npz")


def read(path: Path) -> np.ndarray:
    """Return a photo as the recording read it (``tools/record_landmarks.py``)."""
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


@pytest.mark.parametrize("name", RECORDED["names"].tolist())
def test_landmarks_agree_with_mediapipe(shared_faces: Path, name: str) -> None:
    theirs = RECORDED["landmarks"][RECORDED["names"].tolist().index(name)]
    (ours,) = detect_faces(read(shared_faces / name))
    eyes = np.linalg.norm(theirs[topology.LEFT_IRIS[0], :2] - theirs[topology.RIGHT_IRIS[0], :2])
    distances = np.linalg.norm(ours.landmarks[:, :2] - theirs[:, :2], axis=1) / eyes
    assert distances.mean() < 0.005
    assert np.abs(ours.landmarks[:, 2] - theirs[:, 2]).mean() < 0.01 * eyes


def test_photographs_without_a_face(shared_faces: Path) -> None:
    paths = sorted((shared_faces / "no_face").glob("*.jpg"))
    assert len(paths) == 4
    assert {path.name: detect_faces(read(path)) for path in paths} == {path.name: () for path in paths}
