"""Journals: takes, crashes, full disks, what is no journal."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from affectface.errors import AnnotationError
from affectface.gallery.annotation import journal as journal_module
from affectface.gallery.annotation.journal import Heading, Journal, read_journal
from affectface.gallery.annotation.trace_folder import import_traces, journal_path, read_trace_folder
from affectface.gallery.annotation.traces import Trace, write_traces

HEADING = Heading("anna", "s/1", "valence")


def said(journal: Journal) -> list[tuple[float, float]]:
    trace = journal.trace()
    return [] if trace is None else list(zip(trace.times.tolist(), trace.values.tolist(), strict=True))


def test_what_is_said_is_on_disk_at_once_and_sending_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.trace.jsonl"
    journal = Journal(path, HEADING)
    assert journal.say("t1", 0, [(0.0, 0.1), (0.04, 0.2)]) == 2
    assert journal.say("t1", 0, [(0.0, 0.1), (0.04, 0.2)]) == 2
    assert journal.say("t1", 1, [(0.04, 0.2), (0.08, -0.3)]) == 3
    assert said(Journal(path, HEADING)) == [(0.0, 0.1), (0.04, 0.2), (0.08, -0.3)]
    assert path.read_bytes().count(b"\n") == 3
    with pytest.raises(AnnotationError, match="has 3 samples and goes on at 5"):
        journal.say("t1", 5, [(0.2, 0.0)])
    with pytest.raises(AnnotationError, match="do not rise"):
        journal.say("t1", 3, [(0.08, 0.0)])
    assert said(Journal(path, HEADING))[-1] == (0.08, -0.3)


def test_a_take_replaces_its_stretch_and_comes_back_off(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "a.trace.jsonl", HEADING)
    journal.say("t1", 0, [(float(t), 0.1) for t in range(10)])
    journal.say("t2", 0, [(2.5, 0.5), (4.5, 0.6)])
    assert [t for t, _ in said(journal)] == [0, 1, 2, 2.5, 4.5, 5, 6, 7, 8, 9]
    journal.clear("t3", 4.5)
    assert [t for t, _ in said(journal)] == [0, 1, 2, 2.5]
    with pytest.raises(AnnotationError, match="not the last one"):
        journal.undo("t1")
    for take in ("t3", "t3", "t2"):
        journal.undo(take)
    assert said(Journal(journal.path, HEADING)) == said(journal) == [(float(t), 0.1) for t in range(10)]
    journal.undo("t1")
    assert journal.trace() is None
    assert "0.6" in journal.path.read_text()  # nothing is thrown away


@pytest.mark.parametrize("cut", [1, 7, 30])
def test_a_line_that_a_crash_cut_off_is_said_again(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.trace.jsonl"
    journal = Journal(path, HEADING)
    journal.say("t1", 0, [(0.0, 0.1)])
    whole = path.read_bytes()
    journal.say("t1", 1, [(0.04, 0.2), (0.08, 0.25)])
    path.write_bytes(path.read_bytes()[:-cut])
    again = Journal(path, HEADING)
    assert said(again) == [(0.0, 0.1)]
    assert again.say("t1", 1, [(0.04, 0.2), (0.08, 0.25)]) == 3
    assert path.read_bytes().startswith(whole)
    assert len(said(Journal(path, HEADING))) == 3


def test_every_cut_of_the_file_leaves_a_beginning_of_what_was_said(tmp_path: Path) -> None:
    path, damaged = tmp_path / "a.trace.jsonl", tmp_path / "b.trace.jsonl"
    journal = Journal(path, HEADING)
    for number in range(3):
        journal.say("t1", number, [(float(number), 0.1 * number)])
    whole = path.read_bytes()
    full = said(journal)
    for length in range(len(whole) + 1):
        damaged.write_bytes(whole[:length])
        found = said(Journal(damaged, HEADING))
        assert found == full[: len(found)]


def test_a_full_disk_loses_nothing_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.trace.jsonl"
    journal = Journal(path, HEADING)
    journal.say("t1", 0, [(0.0, 0.1)])
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(journal_module.os, "fsync", full)
        for act in (
            lambda: journal.say("t1", 1, [(0.04, 0.2)]),
            lambda: journal.clear("t2", 0.0),
            lambda: journal.undo("t1"),
        ):
            with pytest.raises(OSError, match="No space"):
                act()
            assert path.read_bytes() == before
            assert said(journal) == [(0.0, 0.1)]
    assert journal.say("t1", 1, [(0.04, 0.2)]) == 2
    assert said(Journal(path, HEADING)) == [(0.0, 0.1), (0.04, 0.2)]


def test_what_another_process_appends_is_read_first(tmp_path: Path) -> None:
    one, other = (Journal(tmp_path / "a.trace.jsonl", HEADING) for _ in range(2))
    one.say("t1", 0, [(0.0, 0.1)])
    other.say("t2", 0, [(1.0, 0.2)])
    one.say("t3", 0, [(2.0, 0.3)])
    assert said(other) == said(one) == [(0.0, 0.1), (1.0, 0.2), (2.0, 0.3)]


HEAD = (
    b'{"format": "affectface-trace", "format_version": 1, "annotator": "a", "sequence": "s", "dimension": "valence"}\n'
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]\n", "line 1 is damaged"),
        (b'{"format": "other"}\n', "line 1 is damaged"),
        (HEAD.replace(b"valence", b"dominance"), "line 1 is damaged"),
        (HEAD + b'{"take": "t", "first": 0, "said": [[0, NaN]]}\n', "NaN is no number"),
        (HEAD + b'{"take": "t", "first": 0, "said": [[0, 2]]}\n', "beyond"),
        (HEAD + b'{"take": "t", "first": 0, "said": [[0, 0.5], [0, 0.5]]}\n', "do not rise"),
        (HEAD + b'{"take": "t", "first": 0, "said": "loud"}\n', "line 2 is damaged"),
        (HEAD + b'{"undo": "t"}\n', "line 2"),
        (HEAD + b"[" * 100000 + b"\n", "line 2 is damaged"),
        (HEAD + b"\xff\xfe\n", "line 2 is damaged"),
    ],
)
def test_what_is_no_journal(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.trace.jsonl"
    path.write_bytes(content)
    with pytest.raises(AnnotationError, match=message):
        read_journal(path)


def test_a_journal_of_somebody_else_is_not_continued(tmp_path: Path) -> None:
    path = tmp_path / "a.trace.jsonl"
    Journal(path, HEADING).say("t1", 0, [(0.0, 0.1)])
    with pytest.raises(AnnotationError, match="'anna' on 's/1', valence, and not 'ben'"):
        Journal(path, Heading("ben", "s/1", "valence"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "CON", "a" * 5000, "ß/☃", "..", "", "a\0b", "\udcff", "A.b c"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    path = journal_path(tmp_path, Heading(name, name, "arousal"))
    assert path.parent == tmp_path
    assert len(path.name) < 200
    assert path.name.isascii()
    assert set(path.name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert path != journal_path(tmp_path, Heading(name + "x", name, "arousal"))
    assert path.name.lower() != journal_path(tmp_path, Heading(name, name.swapcase() + "x", "arousal")).name.lower()


def test_a_folder_is_what_was_imported(tmp_path: Path) -> None:
    values = np.array([0.1, np.nan, -0.2])
    traces = [Trace("b", "s", "valence", np.arange(3.0), values), Trace("a", "s", "valence", np.arange(3.0), -values)]
    assert import_traces(tmp_path / "t", traces) == 2
    assert import_traces(tmp_path / "t", traces) == 0
    found = read_trace_folder(tmp_path / "t")
    assert [trace.annotator for trace in found] == ["a", "b"]
    np.testing.assert_array_equal(found[1].values, values)
    with pytest.raises(AnnotationError, match="there already, with other values"):
        import_traces(tmp_path / "t", [Trace("a", "s", "valence", np.arange(3.0), values)])
    write_traces(tmp_path / "t" / "more.csv", traces[:1])
    with pytest.raises(AnnotationError, match="keep one of them"):
        read_trace_folder(tmp_path / "t")
    (tmp_path / "empty").mkdir()
    for path, message in ((tmp_path / "empty", "no traces"), (tmp_path / "none", "is not there")):
        with pytest.raises(AnnotationError, match=message):
            read_trace_folder(path)
    assert os.listdir(tmp_path / "empty") == []
