"""A synthetic gallery on disk: the same bytes again, also when it was interrupted; meshes are those of the model."""

import hashlib
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from known_meshes import make_known

from affectface.errors import GalleryError
from affectface.gallery.store import open_gallery
from affectface.gallery.synthetic import writing
from affectface.gallery.synthetic.actions import UNITS
from affectface.gallery.synthetic.config import SynthesisPlan
from affectface.gallery.synthetic.looks import identity_of
from affectface.gallery.synthetic.people import person_of
from affectface.gallery.synthetic.sequences import sequence_count
from affectface.gallery.synthetic.writing import synthesize_gallery
from affectface.morphable import FaceModel

PLAN = SynthesisPlan(people=2, seed=5, compounds=1, words=2, directions=1)


def digest(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return total.hexdigest()


def with_units() -> FaceModel:
    """A sheet that has some units of ours and one of its own."""
    known = make_known().model
    units = np.random.default_rng(0).normal(size=(4, *known.vertices.shape)).astype(np.float32)
    return replace(known, expression=units, expression_names=("jawOpen", "mouthSmile_L", "own", "eyeBlink_R"))


def test_strengths_with_labels(tmp_path: Path) -> None:
    done: list[int] = []
    count = synthesize_gallery(tmp_path / "x.gallery", PLAN, advance=done.append)
    gallery = open_gallery(tmp_path / "x.gallery")
    assert count == sequence_count(PLAN) == len(gallery.sequences) == sum(done) == 2 * (2 * 9 + 3)
    assert gallery.form == "strengths"
    assert gallery.unit_names == UNITS
    assert gallery.complete
    assert gallery.verify() == []
    assert gallery.source["synthetic"]["seed"] == 5
    assert set(gallery.source["subjects"]) == {"s1", "s2"}
    assert {sequence.subject for sequence in gallery.sequences} == {"s1", "s2"}
    for sequence in gallery.sequences:
        labels = gallery.labels(sequence.name)
        assert labels is not None
        assert np.isfinite(labels.valence).all()
        assert gallery.values(sequence.name).shape == (sequence.frames, len(UNITS))


def test_interrupted_and_continued_it_is_the_same(tmp_path: Path) -> None:
    synthesize_gallery(tmp_path / "whole.gallery", PLAN)

    class Stopped(Exception):
        pass

    def stop_at(number: int):
        seen: list[int] = []

        def advance(steps: int) -> None:
            seen.append(steps)
            if len(seen) == number:
                raise Stopped

        return advance

    for number in (1, 17, 30):
        with pytest.raises(Stopped):
            synthesize_gallery(tmp_path / "parts.gallery", PLAN, advance=stop_at(number))
    assert not open_gallery(tmp_path / "parts.gallery").complete
    synthesize_gallery(tmp_path / "parts.gallery", PLAN)
    assert digest(tmp_path / "parts.gallery") == digest(tmp_path / "whole.gallery")
    with pytest.raises(GalleryError, match="another source"):
        synthesize_gallery(tmp_path / "parts.gallery", SynthesisPlan(people=2, seed=6))


def test_meshes_are_the_models(tmp_path: Path) -> None:
    known_model = with_units()
    plan = SynthesisPlan(people=1, seed=5, compounds=0, words=0, directions=1)
    synthesize_gallery(tmp_path / "m.gallery", plan, face_model=known_model)
    synthesize_gallery(tmp_path / "s.gallery", plan)
    meshes, strengths = open_gallery(tmp_path / "m.gallery"), open_gallery(tmp_path / "s.gallery")
    assert meshes.topology == known_model.name
    assert meshes.template is not None
    np.testing.assert_array_equal(meshes.template.triangles, known_model.triangles)
    identity = identity_of(plan, person_of(plan, 0), known_model)
    for sequence in meshes.sequences[:4]:
        found = meshes.values(sequence.name)
        for frame in (0, sequence.frames // 2):
            units = dict(zip(UNITS, strengths.values(sequence.name)[frame].tolist(), strict=True))
            wanted = known_model.shape(identity, known_model.expression_vector(units))
            np.testing.assert_allclose(found[frame], wanted, atol=1e-4)


def test_no_room_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")(10, 10, 1000)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(GalleryError, match="ask for fewer people, or for strengths"):
        synthesize_gallery(tmp_path / "m.gallery", PLAN, face_model=with_units())
    assert not (tmp_path / "m.gallery").exists()
