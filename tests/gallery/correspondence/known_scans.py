"""A scan of which everything is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from affectface.morphable.looking import Shown

SMILE = {"mouthSmile_L": 0.8, "mouthSmile_R": 0.8, "cheekSquint_L": 0.6, "cheekSquint_R": 0.6, "jawOpen": 0.2}


@dataclass(frozen=True, eq=False)
class Case:
    """A scan and the true vertices of what was scanned, in the scan's axes."""

    scan: Shown
    truth: np.ndarray
