"""File names of pictures say what was asked for."""

import pytest

from affectface.affect import DIRECTIONS
from affectface.errors import TargetError
from affectface.evaluation.targets import Target, direction_targets, expression_targets, parse_file_name


def test_every_name_is_read_back() -> None:
    targets = (*expression_targets(), *direction_targets())
    assert len(targets) == 1 + 6 * 4 + 28 * 4
    assert len({target.file_name for target in targets}) == len(targets)
    for target in targets:
        assert parse_file_name(f"my_photo_{target.file_name}") == ("my_photo", target)


@pytest.mark.parametrize(
    ("stem", "label", "strength"),
    [
        ("a_anger", "anger", 1.0),
        ("a_Anger_0.5", "anger", 0.5),
        ("a_neutral", "neutral", 1.0),
        ("a_v+0.60_a-0.80", None, None),
        ("a_v0.97_a0.13", "Happy", 0.98),
        ("a_v-0.00_a1.00", None, None),
        ("a_v+0.00_a+0.00", None, None),
        ("a_anger_1.5", None, None),
        ("anger", None, None),
        ("a_joy", None, None),
    ],
)
def test_names_of_other_tools(stem: str, label: str | None, strength: float | None) -> None:
    found = parse_file_name(stem)
    if label is None or strength is None:
        assert found is None
    else:
        assert found == ("a", Target(label, strength))


def test_a_target_is_one_of_those_evaluated() -> None:
    with pytest.raises(TargetError, match="joy"):
        Target("joy", 1.0)
    with pytest.raises(TargetError, match="strength"):
        Target("anger", 1.2)
    assert Target("AtEase", 0.5).is_direction
    assert all(Target(name, 1.0).affect.angle == pytest.approx(angle) for name, angle in DIRECTIONS.items())  # type: ignore[union-attr]
