"""Part of a plan: the sequences that fit a pattern, and few frames that still show the whole course."""

import numpy as np
import pytest

from affectface.errors import GalleryError
from affectface.gallery.store import open_gallery
from affectface.gallery.synthetic.config import Selection, SynthesisPlan
from affectface.gallery.synthetic.people import person_of
from affectface.gallery.synthetic.selecting import selected_count, selected_frames, selected_tasks, with_frames
from affectface.gallery.synthetic.sequences import sequence_count, simulate
from affectface.gallery.synthetic.writing import synthesize_gallery

PLAN = SynthesisPlan(people=3, seed=2)


def test_patterns_pick_sequences() -> None:
    person = person_of(PLAN, 1)
    names = [(task.session, task.name) for task in selected_tasks(PLAN, person, Selection(only=("*/anger",)))]
    assert names == [("directed", "anger"), ("own", "anger")]
    assert selected_count(PLAN, Selection(only=("*/anger", "directed/*"))) == 3 * (1 + 13)
    assert selected_count(PLAN, Selection()) == sequence_count(PLAN)
    with pytest.raises(GalleryError, match="nobody shows 'own/joy'"):
        selected_count(PLAN, Selection(only=("*/anger", "own/joy")))
    with pytest.raises(ValueError, match="frames is 1; at least 2"):
        Selection(frames=1)


@pytest.mark.parametrize("frames", [2, 3, 5, 20])
def test_few_frames_are_at_rest_and_at_the_apex(frames: int) -> None:
    for made in simulate(PLAN, person_of(PLAN, 0)):
        rows = selected_frames(made, Selection(frames=frames))
        assert 2 <= len(rows) <= frames
        assert (np.diff(rows) > 0).all()
        assert not any(made.left_out[row] for row in rows)
        assert made.labels.expression[rows[0]] == "neutral"
        if made.session != "plane":
            assert made.task in [made.labels.expression[row] for row in rows]
        strength = np.abs(made.strengths - made.strengths[rows[0]]).sum(axis=1)
        assert strength[rows].max() > 0.7 * strength[[not reason for reason in made.left_out]].max()
        if frames > 2:
            assert rows[-1] > 0.8 * len(made.times)


def test_all_frames_unless_fewer_are_asked_for() -> None:
    made = next(simulate(PLAN, person_of(PLAN, 0)))
    np.testing.assert_array_equal(selected_frames(made, Selection()), np.arange(len(made.times)))
    part = with_frames(made, np.array([3, 10]))
    assert part.times.tolist() == made.times[[3, 10]].tolist()
    assert part.labels.expression == (made.labels.expression[3], made.labels.expression[10])
    np.testing.assert_array_equal(part.strengths, made.strengths[[3, 10]])


def test_part_of_a_gallery_is_what_the_whole_one_has(tmp_path) -> None:
    plan = SynthesisPlan(people=1, seed=2, words=0, directions=0, compounds=0)
    synthesize_gallery(tmp_path / "part.gallery", plan, selection=Selection(only=("own/*",), frames=4))
    synthesize_gallery(tmp_path / "whole.gallery", plan)
    part, whole = open_gallery(tmp_path / "part.gallery"), open_gallery(tmp_path / "whole.gallery")
    assert part.source["selection"] == {"only": ["own/*"], "frames": 4}
    assert "selection" not in whole.source
    assert len(part.sequences) == 8
    for sequence in part.sequences:
        rows = np.searchsorted(whole.times(sequence.name), part.times(sequence.name))
        np.testing.assert_array_equal(part.values(sequence.name), whole.values(sequence.name)[rows])
    with pytest.raises(GalleryError, match="another source"):
        synthesize_gallery(tmp_path / "part.gallery", plan, selection=Selection(only=("own/*",)))
