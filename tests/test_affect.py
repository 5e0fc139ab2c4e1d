"""What can be asked for, and what is refused with which words."""

from __future__ import annotations

import itertools
import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectface.action_unit_tables import ACTION_UNIT_SHAPES, UNSHAPED_ACTION_UNITS
from affectface.affect import (
    BASIC_EXPRESSIONS,
    COMPOUND_EXPRESSIONS,
    DIRECTIONS,
    EXPRESSIONS,
    WORDS,
    ActionUnits,
    AffectPath,
    Expression,
    ValenceArousal,
    word,
)
from affectface.affect_tables import DU_2014, EMFACS, FACS_1978
from affectface.errors import TargetError

inside = st.floats(-1, 1)


def check_taken_or_refused(make: Callable[[str], object], text: str) -> None:
    """Check that a text gives a value, or the typed error with a message of one line."""
    message = "one line"
    try:
        make(text)
    except TargetError as error:
        message = str(error)
    assert len(message.splitlines()) == 1


class TestValenceArousal:
    @given(inside, inside)
    def test_polar_form_returns_the_point(self, valence: float, arousal: float) -> None:
        point = ValenceArousal(valence, arousal)
        assert 0 <= point.angle < 360
        angle = math.radians(point.angle)
        assert point.strength * math.cos(angle) == pytest.approx(point.valence, abs=1e-9)
        assert point.strength * math.sin(angle) == pytest.approx(point.arousal, abs=1e-9)

    @given(st.floats(0, 360, exclude_max=True), st.floats(0.01, 1))
    def test_from_angle_is_the_inverse(self, degrees: float, strength: float) -> None:
        point = ValenceArousal.from_angle(degrees, strength)
        assert point.strength == pytest.approx(strength)
        assert abs((point.angle - degrees + 180) % 360 - 180) < 1e-6

    @given(inside, inside, st.floats(0, 1e6))
    def test_scaling_keeps_the_direction(self, valence: float, arousal: float, factor: float) -> None:
        point = ValenceArousal(valence, arousal)
        scaled = point.scaled(factor)
        assert scaled.valence * point.arousal == pytest.approx(scaled.arousal * point.valence, abs=1e-9)

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1.01, -1.01, None, "high", [1], 10**400])
    def test_outside_the_plane_is_refused(self, bad: object) -> None:
        with pytest.raises(TargetError, match=r"valence is .*\[-1, 1\] is needed"):
            ValenceArousal(bad, 0.0)  # type: ignore[arg-type]
        with pytest.raises(TargetError, match="arousal is"):
            ValenceArousal(0.0, bad)  # type: ignore[arg-type]

    @given(st.floats())
    def test_any_float_is_taken_or_refused(self, value: float) -> None:
        if -1 <= value <= 1:
            assert ValenceArousal(value, 0).valence == value
        else:
            with pytest.raises(TargetError):
                ValenceArousal(value, 0)


class TestExpression:
    def test_vocabulary(self) -> None:
        assert len(BASIC_EXPRESSIONS) == 6
        assert len(COMPOUND_EXPRESSIONS) == 15
        assert len(set(EXPRESSIONS)) == 24
        assert set(DU_2014) == {*BASIC_EXPRESSIONS, *COMPOUND_EXPRESSIONS}
        assert set(FACS_1978) == set(BASIC_EXPRESSIONS)
        assert set(EMFACS) == {*BASIC_EXPRESSIONS, "contempt"}

    @pytest.mark.parametrize("name", EXPRESSIONS)
    def test_every_expression_has_a_point(self, name: str) -> None:
        point = Expression(name).point
        assert (point.strength == 0) == (name == "neutral")

    @pytest.mark.parametrize("name", ["Happily surprised", "happily-surprised", " HAPPILY_SURPRISED "])
    def test_writing_does_not_matter(self, name: str) -> None:
        assert Expression(name) == Expression("happily_surprised")

    def test_near_names_are_suggested(self) -> None:
        with pytest.raises(TargetError, match=r"unknown expression 'hapiness'; did you mean happiness"):
            Expression("hapiness")
        with pytest.raises(TargetError, match="known are neutral, anger"):
            Expression("xyz")

    @given(st.text())
    def test_any_text_is_taken_or_refused_in_one_line(self, text: str) -> None:
        check_taken_or_refused(Expression, text)


