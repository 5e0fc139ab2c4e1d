"""The head's motion is found although the face moves too."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from affectface.gallery.correspondence.head_motion import head_motion
from affectface.gallery.correspondence.rigid import robust_motion
from affectface.gallery.correspondence.template import RegistrationTemplate, registration_template
from affectface.morphable.library import load_named_face_model

SHOWN = {
    "rest": {},
    "smile": {"mouthSmile_L": 1, "mouthSmile_R": 1, "cheekSquint_L": 0.8, "cheekSquint_R": 0.8},
    "surprise": {"browInnerUp_L": 1, "browInnerUp_R": 1, "browOuterUp_L": 1, "browOuterUp_R": 1, "jawOpen": 0.6},
}


@pytest.fixture(scope="module")
def template() -> RegistrationTemplate:
    return registration_template(load_named_face_model("embedded"))


@pytest.mark.parametrize("shown", SHOWN)
def test_a_nod_is_taken_out_and_the_expression_stays(template: RegistrationTemplate, shown: str) -> None:
    model, rng = template.model, np.random.default_rng(0)
    rest = model.shape(rng.normal(size=len(model.identity)).astype(np.float32))[template.skin].astype(np.float64)
    moved = model.deformation(model.expression_vector(SHOWN[shown]))[template.skin]
    turn = Rotation.from_euler("xyz", [6, -4, 2], degrees=True).as_matrix()
    frame = (rest + moved) @ turn.T + (0.3, -0.2, 0.5) + rng.normal(0, 0.01, rest.shape)
    truth = (frame - (0.3, -0.2, 0.5)) @ turn

    def off(placed: np.ndarray) -> float:
        return 10 * float(np.linalg.norm(placed - truth, axis=1)[template.face].mean())

    found = off(head_motion(template, frame, rest).apply(frame))
    assert found < 0.03  # mm
    if shown == "smile":
        most = robust_motion(frame, rest, template.areas * template.face, scale=0.08)
        assert off(most.apply(frame)) > 5 * found
