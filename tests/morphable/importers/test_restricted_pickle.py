"""Pickles never run anything: what is no array is refused by name, and what is too much by its size."""

from __future__ import annotations

import builtins
import collections
import gzip
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
from published_layouts import FIXTURES, pretended_chumpy

from affectface.errors import ModelFileError
from affectface.morphable.importers import restricted_pickle
from affectface.morphable.importers.pickled_values import PickledArray, as_array
from affectface.morphable.importers.restricted_pickle import load_pickle


def loaded(tmp_path: Path, data: bytes) -> Any:
    (tmp_path / "x.pkl").write_bytes(data)
    return load_pickle(tmp_path / "x.pkl")


class Calls:
    """Pickles as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def touch(path: Path) -> list[Any]:
    """Calls that would make a file if anything were executed."""
    command = f"touch {path}"
    return [
        Calls(os.system, (command,)),
        Calls(builtins.eval, (f"open({str(path)!r}, 'w')",)),
        Calls(builtins.exec, (f"open({str(path)!r}, 'w')",)),
        Calls(builtins.getattr, ("", "join")),
        Calls(builtins.open, (str(path), "w")),
        Calls(subprocess.Popen, (command, -1, None, None, None, None, None, True, True)),
        Calls(builtins.map, (os.system, [command])),
        Calls(np.load, (str(path),)),
        Calls(collections.Counter, ("aab",)),
        {"v_template": Calls(os.system, (command,))},
        [Calls(list, ([Calls(os.system, (command,))],))],
    ]


@pytest.mark.parametrize("number", range(11))
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_nothing_is_executed(tmp_path: Path, number: int, protocol: int) -> None:
    made = tmp_path / "made"
    with pytest.raises(ModelFileError, match=r"it wants '[\w.]+'.*nothing was executed") as caught:
        loaded(tmp_path, pickle.dumps(touch(made)[number], protocol=protocol))
    assert not made.exists()
    assert "\n" not in str(caught.value)


ARRAY = pickle.dumps(np.arange(3.0), protocol=2)
RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "os.system"),
        (b"(S'true'\nios\nsystem\n.", "os.system"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "os.system"),
        (b"\x80\x04\x8c\x08builtins\x8c\x10eval.__globals__\x93.", "eval.__globals__"),
        (b"cchumpy.ch\nCh.__init__\n.", "Ch.__init__"),
        (b"cmenpo.io\n__import__('os')\n.", "__import__"),
        (RECONSTRUCT + b"(cnumpy\nndarray\n(I0\ntS'b'\ntR.", None),
        (b"\x80\x02\x82\x01.", "EXT1"),
        (b"P0\n.", "PERSID"),
        (b"\x80\x05\x97.", "NEXT_BUFFER"),
        (b"I1\nI2\nR.", "no class of arrays"),
        (b"(lI1\nb.", "finds a list"),
        (b"}I1\n.", None),
        (b"}((I1\nttI1\ns.", "a tuple as a key"),
        (b"t.", "lost a mark|damaged|not a readable"),
        (b"", "no end"),
        (b"\x80\x02]q\x00", "no end"),
        (b"\x80\x02r\xff\xff\xff\xff.", "not a readable"),
        (b"Nr\xff\xff\xff\xff.", None),
        (b"\x8b" + struct.pack("<i", 2**31 - 1) + b"1.", "not a readable"),
        (b"L" + b"9" * 10_000 + b"L\n.", "not a readable"),
        (b"B" + struct.pack("<I", 2**32 - 1) + b"1.", "not a readable"),
        (b"\x8e" + struct.pack("<Q", 2**62) + b"1.", "not a readable"),
        (b"\x95" + struct.pack("<Q", 2**62) + b"N.", None),
    ],
)
def test_by_hand(tmp_path: Path, data: bytes, message: str | None) -> None:
    if message is None:
        loaded(tmp_path, data)
        return
    with pytest.raises(ModelFileError, match=message):
        loaded(tmp_path, data)


def array_pickle(shape: bytes, kind: bytes, data: bytes, extra: bytes = b"NNNI-1\nI-1\nI0\n") -> bytes:
    """An array as Python 2 wrote it, its bytes as text."""
    dtype = b"cnumpy\ndtype\n(S'" + kind + b"'\nI0\nI1\ntR(I3\nS'<'\n" + extra + b"tb"
    head = RECONSTRUCT + b"(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n" + shape
    return head + dtype + b"I00\nT" + struct.pack("<i", len(data)) + data + b"tb."


def test_arrays_of_python_2(tmp_path: Path) -> None:
    numbers = np.array([1.5, -2, 1e300])
    found = loaded(tmp_path, array_pickle(b"(I3\nt", b"f8", numbers.tobytes()))
    np.testing.assert_array_equal(as_array(found), numbers)


@pytest.mark.parametrize(
    ("shape", "kind", "data", "message"),
    [
        (b"(I4\nt", b"f8", bytes(24), "shape"),
        (b"(L1000000000000L\nL1000000000000L\nt", b"f8", bytes(24), "shape|plain"),
        (b"(I-1\nt", b"f8", bytes(24), "plain type and shape"),
        (b"S'x'\n", b"f8", bytes(24), "plain type and shape"),
        (b"(I3\nt", b"O8", bytes(24), "of type"),
        (b"(I3\nt", b"V8", bytes(24), "of type"),
        (b"(I3\nt", b"f8, O", bytes(24), "of type"),
        (b"(I3\nt", b"f77", bytes(24), "not a readable"),
    ],
)
def test_arrays_that_lie(tmp_path: Path, shape: bytes, kind: bytes, data: bytes, message: str) -> None:
    with pytest.raises(ModelFileError, match=message):
        loaded(tmp_path, array_pickle(shape, kind, data))


def test_arrays_of_objects_and_records(tmp_path: Path) -> None:
    for array in (np.array([{}, None], dtype=object), np.zeros(2, dtype=[("a", "f8"), ("b", "i4")])):
        for protocol in (0, 2, 5):
            with pytest.raises(ModelFileError):
                loaded(tmp_path, pickle.dumps(array, protocol=protocol))


@pytest.mark.parametrize("protocol", range(6))
def test_plain_values_and_matrices(tmp_path: Path, protocol: int) -> None:
    big = np.arange(6, dtype=">i4").reshape(2, 3)
    value: dict[str, Any] = {
        "c": big,
        "f": np.asfortranarray(np.random.default_rng(0).random((4, 3))),
        "e": np.zeros((0, 3)),
        "scalar": np.float64(1.5),
        "ordered": collections.OrderedDict(a=1),
        "default": collections.defaultdict(list, a=[2]),
        "sets": [{1, 2}, frozenset("ab")],
        "bytes": b"\x00\xff",
        "path": Path("a/b"),
        "csc": scipy.sparse.random(5, 7, 0.3, "csc", rng=np.random.default_rng(1)),
        "csr": scipy.sparse.random(5, 7, 0.3, "csr", rng=np.random.default_rng(2)),
        "coo": scipy.sparse.random(5, 7, 0.3, "coo", rng=np.random.default_rng(3)),
    }
    found = loaded(tmp_path, pickle.dumps(value, protocol=protocol))
    for name in ("c", "f", "e"):
        np.testing.assert_array_equal(as_array(found[name]), value[name])
    for name in ("csc", "csr"):
        np.testing.assert_array_equal(as_array(found[name]), value[name].toarray())
    assert found["scalar"] == 1.5
    assert (found["ordered"], found["default"], found["bytes"]) == ({"a": 1}, {"a": [2]}, b"\x00\xff")
    assert isinstance(found["c"], PickledArray)


def test_broken_sparse_matrices_are_no_arrays(tmp_path: Path) -> None:
    matrix = scipy.sparse.csc_matrix(np.eye(3))
    matrix.indices = np.array([0, 1, 99], dtype=np.int32)
    assert as_array(loaded(tmp_path, pickle.dumps(matrix, protocol=2))) is None
    matrix = scipy.sparse.csc_matrix(np.eye(3))
    matrix._shape = (1 << 39, 1 << 39)
    assert as_array(loaded(tmp_path, pickle.dumps(matrix, protocol=2))) is None


def test_a_chumpy_array_of_itself(tmp_path: Path) -> None:
    with pretended_chumpy() as chumpy:
        knot = chumpy(None)
        knot.x = knot
        data = pickle.dumps(knot, protocol=2)
    assert as_array(loaded(tmp_path, data)) is None


def test_deep_and_wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b"N" + b"\x85" * 300_000 + b"."  # a tuple in a tuple in a tuple
    loaded(tmp_path, deep)
    with pytest.raises(ModelFileError, match="a tuple as a key"):
        loaded(tmp_path, b"}" + deep[:-1] + b"Ns.")
    doubled = b"N" + b"2\x86" * 100 + b"."  # two of the last, a hundred times: 2 ** 100 leaves, few values
    loaded(tmp_path, doubled)
    text = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20)
    bomb = text + b"q\x00" + b"".join(b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R" for _ in range(100))
    with pytest.raises(ModelFileError, match="more data than it holds"):
        loaded(tmp_path, bomb + b".")
    monkeypatch.setattr(restricted_pickle, "MOST_INSTRUCTIONS", 100)
    with pytest.raises(ModelFileError, match="more than 100 instructions"):
        loaded(tmp_path, b"N0" * 100 + b"N.")


def test_bombs_of_gzip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restricted_pickle, "LIMIT_BYTES", 1 << 20)
    with pytest.raises(ModelFileError, match="unpacks to more than"):
        loaded(tmp_path, gzip.compress(bytes(1 << 22)))
    with pytest.raises(ModelFileError, match="damaged gzip"):
        loaded(tmp_path, gzip.compress(ARRAY)[:-12])


def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(touch(tmp_path / "made")[0]))
    (tmp_path / "deep.pkl").write_bytes(b"}" + b"(" * 100_000 + b"t" * 100_000 + b"Ns.")
    code = (
        "import sys\nfrom affectface.morphable.importers import read_published_model\n"
        "from affectface.errors import ModelFileError\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n        read_published_model(name)\n"
        "    except ModelFileError as error:\n        print('refused:', error)\n"
    )
    files = [str(tmp_path / "evil.pkl"), str(tmp_path / "deep.pkl")]
    done = subprocess.run([sys.executable, "-c", code, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("refused:") == 2
    assert not (tmp_path / "made").exists()


def test_fixtures_of_menpo_hold_only_arrays() -> None:
    state = load_pickle(FIXTURES / "menpo_protocol_2.pkl").state
    assert {name: type(value).__name__ for name, value in state.items()}["_components"] == "PickledArray"
