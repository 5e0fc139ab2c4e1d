"""The manifest: the same in Parquet and CSV, checked to the cell, written whole, in memory that does not grow."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectface.affect_tables import EXPRESSIONS
from affectface.augment.columns import COLUMNS
from affectface.augment.manifest import open_manifest, write_manifest
from affectface.augment.rows import SPLITS, Row
from affectface.errors import DataSetError

LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\\")
NAMES = st.text(LETTERS, min_size=1, max_size=12).filter(lambda s: s[0] != "/" and s[1:2] != ":")
FLOATS = st.floats(-1, 1, width=32)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    def perhaps(strategy: st.SearchStrategy[object]) -> object:
        return draw(st.none() | strategy)

    units = st.dictionaries(st.sampled_from(["1", "12", "12L", "43"]), st.floats(0, 1, width=32), min_size=1)
    sizes = st.floats(0.125, 4096, width=32)
    return Row(
        draw(NAMES),
        subject=draw(st.text(LETTERS, max_size=8)),
        split=draw(st.sampled_from(["", *SPLITS])),
        fold=perhaps(st.integers(0, 20)),  # type: ignore[arg-type]
        frame=perhaps(st.integers(0, 10**6)),  # type: ignore[arg-type]
        time=perhaps(st.floats(0, 1e6)),  # type: ignore[arg-type]
        valence=perhaps(FLOATS),  # type: ignore[arg-type]
        arousal=perhaps(FLOATS),  # type: ignore[arg-type]
        expression=draw(st.sampled_from(["", *EXPRESSIONS])),
        action_units=perhaps(units),  # type: ignore[arg-type]
        age=perhaps(st.floats(0, 120, width=32)),  # type: ignore[arg-type]
        age_group=draw(st.sampled_from(["", "20-39", "70+"])),
        box=perhaps(st.tuples(FLOATS, FLOATS, sizes, sizes)),  # type: ignore[arg-type]
        landmarks=perhaps(  # type: ignore[arg-type]
            st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=5).map(lambda p: np.array(p, np.float32))
        ),
        source=draw(st.text(LETTERS, max_size=5)),
    )


def cells(row: Row) -> dict[str, object]:
    values = {name: getattr(row, name) for name in COLUMNS}
    values["landmarks"] = None if row.landmarks is None else row.landmarks.tolist()
    return values


@settings(max_examples=40, deadline=None)
@given(st.lists(rows(), max_size=4))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, given_rows: list[Row]) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    for name in ("m.parquet", "m.csv"):
        with write_manifest(folder / name) as writer:
            for row in given_rows:
                writer.add(row)
        assert writer.rows == len(given_rows)
        found = [cells(row) for row in open_manifest(folder / name).rows()]
        assert found == [cells(row) for row in given_rows], name


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_equal_rows_give_equal_bytes(suffix: str, tmp_path: Path) -> None:
    sums = set()
    for name in ("a", "b"):
        with write_manifest(tmp_path / f"{name}{suffix}") as writer:
            for i in range(20_000):
                writer.add(Row(f"{i}.jpg", valence=(i % 200) / 100 - 1, action_units={"12": 0.5}))
        sums.add(hashlib.sha256((tmp_path / f"{name}{suffix}").read_bytes()).hexdigest())
    assert len(sums) == 1


def test_known_licences_are_in_the_file(tmp_path: Path) -> None:
    for suffix, said in ((".parquet", {"london": "CC BY 4.0", "lisa": "CC0"}), (".csv", {})):
        with write_manifest(tmp_path / f"a{suffix}") as writer:
            for source in ("london", "mine", "", "fei", "lisa", "london"):
                writer.add(Row("a.jpg", source=source))
        assert open_manifest(tmp_path / f"a{suffix}").licences() == said
    with write_manifest(tmp_path / "b.parquet") as writer:
        writer.add(Row("a.jpg", source="mine"))
    assert open_manifest(tmp_path / "b.parquet").licences() == {}


def test_only_wanted_columns_are_read(tmp_path: Path) -> None:
    with write_manifest(tmp_path / "m.parquet") as writer:
        writer.add(Row("a.jpg", subject="s", valence=0.5))
    row = next(open_manifest(tmp_path / "m.parquet").rows(["path", "valence"]))
    assert (row.path, row.valence, row.subject) == ("a.jpg", 0.5, "")


def test_a_written_manifest_can_be_a_few_columns_of_csv(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("valence,path\n0.5,a b.jpg\n,c.jpg\n")
    assert [(r.path, r.valence, r.expression) for r in open_manifest(tmp_path / "m.csv").rows()] == [
        ("a b.jpg", 0.5, ""),
        ("c.jpg", None, ""),
    ]


FAULTS = {
    "valence": ("1.5", r"row 3: valence is 1\.5; a number in \[-1, 1\] is needed"),
    "arousal": ("nan", r"row 3: arousal is nan; a number in \[-1, 1\] is needed"),
    "expression": ("glee", r"row 3: expression is 'glee'; one of neutral, anger"),
    "split": ("dev", r"row 3: split is 'dev'; one of train, validation, test, or empty"),
    "action_units": ("12=3", r"row 3: action_units has 12=3; strengths in \[0, 1\]"),
    "box": ("1 2 3 0", r"row 3: box has no size"),
    "landmarks": ("1 2 3", r"row 3: landmarks has another length; pairs x y are needed"),
    "age": ("-1", r"row 3: age is -1; a number in \[0, 130\] is needed"),
    "age_group": ("old", r"row 3: age_group is 'old'; text such as 20-39"),
    "time": ("-0.5", r"row 3: time is -0\.5"),
    "fold": ("-1", r"row 3: fold is -1"),
    "frame": ("x", r"row 3: frame is 'x'; a whole number, or nothing, is needed"),
    "path": ("/etc/passwd", r"row 3: path is '/etc/passwd'; a relative path with forward slashes is needed"),
}


@pytest.mark.parametrize("column", FAULTS)
def test_a_nonsense_cell_is_named(column: str, tmp_path: Path) -> None:
    text, words = FAULTS[column]
    file = tmp_path / "m.csv"
    lines = ["a.jpg,", "b.jpg,", f'c.jpg,"{text}"']
    if column == "path":
        file.write_text(f"path\na.jpg\nb.jpg\n{text}\n")
    else:
        file.write_text("\n".join([f"path,{column}", *lines]) + "\n")
    with pytest.raises(DataSetError, match=f"m\\.csv: {words}"):
        list(open_manifest(file).rows())


def test_a_nonsense_row_is_not_written(tmp_path: Path) -> None:
    def write() -> None:
        with write_manifest(tmp_path / "m.parquet") as writer:
            writer.add(Row("a.jpg"))
            writer.add(Row("b.jpg", valence=2.0))

    with pytest.raises(DataSetError, match="row 2: valence is 2"):
        write()
    assert not list(tmp_path.iterdir())


def test_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    with write_manifest(tmp_path / "m.parquet") as writer:
        writer.add(Row("a.jpg"))
    whole = (tmp_path / "m.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other.csv").write_text("name,label\na,b\n")
    (tmp_path / "short.csv").write_text("path,subject\na\n")
    (tmp_path / "binary.csv").write_bytes(b"path\n\xff\xfe\x00")
    for name, words in {
        "cut.parquet": "not a Parquet file",
        "none.parquet": "no such file",
        "m.txt": "unknown suffix '.txt' for a manifest",
        "other.csv": "unknown column 'name'",
        "short.csv": "row 1: has 1 cells; the header has 2 columns",
        "binary.csv": "cannot be read as CSV",
    }.items():
        with pytest.raises(DataSetError, match=words):
            list(open_manifest(tmp_path / name).rows())


def test_parquet_of_others_is_read_and_wrong_types_are_named(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"path": ["a.jpg"], "valence": [0.25], "frame": [3]}), tmp_path / "plain.parquet")
    row = next(open_manifest(tmp_path / "plain.parquet").rows())
    assert (row.valence, row.frame) == (0.25, 3)
    pq.write_table(pa.table({"path": ["a.jpg"], "valence": ["much"]}), tmp_path / "text.parquet")
    with pytest.raises(DataSetError, match="the column valence is string; float is needed"):
        open_manifest(tmp_path / "text.parquet")


def test_a_row_is_a_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Row("a.jpg").path = "b.jpg"  # type: ignore[misc]


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    code = (
        "import resource, sys, numpy as np\n"
        "from affectface.augment.manifest import open_manifest, write_manifest\n"
        "from affectface.augment.rows import Row\n"
        "points = np.ones((68, 2), np.float32)\n"
        "with write_manifest(sys.argv[1]) as writer:\n"
        "    for i in range(int(sys.argv[2])):\n"
        "        writer.add(Row(f'{i}.jpg', valence=0.5, landmarks=points))\n"
        "count = sum(batch.num_rows for batch in open_manifest(sys.argv[1]).batches())\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    peaks = []
    for count in (40_000, 160_000):
        command = [sys.executable, "-c", code, str(tmp_path / "m.parquet"), str(count)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        read, peak = map(int, done.stdout.split())
        assert read == count
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 60, peaks  # MB; all rows in memory would take 65 MB for landmarks alone
