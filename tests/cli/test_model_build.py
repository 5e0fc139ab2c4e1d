"""``affectface model build``: files in, files out, exit codes."""

import json
from pathlib import Path

import numpy as np
import pytest
from known_meshes import Known, make_known, write_people
from typer.testing import CliRunner

from affectface.assets import asset_path
from affectface.cli.app import app
from affectface.mesh_files import write_obj
from affectface.morphable import load_face_model, save_face_model


@pytest.fixture(scope="module")
def known() -> Known:
    return make_known(dimensions=40, strength=4, fall=0.9)


@pytest.fixture
def like(known: Known, tmp_path: Path) -> list[str]:
    save_face_model(known.model, tmp_path / "like.npz")
    return ["--like", str(tmp_path / "like.npz")]


@pytest.fixture
def folder(known: Known, tmp_path: Path) -> Path:
    """Thirty people, the last without a surface that is right, and a table of them."""
    people = known.sample(30)
    people[29] *= (-1, 1, 1)
    write_people(tmp_path / "meshes", known, people)
    lines = [f"p{i:02d}.obj,{'female' if i % 3 else 'male'},{10 + i}" for i in range(30)]
    (tmp_path / "people.csv").write_text("\n".join(["file,gender,age", *lines]) + "\n")
    return tmp_path / "meshes"


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["model", "build", *map(str, words)])
    return result.exit_code, result.output


def test_a_model_and_its_record(folder: Path, like: list[str], tmp_path: Path) -> None:
    code, said = run(folder, "-o", tmp_path / "out" / "mine.npz", *like)
    assert code == 0, said
    assert "left out: p29.obj: it is a mirror image of the others" in said
    assert "29 meshes" in said
    assert "generalisation" in said
    model = load_face_model(tmp_path / "out" / "mine.npz")
    assert model.name == "mine"
    assert model.expression_names == ("jawOpen", "browInnerUp")
    record = json.loads((tmp_path / "out" / "mine.json").read_text())
    assert record["meshes"] == 29
    assert record["left_out"] == [{"name": "p29.obj", "reason": "it is a mirror image of the others"}]
    assert record["components"] == len(model.identity)
    assert len(record["inputs_sha256"]) == 64
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["mine.json", "mine.npz"]


def test_json(folder: Path, like: list[str], tmp_path: Path) -> None:
    code, said = run(folder, "-o", tmp_path / "mine.npz", *like, "--json", "--seed", 3)
    assert code == 0
    assert json.loads(said)["models"][0]["seed"] == 3


def test_two_builds_are_the_same(folder: Path, like: list[str], tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert run(folder, "-o", tmp_path / name / "m.npz", *like)[0] == 0
    for suffix in ("npz", "json"):
        one, other = ((tmp_path / name / f"m.{suffix}").read_bytes() for name in "ab")
        assert one == other


def test_some_people(folder: Path, like: list[str], tmp_path: Path) -> None:
    table = ["--table", tmp_path / "people.csv"]
    code, said = run(folder, "-o", tmp_path / "m.npz", *like, *table, "--where", "age>=12 and gender=female")
    assert code == 0, said
    record = json.loads((tmp_path / "m.json").read_text())
    assert record["meshes"] == 18
    assert record["where"] == "age>=12 and gender=female"
    code, said = run(folder, "-o", tmp_path / "m.npz", *like, *table, "--where", "age<5")
    assert code == 2
    assert "no mesh of 30 is in the table and fulfils" in said


def test_a_model_of_each_group(folder: Path, like: list[str], tmp_path: Path) -> None:
    table = ["--table", tmp_path / "people.csv"]
    code, said = run(folder, "-o", tmp_path / "m.npz", *like, *table, "--by", "gender")
    assert code == 0, said
    records = {name: json.loads((tmp_path / f"m_{name}.json").read_text()) for name in ("female", "male")}
    assert [records[name]["meshes"] for name in ("female", "male")] == [19, 10]
    assert load_face_model(tmp_path / "m_male.npz").name == "m_male"
    code, said = run(folder, "-o", tmp_path / "n.npz", *like, *table, "--by", "age:15")
    assert code == 0
    assert "not built: age_below_15: 5 neutral meshes; at least 10 are needed" in said
    assert (tmp_path / "n_age_from_15.npz").exists()
    code, said = run(folder, "-o", tmp_path / "o.npz", *like, *table, "--by", "age")
    assert code == 2
    assert "at least 10 are needed" in said
    assert not list(tmp_path.glob("o*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--strict"], "p29.obj: it is a mirror image"),
        (["--where", "age<30"], "give it with --table"),
        (["--variance", "2"], "a share above 0"),
        (["--unit", "m"], "give --unit"),
    ],
)
def test_what_cannot_be_done(folder: Path, like: list[str], tmp_path: Path, words: list[str], message: str) -> None:
    code, said = run(folder, "-o", tmp_path / "m.npz", *like, *words)
    assert code == 2
    assert message in said
    assert said.count("\n") == 1
    assert not list(tmp_path.glob("m.*"))


def test_the_names_of_files(folder: Path, like: list[str], tmp_path: Path) -> None:
    assert run(folder, "-o", tmp_path / "m.glb", *like)[0] == 2
    assert run(tmp_path / "nowhere", "-o", tmp_path / "m.npz", *like)[0] == 2
    np.save(tmp_path / "stack.npy", np.zeros((12, 196, 3)))
    code, said = run(tmp_path / "stack.npy", "-o", tmp_path / "m.npz")
    assert code == 2
    assert "--like MODEL or --reference MESH" in said


def test_landmarks_are_found_on_the_mean_face(tmp_path: Path) -> None:
    """Twelve people in millimetres, lying on their backs, of whose topology nothing is known but the triangles."""
    model = load_face_model(asset_path("embedded"))
    rng = np.random.default_rng(0)
    drawn = 0.7 * rng.standard_normal((12, len(model.identity)))
    people = [10 * model.shape(one.astype(np.float32))[:, [0, 2, 1]] * (1, -1, 1) for one in drawn]
    (tmp_path / "meshes").mkdir()
    for number, mesh in enumerate(people):
        write_obj(tmp_path / "meshes" / f"{number}.obj", mesh, model.triangles, model.uv, model.uv_triangles)
    code, said = run(tmp_path / "meshes", "-o", tmp_path / "m.npz", "--unit", "mm")
    assert code == 0, said
    built = load_face_model(tmp_path / "m.npz")
    assert (built.landmark_triangles >= 0).sum() > 420
    away = built.at_landmarks(built.vertices) - model.at_landmarks(model.vertices)
    both = (built.landmark_triangles >= 0) & (model.landmark_triangles >= 0)
    away -= away[both].mean(0)
    assert np.median(np.linalg.norm(away[both], axis=1)) < 0.6
    assert built.expression_names == ()


def test_an_interruption_leaves_nothing(
    folder: Path, like: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import affectface.morphable.building.build as building

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "measure_quality", interrupted)
    before = sorted(tmp_path.rglob("*"))
    assert run(folder, "-o", tmp_path / "m.npz", *like)[0] == 130
    assert sorted(tmp_path.rglob("*")) == before
