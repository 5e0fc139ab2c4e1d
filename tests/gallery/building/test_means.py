"""Mean displacements are the plain ones, to the last digits, in bounded memory and after any interruption."""

import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import GalleryError
from affectface.gallery.building import reading
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.building.labelled import LabelledGallery, label_gallery
from affectface.gallery.building.means import ClassMeans, mean_displacements
from affectface.gallery.building.state import Person, Work
from affectface.gallery.store import Gallery

CONFIG = BuildConfig(classes=12)


def computed(gallery: Gallery, folder: Path, key: str = "k", every: float = 1e9) -> ClassMeans:
    return mean_displacements(gallery, label_gallery(gallery, CONFIG), Work(folder, key, every))


def plain(gallery: Gallery, labelled: LabelledGallery) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Everything in memory: means, standard deviations between people, and numbers of people."""
    neutral, whole = defaultdict(list), defaultdict(list)
    for one in labelled.sequences:
        rows = gallery.values(one.sequence.name)[one.neutral].astype(float)
        neutral[one.sequence.subject, one.sequence.session].extend(rows)
        whole[one.sequence.subject].extend(rows)
    shown = defaultdict(lambda: defaultdict(list))
    classes = labelled.groups - len(labelled.expressions)
    for one in labelled.sequences:
        own = neutral[one.sequence.subject, one.sequence.session] or whole[one.sequence.subject]
        away = gallery.values(one.sequence.name).astype(float) - np.mean(own, axis=0)
        for group in range(labelled.groups):
            mine = one.class_of == group if group < classes else one.expression == group - classes
            shown[group][one.sequence.subject].extend(away[mine])
    people = [[np.mean(rows, axis=0) for rows in shown[group].values() if rows] for group in range(labelled.groups)]
    spread = [np.std(rows, axis=0, ddof=1) if len(rows) > 2 else None for rows in people]
    usual = np.sqrt(np.mean([s**2 for s in spread if s is not None], axis=0))
    return (
        np.array([np.mean(rows, axis=0) for rows in people]),
        np.array([usual if s is None else s for s in spread]),
        np.array([len(rows) for rows in people]),
    )


def test_they_are_the_plain_ones(small: Gallery, tmp_path: Path) -> None:
    labelled = label_gallery(small, CONFIG)
    found = computed(small, tmp_path / "w")
    means, spread, people = plain(small, labelled)
    np.testing.assert_allclose(found.means, means, atol=1e-6)
    np.testing.assert_allclose(found.spread, spread, atol=1e-6)
    np.testing.assert_array_equal(found.people, people)
    assert labelled.plane is not None
    np.testing.assert_array_equal(found.frames[:12], labelled.plane.support)
    assert not (tmp_path / "w").exists()  # too little was read to keep anything


def test_blocks_change_no_bit(small: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = computed(small, tmp_path / "a")
    monkeypatch.setattr(reading, "BLOCK_BYTES", 3 * 16)
    parts = computed(small, tmp_path / "b")
    np.testing.assert_array_equal(whole.means, parts.means)
    np.testing.assert_array_equal(whole.spread, parts.spread)


def test_a_session_without_a_neutral_frame_takes_the_subjects(make_gallery: Callable[..., Gallery]) -> None:
    rows = [
        ("a@1", np.array([[1.0, 0, 0, 0], [2.0, 0, 0, 0]]), {"expression": ("neutral", "anger")}),
        ("a@2", np.array([[3.0, 0, 0, 0], [4.0, 0, 0, 0]]), {"expression": ("neutral", "anger")}),
        ("a@3", np.array([[7.0, 0, 0, 0]]), {"expression": ("anger",)}),  # 5 from the mean of 1 and 3
    ]
    gallery = make_gallery(rows)
    found = mean_displacements(gallery, label_gallery(gallery, CONFIG), Work(gallery.path / "w", "k"))
    np.testing.assert_allclose(found.means[0], [(1 + 1 + 5) / 3, 0, 0, 0], rtol=1e-6)


def test_people_count_alike(make_gallery: Callable[..., Gallery]) -> None:
    """One of three was filmed for a minute and smiles twice as much; a mean over frames would be that one's smile."""
    smile = np.array([0, 1.0, 1.0, 0])
    rows = []
    for person, (strength, frames) in enumerate(((0.5, 2), (0.5, 3), (1.0, 1500))):
        values = np.concatenate([np.zeros((1, 4)), np.repeat(strength * smile[None], frames, axis=0)])
        rows.append((f"p{person}", values, {"expression": ("neutral", *["happiness"] * frames)}))
    gallery = make_gallery(rows)
    found = mean_displacements(gallery, label_gallery(gallery, CONFIG), Work(gallery.path / "w", "k"))
    np.testing.assert_allclose(found.means[0], smile * 2 / 3, atol=1e-6)
    np.testing.assert_allclose(found.spread[0], smile * np.std([0.5, 0.5, 1], ddof=1), atol=1e-6)
    assert found.frames[0] == 1505