class TestActionUnits:
    def test_order_and_kind_of_keys_do_not_matter(self) -> None:
        assert ActionUnits({12: 0.9, "6L": 0.6}) == ActionUnits({"6l": 0.6, "AU12": 0.9})
        assert ActionUnits.parse("12=0.9, 6L=0.6") == ActionUnits({12: 0.9, "6L": 0.6})

    def test_is_a_value(self) -> None:
        units = ActionUnits({12: 0.9})
        assert pickle.loads(pickle.dumps(units)) == units
        assert hash(units) == hash(ActionUnits({"12": 0.9}))
        assert eval(repr(units)) == units

    def test_one_side_moves_one_side(self) -> None:
        full = ACTION_UNIT_SHAPES["12L"]["mouthSmile_L"]
        assert ActionUnits({"12L": 0.5}).units() == {"mouthSmile_L": 0.5 * full}
        assert ActionUnits({12: 0.5}).units() == {"mouthSmile_L": 0.5 * full, "mouthSmile_R": 0.5 * full}

    def test_shared_units_do_not_add_up(self) -> None:
        assert ActionUnits({25: 1, 27: 1}).units()["jawOpen"] == 1
        assert all(0 < abs(weight) <= 2 for units in ACTION_UNIT_SHAPES.values() for weight in units.values())

    def test_opposed_units_leave_the_difference(self) -> None:
        up, down = ACTION_UNIT_SHAPES["1"]["browInnerUp_L"], ACTION_UNIT_SHAPES["4"]["browInnerUp_L"]
        assert down < 0
        assert ActionUnits({1: 1, 4: 0.5}).units()["browInnerUp_L"] == pytest.approx(up + 0.5 * down)
        assert ActionUnits({4: 1, 9: 1}).units()["browDown_L"] == ACTION_UNIT_SHAPES["4"]["browDown_L"]

    @pytest.mark.parametrize("number", UNSHAPED_ACTION_UNITS)
    def test_action_units_without_a_shape_are_refused(self, number: int) -> None:
        with pytest.raises(TargetError, match=f"action unit {number} cannot be shown; known are 1, 2, 4"):
            ActionUnits({number: 1})

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "no action unit"),
            ("12", "write it like 12=0.8"),
            ("12=", "strength of action unit 12 is ''"),
            ("12=2", "strength of action unit 12 is '2'"),
            ("12=nan", "strength of action unit 12 is 'nan'"),
            ("12=0.5,12=0.6", "twice"),
            ("AU12=0.5,12=0.6", "twice"),
            ("25L=1", "has no sides"),
            ("30=1", "30L or 30R"),
            ("smile=1", "cannot be shown"),
            ("=1", "cannot be shown"),
        ],
    )
    def test_what_is_refused(self, text: str, message: str) -> None:
        with pytest.raises(TargetError, match=message):
            ActionUnits.parse(text)

    @given(st.text(alphabet="0123456789LR=,. aU-"))
    def test_any_text_is_taken_or_refused(self, text: str) -> None:
        check_taken_or_refused(ActionUnits.parse, text)


