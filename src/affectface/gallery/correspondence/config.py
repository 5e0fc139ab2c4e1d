"""How scans are registered: every number that steers it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from affectface.gallery.correspondence.quality import QualityConfig

Method = Literal["flow", "uv-tps", "nicp"]
"""How a frame is brought to its reference: by landmarks, non-rigid ICP and optical flow of the unrolled skin; by the
thin plate spline of the unrolled picture, as Kollias 2020 did; or by landmarks and non-rigid ICP alone."""


@dataclass(frozen=True, kw_only=True)
class RegisterConfig:
    """How scans are registered. Stiffness is in cm⁴ (see `affectface.gallery.correspondence.elastic`)."""

    method: Method = "flow"
    """How frames are brought to their reference."""

    identity: bool = True
    """Whether the reference's template is first made similar to the person by the face model's identity components."""

    units: bool = True
    """Whether a frame's skin is moved by the face model's facial units before plates add the rest; not for `uv-tps`."""

    reference_steps: tuple[tuple[float, float, int], ...] = ((3.0, 0.4, 3), (0.3, 0.4, 3))
    """Stiffness, farthest closest point (cm) and rounds of the non-rigid ICP of a reference after its identity fit."""

    unfitted_steps: tuple[tuple[float, float, int], ...] = (
        (100.0, 2.0, 3),
        (10.0, 1.0, 3),
        (3.0, 0.6, 3),
        (1.0, 0.4, 3),
        (0.3, 0.4, 3),
    )
    """The same without an identity fit: the whole difference between two people is to be made up."""

    landmark_stiffness: float = 0.5
    """Stiffness of the plate that first follows a frame's landmarks; they are off by 2 mm, which it levels out."""

    landmark_pull: float = 0.5
    """How strongly each landmark draws, cm²: twice the area of skin around one."""

    frame_steps: tuple[tuple[float, float, int], ...] = ((1.0, 1.0, 2), (0.1, 0.6, 2))
    """Steps of the non-rigid ICP of a frame, before the flow."""

    flow_steps: tuple[tuple[float, float], ...] = ((0.1, 0.6), (0.02, 0.3), (0.02, 0.15))
    """Stiffness in each round of the flow, and its distance, cm, from the plate at which it is half believed. A softer
    plate follows the flow's noise; at first the flow may be far ahead of the plate, later that is an error."""

    settle_rounds: int = 4
    """How often a frame is drawn to what flow and scan say together, in each round."""

    last_stiffness: float = 0.01
    """Stiffness of the last steps without a flow."""

    tps_smoothing: float = 3.0
    """How far the thin plate spline ignores the landmarks' noise."""

    quality: QualityConfig = field(default_factory=QualityConfig)
    """What a frame must reach."""