def test_frames_that_are_no_numbers_are_refused(make_gallery: Callable[..., Gallery]) -> None:
    gallery = make_gallery([("a", np.zeros((2, 4)), {"expression": ("neutral", "anger")})])
    file = gallery.path / "sequences" / "q000" / "strengths.npy"
    file.write_bytes(file.read_bytes()[:-4] + np.float32(np.nan).tobytes())
    with pytest.raises(GalleryError, match="a has NaN or infinite entries in frames that count"):
        mean_displacements(gallery, label_gallery(gallery, CONFIG), Work(gallery.path / "w", "k"))


def test_sums_are_those_of_double_precision_frame_by_frame() -> None:
    """To the last bit: vector instructions and the order of groups change nothing."""
    rng = np.random.default_rng(0)
    frames = (10 * rng.normal(size=(60, 1003))).astype(np.float32)
    groups = rng.integers(-1, 7, 60).astype(np.int32)
    person, wanted = Person(), defaultdict(lambda: np.zeros(1003))
    for rows in (slice(0, 13), slice(13, 14), slice(14, 60)):
        person.add(groups[rows], "", frames[rows])
        person.add_neutral("", frames[rows], groups[rows] == 3)
    for group, frame in zip(groups.tolist(), frames, strict=True):
        wanted[group] = wanted[group] + frame.astype(np.float64)
    assert sorted(person.shown) == list(range(7))
    for group, total in person.shown.items():
        assert total.tobytes() == wanted[group].tobytes()
        assert person.counts[group, ""] == (groups == group).sum()
    assert person.neutral[""].tobytes() == wanted[3].tobytes()


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from affectface.gallery.building import state
from affectface.gallery.building.config import BuildConfig
from affectface.gallery.building.labelled import label_gallery
from affectface.gallery.building.means import mean_displacements
from affectface.gallery.store import open_gallery

where, left = sys.argv[3], int(sys.argv[4])

def dies(function):
    def counted(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return counted

match where:
    case "adding": state.Person.add = dies(state.Person.add)
    case "closing": state.Sums.close_person = dies(state.Sums.close_person)
    case "writing": np.lib.format.write_array = dies(np.lib.format.write_array)
    case "moving": os.replace = dies(os.replace)
gallery = open_gallery(sys.argv[1])
work = state.Work(Path(sys.argv[2]), "k", 0.0)
start = work.load(13, 4).position
found = mean_displacements(gallery, label_gallery(gallery, BuildConfig(classes=12)), work)
sys.stdout.buffer.write(start.to_bytes(4) + found.means.tobytes() + found.spread.tobytes())
"""


def run(gallery: Gallery, folder: Path, where: str, left: int) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", KILLED, str(gallery.path), str(folder), where, str(left)]
    return subprocess.run(command, capture_output=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})


def test_killed_anywhere_it_goes_on_and_changes_no_bit(small: Gallery, tmp_path: Path) -> None:
    wanted = computed(small, tmp_path / "undisturbed")
    folder = tmp_path / "work"
    for where, left in (("adding", 15), ("moving", 2), ("closing", 1), ("writing", 40)):
        killed = run(small, folder, where, left)
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    last = run(small, folder, "nowhere", 0)
    assert last.returncode == 0, last.stderr.decode()
    start, found = int.from_bytes(last.stdout[:4]), last.stdout[4:]
    assert 5 < start < 20  # it did go on, and had something left to do
    assert found == wanted.means.tobytes() + wanted.spread.tobytes()
    assert [file.name for file in folder.iterdir()] == ["sums.npz"]  # what was half written is gone


def test_sums_of_something_else_are_not_taken_up(small: Gallery, tmp_path: Path) -> None:
    first = computed(small, tmp_path / "w", "one", every=0)
    (tmp_path / "w" / "sums.npz").stat()
    assert Work(tmp_path / "w", "one").load(13, 4).position == 20
    assert Work(tmp_path / "w", "two").load(13, 4).position == 0
    assert Work(tmp_path / "w", "one").load(14, 4).position == 0
    (tmp_path / "w" / "sums.npz").write_bytes(b"PK damaged")
    again = computed(small, tmp_path / "w", "one", every=0)
    np.testing.assert_array_equal(first.means, again.means)