class TestAffectPath:
    def test_goes_through_the_points(self) -> None:
        path = AffectPath([(0, 0), (0.8, 0.4), (0, 0)])
        assert path.at(0) == ValenceArousal(0, 0)
        assert path.at(0.5) == ValenceArousal(0.8, 0.4)
        assert path.at(-5) == path.at(0)
        assert path.at(9) == path.at(1)
        assert path == AffectPath.parse("0,0 0.8,0.4 0,0") == AffectPath([ValenceArousal(0, 0), (0.8, 0.4), (0, 0)])

    @given(st.lists(st.tuples(inside, inside), min_size=2, max_size=8))
    def test_never_leaves_the_span_of_the_neighbouring_points(self, points: list[tuple[float, float]]) -> None:
        path = AffectPath(points)
        values = np.array([(p.valence, p.arousal) for p in path.sample(20 * (len(points) - 1) + 1)])
        for i, (a, b) in enumerate(itertools.pairwise(points)):
            piece = values[20 * i : 20 * i + 21]
            assert (piece >= np.minimum(a, b) - 1e-9).all()
            assert (piece <= np.maximum(a, b) + 1e-9).all()

    def test_is_smooth_and_starts_at_rest(self) -> None:
        values = np.array([p.valence for p in AffectPath.parse("0,0 0.5,0 1,0 -0.5,0").sample(3001)])
        speed = np.diff(values) * 3000
        assert abs(speed[0]) < 0.05
        assert abs(speed[-1]) < 0.05
        assert np.abs(np.diff(speed)).max() < 0.1

    def test_reads_a_table(self, tmp_path) -> None:
        file = tmp_path / "path.csv"
        file.write_text("t, valence, arousal\n1,0,0\n2,0.8,0.4\n4,-1,0\n", encoding="utf-8")
        path = AffectPath.from_csv(file)
        assert path.times == (1.0, 2.0, 4.0)
        assert path.duration == 3
        assert path.at(2) == ValenceArousal(0.8, 0.4)
        assert pickle.loads(pickle.dumps(path)) == path

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "0 point"),
            ("t,valence,arousal\n0,0,0\n", "1 point"),
            ("t,valence,arousal\n0,0,0\n1,2,0\n", r"line 3: valence is '2'"),
            ("t,valence,arousal\n0,0,0\n1,0\n", "line 3: three numbers"),
            ("t,valence\n0,0\n1,1\n", "line 2: three numbers"),
            ("t,valence,arousal\n0,0,0\n0,1,1\n", "do not increase"),
            ("t,valence,arousal\nnan,0,0\n0,1,1\n", "do not increase"),
        ],
    )
    def test_bad_tables(self, tmp_path, text: str, message: str) -> None:
        file = tmp_path / "path.csv"
        file.write_text(text, encoding="utf-8")
        with pytest.raises(TargetError, match=message):
            AffectPath.from_csv(file)

    def test_files_that_are_no_tables(self, tmp_path) -> None:
        (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
        for path in (tmp_path, tmp_path / "missing.csv", tmp_path / "x.csv"):
            with pytest.raises(TargetError, match="CSV"):
                AffectPath.from_csv(path)

    @pytest.mark.parametrize("text", ["", "0,0", "0 0", "0,0 1", "0,0 2,0", "0,0 a,b", "0,0 nan,0"])
    def test_bad_texts(self, text: str) -> None:
        with pytest.raises(TargetError):
            AffectPath.parse(text)

    @pytest.mark.parametrize("points", [[(0, 0)], [(0, 0), 1], [(0, 0), "01"], [(0, 0), (0, 0, 0)]])
    def test_bad_points(self, points: object) -> None:
        with pytest.raises(TargetError):
            AffectPath(points)  # type: ignore[arg-type]

    def test_bad_moments(self) -> None:
        path = AffectPath([(0, 0), (1, 1)])
        with pytest.raises(TargetError, match="nan"):
            path.at(math.nan)
        with pytest.raises(TargetError, match="at least 1"):
            path.sample(0)
        with pytest.raises(TargetError, match="2 points and 3 times"):
            AffectPath([(0, 0), (1, 1)], [0, 1, 2])


class TestWords:
    def test_there_are_28_directions(self) -> None:
        assert len(DIRECTIONS) == 28
        for name, degrees in DIRECTIONS.items():
            assert word(name).strength == pytest.approx(1)
            assert word(name).angle == pytest.approx(degrees)

    def test_every_word_is_known(self) -> None:
        assert len({word(name) for name in WORDS}) > 100

    def test_a_direction_wins_over_a_rating(self) -> None:
        assert word("happy").strength == pytest.approx(1)
        assert word("joyful") == ValenceArousal(0.76, 0.48)
        assert word("at ease") == word("AtEase") == word("at_ease")

    def test_near_words_are_suggested(self) -> None:
        with pytest.raises(TargetError, match=r"did you mean .*Serene"):
            word("serne")
        with pytest.raises(TargetError, match="some that are known"):
            word("qqqq")
