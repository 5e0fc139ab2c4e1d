"""Scans of simulated people: of the true faces, read by ingest, the same again also when they were interrupted."""

import csv
import hashlib
import os
import signal
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from affectface.errors import GalleryError
from affectface.gallery.correspondence.rigid import robust_motion
from affectface.gallery.scans import IngestConfig, ingest_scans, plan_ingest
from affectface.gallery.store import Gallery, open_gallery
from affectface.gallery.synthetic import scan_folder
from affectface.gallery.synthetic.config import Selection, SynthesisPlan
from affectface.gallery.synthetic.scan_folder import ScanConfig, count_scans, synthesize_scans
from affectface.gallery.synthetic.scanner import ScannerConfig
from affectface.gallery.synthetic.writing import synthesize_gallery
from affectface.morphable import FaceModel
from affectface.morphable.library import load_named_face_model

PLAN = SynthesisPlan(people=2, seed=5)
PART = Selection(only=("directed/happiness", "own/anger"), frames=3)
COARSE = ScannerConfig(points=4000)
CONFIG = ScanConfig(scanner=COARSE)


@pytest.fixture(scope="module")
def model() -> FaceModel:
    return load_named_face_model("embedded")


@pytest.fixture(scope="module")
def folder(model: FaceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scans") / "set"
    done: list[int] = []
    count = synthesize_scans(path, PLAN, model, selection=PART, config=CONFIG, advance=done.append)
    assert count == sum(done) == count_scans(PLAN, PART) == 2 * 2 * 3
    return path


@pytest.fixture(scope="module")
def ingested(folder: Path) -> Gallery:
    out = folder.parent / "scans.gallery"
    found = ingest_scans(plan_ingest(folder, IngestConfig(labels=folder / "labels.csv")), out)
    assert (found.form, found.unit, found.frames, found.left_out) == ("scans", "mm", 12, ())
    return open_gallery(out)


@pytest.fixture(scope="module")
def true(model: FaceModel, folder: Path) -> Gallery:
    out = folder.parent / "true.gallery"
    synthesize_gallery(out, PLAN, face_model=model, selection=PART)
    return open_gallery(out)


def test_ingest_finds_people_sessions_tasks_and_labels(ingested: Gallery, true: Gallery) -> None:
    keys = [(one.subject, one.session, one.task, one.frames) for one in ingested.sequences]
    assert keys == [(one.subject, one.session, one.task, one.frames) for one in true.sequences]
    assert {key[1:3] for key in keys} == {("directed", "happiness"), ("own", "anger")}
    for here, there in zip(ingested.sequences, true.sequences, strict=True):
        own, wanted = ingested.labels(here.name), true.labels(there.name)
        assert own is not None
        assert wanted is not None
        assert own.expression == wanted.expression
        assert own.expression[0] == "neutral"
        assert own.expression[1] == here.task
        np.testing.assert_allclose(own.valence, wanted.valence, atol=1e-4)
        np.testing.assert_allclose(own.arousal, wanted.arousal, atol=1e-4)


def test_scans_are_of_the_true_faces_but_none_of_their_vertices(ingested: Gallery, model: FaceModel) -> None:
    """With no unsaid differences a scan lies on the true mesh, within its noise, after the head's motion."""
    true_folder = ingested.path.parent / "plain"
    plain = ScanConfig(scanner=COARSE, unsaid=0, turn=0, shift=0)
    part = Selection(only=("directed/happiness",), frames=2)
    plan = SynthesisPlan(people=1, seed=5)
    synthesize_scans(true_folder, plan, model, selection=part, config=plain)
    synthesize_gallery(true_folder.with_suffix(".gallery"), plan, face_model=model, selection=part)
    ingest_scans(plan_ingest(true_folder), true_folder.with_suffix(".scans"))
    scans, meshes = open_gallery(true_folder.with_suffix(".scans")), open_gallery(true_folder.with_suffix(".gallery"))
    counts = []
    for frame in (0, 1):
        scan = scans.scan(scans.sequences[0].name, frame)
        mesh = meshes.values(meshes.sequences[0].name)[frame]
        dense = np.concatenate([mesh[model.triangles].mean(1), mesh, mesh[model.triangles[:, :2]].mean(1)])
        away = cKDTree(dense).query(scan.vertices)[0]
        assert np.median(away) < 0.12  # the mesh's own points are some 0.2 cm apart, the noise is 0.015
        assert np.percentile(away, 99) < 0.3
        assert (cKDTree(mesh).query(scan.vertices)[0] > 1e-4).mean() > 0.99
        counts.append((len(scan.vertices), len(scan.triangles)))
        assert scan.colour is not None
    assert counts[0] != counts[1]


def test_heads_move_and_people_are_not_quite_the_models(ingested: Gallery, true: Gallery) -> None:
    sequence = ingested.sequences[0].name
    first, last = (ingested.scan(sequence, frame).vertices.astype(float) for frame in (0, 2))
    mesh = true.values(true.sequences[0].name)[0].astype(float)
    tree = cKDTree(mesh)
    moved = []
    for points in (first, last):
        placed, turn = points - points.mean(0) + mesh.mean(0), np.eye(3)
        for _ in range(30):
            motion = robust_motion(placed, mesh[tree.query(placed)[1]], np.ones(len(placed)), scale=0.5)
            placed, turn = motion.apply(placed), motion.rotation @ turn
        moved.append(turn)
        away = np.median(tree.query(placed)[0])
        assert 0.05 < away < 0.3  # 1 mm that no identity says
    angle = np.degrees(Rotation.from_matrix(moved[0].T @ moved[1]).magnitude())
    assert 0.5 < angle < 25


def digest(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


KILLED = """
import os, signal, sys
from pathlib import Path
from affectface.gallery.synthetic.config import Selection, SynthesisPlan
from affectface.gallery.synthetic.scan_folder import ScanConfig, synthesize_scans
from affectface.gallery.synthetic.scanner import ScannerConfig
from affectface.morphable.library import load_named_face_model

left, replace = int(sys.argv[2]), os.replace
def moved(*names):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*names)
os.replace = moved
part = Selection(only=("directed/happiness", "own/anger"), frames=3)
synthesize_scans(sys.argv[1], SynthesisPlan(people=2, seed=5), load_named_face_model("embedded"), selection=part,
    config=ScanConfig(scanner=ScannerConfig(points=4000)))
"""


def test_killed_while_writing_it_goes_on_and_is_the_same(folder: Path, model: FaceModel, tmp_path: Path) -> None:
    out = tmp_path / "set"
    for left in (2, 5):  # at the labels, and at a scan
        command = [sys.executable, "-c", KILLED, str(out), str(left)]
        killed = subprocess.run(command, capture_output=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert digest(out) != digest(folder)
    synthesize_scans(out, PLAN, model, selection=PART, config=CONFIG)
    found, wanted = digest(out), digest(folder)
    assert {name: found[name] for name in wanted} == wanted
    assert all(name.startswith(".") for name in set(found) - set(wanted))  # of the labels, which ingest passes over


def test_other_folders_plans_and_full_disks_are_refused(
    folder: Path, model: FaceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digest(folder)
    with pytest.raises(GalleryError, match="scans of another plan"):
        synthesize_scans(folder, SynthesisPlan(people=2, seed=6), model, selection=PART, config=CONFIG)
    with pytest.raises(GalleryError, match="scans of another plan"):
        synthesize_scans(folder, PLAN, model, selection=PART)  # another scanner
    with pytest.raises(GalleryError, match="nobody shows 'directed/hapiness'; a pattern such as directed/"):
        synthesize_scans(tmp_path / "new", PLAN, model, selection=Selection(only=("directed/hapiness",)))
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(GalleryError, match="holds something else"):
        synthesize_scans(tmp_path, PLAN, model, selection=PART)
    usage = namedtuple("usage", "total used free")(10, 10, 1000)
    monkeypatch.setattr(scan_folder.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(GalleryError, match="ask for fewer people, sequences or frames"):
        synthesize_scans(tmp_path / "new", PLAN, model, selection=PART)
    assert not (tmp_path / "new").exists()
    assert digest(folder) == before


def test_nothing_is_said_of_frames_in_a_blink(tmp_path: Path) -> None:
    plan, part = SynthesisPlan(people=1, seed=5), Selection(only=("directed/*",))
    scan_folder._write_labels(tmp_path / "labels.csv", plan, part)
    with open(tmp_path / "labels.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    blinks = [
        (take.made.task, str(row))
        for person in scan_folder.people_of(plan)
        for take in scan_folder._takes(plan, person, part)
        for row, reason in zip(take.rows, take.made.left_out, strict=True)
        if reason
    ]
    assert blinks
    said = {(row["task"], row["frame"]) for row in rows}
    assert not said & set(blinks)
    assert len(said) == len(rows) == count_scans(plan, part) - len(blinks)
