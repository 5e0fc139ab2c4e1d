"""Meshes in: order and number of vertices stay, other files are left alone, damaged ones end in one typed error."""

from __future__ import annotations

import contextlib
import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affectface.errors import ModelFileError
from affectface.mesh_files import write_glb, write_obj
from affectface.morphable import mesh_reading
from affectface.morphable.mesh_reading import read_mesh

trimesh = pytest.importorskip("trimesh")

VERTICES = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)
TRIANGLES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
UV = np.random.default_rng(0).random((12, 2)).astype(np.float32)
UV_TRIANGLES = np.arange(12, dtype=np.int32).reshape(4, 3)
COLOUR = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [51, 51, 51]], np.uint8)


def obj_bytes(folder: Path) -> bytes:
    write_obj(folder / "w.obj", VERTICES, TRIANGLES, UV, UV_TRIANGLES)
    return (folder / "w.obj").read_bytes()


def ply_bytes(encoding: str) -> bytes:
    mesh = trimesh.Trimesh(VERTICES, TRIANGLES, vertex_colors=COLOUR, process=False)
    return bytes(mesh.export(file_type="ply", encoding=encoding))


def glb_bytes(folder: Path) -> bytes:
    write_glb(folder / "w.glb", VERTICES, VERTICES, TRIANGLES, UV[:4], np.full((7, 5, 3), 99, np.uint8))
    return (folder / "w.glb").read_bytes()


WRL = """#VRML V2.0 utf8
# written { by [ a scanner
Shape {
  appearance Appearance { texture ImageTexture { url "face#1.jpg" } material Material { diffuseColor 1 1 1 } }
  geometry IndexedFaceSet {
    coord Coordinate { point [ %s ] }
    coordIndex [ %s ]
    texCoord TextureCoordinate { point [ %s ] }
    texCoordIndex [ %s ]
    colorPerVertex TRUE
    color Color { color [ %s ] }
    creaseAngle 0.5
  }
}
"""


def wrl_bytes() -> bytes:
    def rows(array: np.ndarray, end: str) -> str:
        return ",\n".join(" ".join(map(repr, row)) + end for row in array.tolist())

    texts = rows(VERTICES, ""), rows(TRIANGLES, " -1"), rows(UV, ""), rows(UV_TRIANGLES, " -1"), rows(COLOUR / 255, "")
    return (WRL % texts).encode()


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("meshes")
    return {
        "obj": obj_bytes(folder),
        "ply": ply_bytes("binary"),
        "ply_text": ply_bytes("ascii"),
        "glb": glb_bytes(folder),
        "wrl": wrl_bytes(),
    }


@pytest.mark.parametrize("kind", ["obj", "ply", "ply_text", "glb", "wrl"])
def test_what_was_written_is_read(samples: dict[str, bytes], tmp_path: Path, kind: str) -> None:
    (tmp_path / "mesh.of_any_name").write_bytes(samples[kind])
    mesh = read_mesh(tmp_path / "mesh.of_any_name")
    np.testing.assert_allclose(mesh.vertices, VERTICES)
    np.testing.assert_array_equal(mesh.triangles, TRIANGLES)
    if kind in ("obj", "wrl"):
        np.testing.assert_allclose(mesh.uv, UV[UV_TRIANGLES], atol=1e-5)
    elif kind == "glb":
        np.testing.assert_allclose(mesh.uv, (UV[:4] * (1, -1) + (0, 1))[TRIANGLES], atol=1e-5)
    if kind in ("ply", "ply_text", "wrl"):
        np.testing.assert_allclose(mesh.colour, COLOUR / 255, atol=1e-6)


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "x.obj"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


HEAD = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nvn 0 0 1\n"


