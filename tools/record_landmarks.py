"""Record what MediaPipe 0.10.21 itself finds in the shared photographs, for the tests to compare with.

Run in an environment with ``mediapipe==0.10.21`` (Python 3.12 or older, numpy 1)::

    python tools/record_landmarks.py ../shared/faces tests/landmarks/data/mediapipe_0_10_21.npz

Only numbers are written: the photos' names relative to the folder, and for each its 478 landmarks in pixels.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import mediapipe
import numpy as np

FOLDERS = ("london/neutral", "london/smiling", "lisa", "zoom")


def main() -> None:
    """Record every photo of the folders that stand in `FOLDERS`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    names, landmarks = [], []
    with mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True) as mesh:
        for path in (p for folder in FOLDERS for p in sorted((arguments.faces / folder).glob("*.jpg"))):
            image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            found = mesh.process(image).multi_face_landmarks
            if not found:
                print("no face:", path)
                continue
            height, width = image.shape[:2]
            points = np.array([(p.x, p.y, p.z) for p in found[0].landmark])
            names.append(path.relative_to(arguments.faces).as_posix())
            landmarks.append(points * (width, height, width))
    np.savez_compressed(arguments.output, names=np.array(names), landmarks=np.array(landmarks, dtype=np.float32))
    print(f"{len(names)} photos -> {arguments.output}")


if __name__ == "__main__":
    main()
