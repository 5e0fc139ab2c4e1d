"""Which meshes there are, and their rows of the table."""

from pathlib import Path

import numpy as np
import pytest
from known_meshes import Known, write_people

from affectface.errors import MeshSetError
from affectface.morphable.building.mesh_set import checksum, find_meshes, try_source, with_rows
from affectface.morphable.building.people import read_conditions


@pytest.fixture
def folder(tmp_path: Path, known: Known) -> Path:
    write_people(tmp_path / "meshes" / "first", known, known.sample(2))
    write_people(tmp_path / "meshes" / "second", known, known.sample(1))
    np.save(tmp_path / "meshes" / "stack.npy", known.sample(3))
    np.save(tmp_path / "meshes" / "single.npy", known.sample(1)[0])
    (tmp_path / "meshes" / "notes.txt").write_text("no mesh")
    (tmp_path / "meshes" / ".hidden.obj").write_text("no mesh")
    return tmp_path / "meshes"


def test_finding(folder: Path) -> None:
    names = [source.name for source in find_meshes(folder)]
    assert names == [
        "first/p00.obj",
        "first/p01.obj",
        "second/p00.obj",
        "single.npy",
        "stack.npy[0]",
        "stack.npy[1]",
        "stack.npy[2]",
    ]
    assert [source.name for source in find_meshes(folder / "stack.npy")] == [f"stack.npy[{i}]" for i in range(3)]


def test_reading(folder: Path, known: Known) -> None:
    read = {source.name: try_source(source) for source in find_meshes(folder)}
    for name, mesh in read.items():
        assert not isinstance(mesh, str)
        assert mesh.vertices.shape == known.model.vertices.shape
        assert (mesh.triangles is None) == (".npy" in name)
    np.testing.assert_allclose(read["first/p00.obj"].vertices, read["stack.npy[0]"].vertices, atol=1e-4)


@pytest.mark.parametrize("suffix", ["ply", "glb"])
def test_other_formats(tmp_path: Path, known: Known, suffix: str) -> None:
    trimesh = pytest.importorskip("trimesh")
    mesh = trimesh.Trimesh(known.model.vertices, known.model.triangles, process=False)
    mesh.export(tmp_path / f"a.{suffix}")
    read = try_source(find_meshes(tmp_path)[0])
    assert not isinstance(read, str)
    np.testing.assert_allclose(read.vertices, known.model.vertices, atol=1e-4)
    np.testing.assert_array_equal(read.triangles, known.model.triangles)


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(MeshSetError, match="no meshes there"):
        find_meshes(tmp_path)


def test_arrays_that_are_no_meshes(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.zeros((5, 2)))
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(tmp_path / "good.npy", np.zeros((5, 3)))
    good = (tmp_path / "good.npy").read_bytes()
    (tmp_path / "good.npy").rename(tmp_path / "names.npy")
    np.save(tmp_path / "names.npy", np.array([["a", "b", "c"]]))
    (tmp_path / "header.npy").write_bytes(good.replace(b"(5, 3)", b"(999999999, 3)"[:6]))
    (tmp_path / "huge.npy").write_bytes(good.replace(b"(5, 3), }        ", b"(500000000, 3), }"))
    (tmp_path / "short.npy").write_bytes(good[:90])
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "text.npy").write_text("no array")
    np.savez(tmp_path / "zipped.npz", np.zeros((5, 3)))
    (tmp_path / "zipped.npz").rename(tmp_path / "zipped.npy")
    reasons = [try_source(source) for source in find_meshes(tmp_path)]
    assert len(reasons) == 9
    assert all(isinstance(reason, str) for reason in reasons)
    assert "(5, 2)" in " ".join(map(str, reasons))


def test_rows_by_path_name_or_stem(folder: Path) -> None:
    rows = [
        {"file": "first/p00.obj", "age": "3"},
        {"file": "second/p00.obj", "age": "4"},
        {"file": "p01", "age": "5"},
        {"file": "stack[2]", "age": "6"},
        {"file": "gone.obj", "age": "7"},
    ]
    kept, left_out = with_rows(find_meshes(folder), rows)
    assert [(source.name, source.row["age"]) for source in kept] == [
        ("first/p00.obj", "3"),
        ("first/p01.obj", "5"),
        ("second/p00.obj", "4"),
        ("stack.npy[2]", "6"),
    ]
    assert {one.name: one.reason for one in left_out} == {
        "single.npy": "it is not in the table",
        "stack.npy[0]": "it is not in the table",
        "stack.npy[1]": "it is not in the table",
        "gone.obj": "it is in the table, but there is no such mesh",
    }


def test_only_rows_that_are_asked_for(folder: Path) -> None:
    rows = [{"file": name, "age": age} for name, age in (("p01", "5"), ("single", "6"), ("gone", "7"), ("away", "8"))]
    kept, left_out = with_rows(find_meshes(folder / "single.npy"), rows, read_conditions("age<8", ["file", "age"]))
    assert [source.name for source in kept] == ["single.npy"]
    assert [one.name for one in left_out] == ["p01", "gone"]
    assert not with_rows(find_meshes(folder / "single.npy"), rows, read_conditions("age>6", ["file", "age"]))[0]


def test_rows_that_fit_two(folder: Path) -> None:
    with pytest.raises(MeshSetError, match="write their paths"):
        with_rows(find_meshes(folder), [{"file": "p00.obj"}])
    with pytest.raises(MeshSetError, match="two rows"):
        with_rows(find_meshes(folder), [{"file": "p01.obj"}, {"file": "p01.obj"}])


def test_the_checksum_is_of_names_and_bytes(folder: Path) -> None:
    sources = find_meshes(folder)
    before = checksum(sources)
    assert before == checksum(find_meshes(folder))
    assert before != checksum(sources[1:])
    path = folder / "first" / "p00.obj"
    path.write_bytes(path.read_bytes() + b"\n")
    assert before != checksum(sources)