@pytest.mark.parametrize(
    ("faces", "has_uv"),
    [
        ("f 1 2 3 4\n", False),
        ("f 1 2 3\nf 1 3 4 # comment\n", False),
        ("f 1/1 2/2 3/3 4/4\n", True),
        ("f 1/1/1 2/2/1 3/3/1 4/4/1\n", True),
        ("f 1//1 2//1 3//1 4//1\n", False),
        ("f -4/-4 -3/-3 -2/-2 -1/-1\n", True),
        ("f 1/1 2/2 3/3\nf 1/1/1 3/3/1 4/4/1\n", True),
        ("f 1 2 3\nf 1/1 3/3 4/4\n", False),
        ("f 1/1 2/2 \\\n3/3 4/4\n", True),
    ],
)
def test_ways_to_write_a_face(tmp_path: Path, faces: str, has_uv: bool) -> None:
    mesh = read_mesh(written(tmp_path, HEAD + faces))
    assert sorted(map(tuple, mesh.triangles.tolist())) == [(0, 1, 2), (0, 2, 3)]
    if has_uv:
        np.testing.assert_allclose(mesh.uv, mesh.vertices[mesh.triangles][..., :2])
    else:
        assert mesh.uv is None


SQUARE = "Coordinate { point [0 0 0, 1 0 0, 1 1 0, 0 1 0] }"
FLAT = "TextureCoordinate { point [0 0, 1 0, 1 1, 0 1] }"


@pytest.mark.parametrize(
    "text",
    [
        f"#VRML V2.0 utf8\nShape {{ geometry IndexedFaceSet {{ coord {SQUARE} coordIndex [0 1 2 3] texCoord {FLAT} "
        "} }",
        f"#VRML V2.0 utf8\nShape {{ geometry IndexedFaceSet {{ coordIndex [0,1,2,-1,0,2,3,-1] coord DEF a {SQUARE} "
        f"texCoord {FLAT} texCoordIndex [0 1 2 -1 0 2 3] }} }}",
        f"#VRML V2.0 utf8\nShape {{ geometry IndexedFaceSet {{ ccw FALSE coord {SQUARE} coordIndex [2 1 0 -1 3 2 0 -1] "
        f"texCoord {FLAT} }} }}",
        '#VRML V1.0 ascii\nSeparator { Texture2 { filename "a.jpg" } '
        + SQUARE.replace("Coordinate", "Coordinate3")
        + FLAT.replace("Coordinate", "Coordinate2")
        + " IndexedFaceSet { coordIndex [0, 1, 2, -1, 0, 2, 3, -1] textureCoordIndex [0,1,2,-1,0,2,3,-1] } }",
    ],
)
def test_ways_to_write_vrml(tmp_path: Path, text: str) -> None:
    mesh = read_mesh(written(tmp_path, text))
    assert sorted(tuple(sorted(corners)) for corners in mesh.triangles.tolist()) == [(0, 1, 2), (0, 2, 3)]
    edges = mesh.vertices[mesh.triangles]
    assert (np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0])[:, 2] > 0).all()
    np.testing.assert_allclose(mesh.uv, mesh.vertices[mesh.triangles][..., :2])


def test_several_vrml_surfaces_become_one(tmp_path: Path) -> None:
    one = f"Shape {{ geometry IndexedFaceSet {{ coord {SQUARE} coordIndex [0 1 2 3 -1] }} }}"
    mesh = read_mesh(written(tmp_path, f"#VRML V2.0 utf8\n{one} {one}"))
    assert len(mesh.vertices) == 8
    assert mesh.triangles.tolist() == [[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]]


