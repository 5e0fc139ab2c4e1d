"""Damaged and hostile model files of every layout end in one typed error, in bounded memory."""

from __future__ import annotations

import contextlib
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from published_layouts import FIXTURES, LAYOUTS, VERTICES, basel_2017

from affectface.errors import ModelFileError
from affectface.morphable.importers import PublishedModel, read_published_model
from affectface.morphable.importers.hdf5_reading import read_hdf5

_MOST_MEMORY = 200 << 20


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("layouts")
    found = {}
    for layout in LAYOUTS:
        layout.write(folder / layout.file)
        if not layout.file.endswith(".h5"):  # read by another process: too slow for hundreds, tried below
            found[layout.file] = (folder / layout.file).read_bytes()
    for file in FIXTURES.glob("*.*"):
        if "expected" not in file.name and file.name != "eos_expression_blendshapes.bin":
            found[file.name] = file.read_bytes()
    return found


@given(data=st.data())
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_flipped_and_truncated_bytes(samples: dict[str, bytes], tmp_path: Path, data: st.DataObject) -> None:
    sample = bytearray(samples[data.draw(st.sampled_from(sorted(samples)))])
    for _ in range(data.draw(st.integers(0, 8))):
        place = data.draw(st.one_of(st.integers(0, min(400, len(sample) - 1)), st.integers(0, len(sample) - 1)))
        sample[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "x"
    path.write_bytes(sample[: data.draw(st.integers(0, len(sample)))] if data.draw(st.booleans()) else sample)
    tracemalloc.start()
    try:
        # a typed error, or a change that does no harm: nothing else may come out
        with contextlib.suppress(ModelFileError):
            assert isinstance(read_published_model(path), PublishedModel)
        assert tracemalloc.get_traced_memory()[1] < _MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("seed", range(4))
def test_broken_hdf5(tmp_path: Path, seed: int) -> None:
    basel_2017(tmp_path / "a.h5")
    data = bytearray((tmp_path / "a.h5").read_bytes())
    rng = np.random.default_rng(seed)
    for place in rng.integers(8, len(data), 200):
        data[place] = rng.integers(0, 256)
    (tmp_path / "a.h5").write_bytes(data[: len(data) - 500 * seed])
    with contextlib.suppress(ModelFileError):
        read_published_model(tmp_path / "a.h5")


def test_hdf5_that_leads_elsewhere(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["numbers"] = np.arange(4.0)
    (tmp_path / "raw").write_bytes(bytes(64))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["there"] = np.arange(4.0)
        file["group/external"] = h5py.ExternalLink("secret.h5", "numbers")
        file["soft"] = h5py.SoftLink("/there")
        file.create_dataset("raw", (8,), "f8", external=[(str(tmp_path / "raw"), 0, 64)])
        layout = h5py.VirtualLayout((4,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "numbers", (4,))
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("huge", (1 << 20, 1 << 20), "f8", chunks=(64, 64))
        file.create_dataset("refs", (2,), h5py.ref_dtype)
        file["text"] = "[]"
    assert set(read_hdf5(tmp_path / "x.h5", ["there", "none/of/these", "there/too"])) == {"there"}
    assert read_hdf5(tmp_path / "x.h5", ["text"])["text"].tobytes() == b"[]"
    for name, message in (
        ("group/external", "not followed"),
        ("soft", "not followed"),
        ("raw", "other files"),
        ("virtual", "other files"),
        ("huge", "too large"),
        ("refs", "objects"),
    ):
        with pytest.raises(ModelFileError, match=message):
            read_hdf5(tmp_path / "x.h5", [name])


def test_counts_of_cereal(tmp_path: Path) -> None:
    data = (FIXTURES / "eos_shape.bin").read_bytes()
    mean = 4 + 8 + 4 * 48
    for place, value in (
        (4, struct.pack("<i", 3 << 28)),
        (mean, struct.pack("<ii", 1 << 30, 1 << 30)),
        (mean, struct.pack("<ii", -1, -1)),
        (mean + 8 + 4 * 144 + 8 + 12, struct.pack("<Q", 1 << 60)),
    ):
        (tmp_path / "x.bin").write_bytes(data[:place] + value + data[place + len(value) :])
        with pytest.raises(ModelFileError, match="damaged"):
            read_published_model(tmp_path / "x.bin")


def test_bombs_of_matlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectface.morphable.importers import matlab_reading

    monkeypatch.setattr(matlab_reading, "LIMIT_BYTES", 1 << 20)
    packed = zlib.compress(bytes(1 << 24))
    head = b"MATLAB 5.0".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    (tmp_path / "x.mat").write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(ModelFileError, match="unpacks to more than"):
        read_published_model(tmp_path / "x.mat")
    flags = struct.pack("<IIII", 6, 8, 6, 0) + struct.pack("<IIii", 5, 8, 1 << 30, 1 << 30)
    body = flags + struct.pack("<II", 1, 7) + b"shapeMU\0" + struct.pack("<II", 9, 8) + bytes(8)
    (tmp_path / "x.mat").write_bytes(head + struct.pack("<II", 14, len(body)) + body)
    with pytest.raises(ModelFileError, match="damaged"):
        read_published_model(tmp_path / "x.mat")


def test_npz_that_promises_more(tmp_path: Path) -> None:
    import io
    import zipfile

    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40, 3)})
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vertices.npy", buffer.getvalue() + VERTICES.tobytes())
    with pytest.raises(ModelFileError, match="not a readable"):
        read_published_model(tmp_path / "x.npz")
