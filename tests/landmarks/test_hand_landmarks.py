"""The palm detector and the hand network, as MediaPipe has them and on a hand that is drawn."""

from pathlib import Path

import numpy as np
import pytest
from drawn_hand import draw_hand

from affectface.assets.example import example_photo
from affectface.images import read_image
from affectface.landmarks.crop import Crop
from affectface.landmarks.hand_landmarks import detect_hands
from affectface.landmarks.sessions import Network, run

RECORDED = np.load(Path(__file__).parent / "data" / "hand_networks.npz")


def picture(size: int) -> np.ndarray:
    """Return waves of colour: the picture that was recorded (``tools/record_hand_networks.py``)."""
    y, x = np.mgrid[:size, :size] / size
    return np.uint8(np.rint(127 + 100 * np.sin(np.dstack([9 * x + 5 * y, 14 * y - 3 * x, 20 * x * y]))))


@pytest.mark.parametrize(("network", "size", "step"), [("palm", 128, 7), ("hand", 224, 1)])
def test_the_converted_networks_answer_as_mediapipe_does(network: Network, size: int, step: int) -> None:
    first, second = run(network, np.stack([picture(size), picture(size)[::-1]]))
    assert not np.allclose(first[0], first[1], atol=1)
    np.testing.assert_allclose(first[:1, ::step], RECORDED[f"{network}_first"], atol=2e-3)
    np.testing.assert_allclose(second[:1], RECORDED[f"{network}_second"], atol=1e-3)


@pytest.mark.parametrize("roll", [0.0, 0.8, -1.6, 3.0])
def test_a_drawn_hand_is_read_whichever_way_it_points(roll: float) -> None:
    up = np.array([np.sin(roll), -np.cos(roll)])
    wrist = np.array([320, 240]) - 100 * up
    drawn = draw_hand(np.full((480, 640, 3), (90, 110, 130), np.uint8), (wrist[0], wrist[1]), 1.2, roll)
    (hand,) = detect_hands(drawn.picture, Crop(320, 240, 640))
    off = np.linalg.norm(hand.landmarks[:, :2] - drawn.joints, axis=1) / 1.2
    assert off.mean() < 7  # millimetres
    assert hand.score > 0.9
    assert not hand.landmarks.flags.writeable


def test_what_is_no_hand() -> None:
    assert detect_hands(np.full((300, 300, 3), 128, np.uint8), Crop(150, 150, 300)) == ()
    photo = read_image(example_photo())
    for side in (150, 250, 400, 512):
        assert detect_hands(photo, Crop(225, 130, side)) == ()