def test_colours_after_the_coordinates(tmp_path: Path) -> None:
    mesh = read_mesh(written(tmp_path, "v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 1 1 0 .5 .5 9\nf 1 2 3\n"))
    np.testing.assert_allclose(mesh.colour, [[1, 0, 0], [0, 1, 0], [0.5, 0.5, 1]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "0 vertices"),
        ("v 0 0 0\n", "0 faces"),
        ("v 0 0 0\nf 1 2 3\n", "beyond the 1"),
        ("v 0 0\nf 1 1 1\n", "no mesh"),
        ("v nan 0 0\nf 1 1 1\n", "NaN"),
        ("v 0 0 0\nf 0 0 0\n", "indices count from 1"),
        ("v 0 0 0\nf 99999999999999999999 1 1\n", "not a readable"),
        ("v 0 0 0\nf -9 -9 -9\n", "beyond the 1"),
        (b"\x89PNG\r\n", "not a readable"),
        (b"ply\nformat ascii 1.0\nelement vertex 999999999999\nproperty float x\nend_header\n", "more than the file"),
        (b"glTF\x02\x00", "not a readable"),
        ("#VRML V2.0 utf8\n", "no IndexedFaceSet"),
        ("#VRML V2.0 utf8\nShape { geometry IndexedFaceSet { coord USE a coordIndex [0 1 2] } }", "no IndexedFaceSet"),
        (f"#VRML V2.0 utf8\nIndexedFaceSet {{ coord {SQUARE} coordIndex [0 1 4] }}", "beyond the 4"),
        ("#VRML V2.0 utf8\nIndexedFaceSet { coord Coordinate { point [0 0] } coordIndex [0 0 0] }", "not a readable"),
        ("#VRML V2.0 utf8\nIndexedFaceSet { coord Coordinate { point [x] } coordIndex [0 0 0] }", "not a readable"),
    ],
)
def test_damaged_files(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        read_mesh(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_missing_folder_and_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelFileError, match="missing"):
        read_mesh(tmp_path / "none.obj")
    with pytest.raises(ModelFileError, match="a folder"):
        read_mesh(tmp_path)
    monkeypatch.setattr(mesh_reading, "LIMIT_BYTES", 10)
    with pytest.raises(ModelFileError, match="larger than"):
        read_mesh(written(tmp_path, HEAD))


def rewritten(data: bytes, **parts: object) -> bytes:
    """Return a GLB with entries of its scene replaced."""
    size = struct.unpack_from("<I", data, 12)[0]
    head = json.dumps(json.loads(data[20 : 20 + size]) | parts).encode()
    head += b" " * (-len(head) % 4)
    return data[:12] + struct.pack("<II", len(head), 0x4E4F534A) + head + data[20 + size :]


@pytest.mark.parametrize(
    "parts",
    [
        {"buffers": [{"byteLength": 8, "uri": "/etc/passwd"}]},
        {"images": [{"uri": "secret.png"}]},
        {"accessors": [{"count": 10**12, "componentType": 5126, "type": "VEC3"}]},
        {"accessors": [{"count": 10**12, "componentType": 5126, "type": "VEC3", "bufferView": 0}]},
        {"accessors": 7},
        {"meshes": []},
    ],
)
def test_hostile_glb(samples: dict[str, bytes], tmp_path: Path, parts: dict[str, object]) -> None:
    with pytest.raises(ModelFileError):
        read_mesh(written(tmp_path, rewritten(samples["glb"], **parts)))


def test_no_other_file_is_opened(samples: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret.mtl").write_text("newmtl a\nmap_Kd secret.png\n")
    (tmp_path / "secret.png").write_bytes(b"x")
    opened: list[str] = []
    real = io.open

    def watched(file: object, *args: object, **kwargs: object) -> object:
        opened.append(Path(str(file)).name)
        return real(file, *args, **kwargs)  # type: ignore[call-overload]

    obj = written(tmp_path, "mtllib secret.mtl\n" + HEAD + "usemtl a\nf 1/1 2/2 3/3\n")
    ply = tmp_path / "x.ply"
    ply.write_bytes(
        samples["ply_text"].replace(b"format ascii 1.0\n", b"format ascii 1.0\ncomment TextureFile secret.png\n")
    )
    monkeypatch.setattr("builtins.open", watched)
    monkeypatch.setattr(io, "open", watched)
    read_mesh(obj)
    read_mesh(ply)
    assert {"x.obj", "x.ply"} <= set(opened)
    assert not {"secret.mtl", "secret.png"} & set(opened)


@given(data=st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_and_truncated_bytes(samples: dict[str, bytes], tmp_path: Path, data: st.DataObject) -> None:
    sample = bytearray(samples[data.draw(st.sampled_from(sorted(samples)))])
    for _ in range(data.draw(st.integers(0, 6))):
        sample[data.draw(st.integers(0, len(sample) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "x"
    path.write_bytes(sample[: data.draw(st.integers(0, len(sample)))] if data.draw(st.booleans()) else sample)
    with contextlib.suppress(ModelFileError):  # a typed error, or a change that does no harm: nothing else comes out
        mesh = read_mesh(path)
        assert mesh.triangles.max() < len(mesh.vertices)
