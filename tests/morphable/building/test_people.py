"""The table of people, conditions and groups."""

from pathlib import Path

import pytest

from affectface.errors import MeshSetError
from affectface.morphable.building.people import read_conditions, read_grouping, read_people

ROW = {"file": "a.obj", "age": "31", "gender": "Female", "height": "", "city": "Graz and Wien"}
COLUMNS = list(ROW)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("age<40", True),
        ("age < 31", False),
        ("age<=31 and gender=female", True),
        ("gender=female AND age>=31.0", True),
        ("gender != male", True),
        ("age=31.0", True),
        ("age==30", False),
        ("age>9", True),  # as words, 31 comes before 9
        ("height>1", False),
        ("height=", None),
        ("gender<zzz", False),
        ("city=graz", False),
    ],
)
def test_conditions(text: str, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(MeshSetError, match="no condition"):
            read_conditions(text, COLUMNS)
    else:
        assert all(condition.holds(ROW) for condition in read_conditions(text, COLUMNS)) is holds


@pytest.mark.parametrize(
    "text",
    ["age", "age<", "<30", "age<30 or gender=female", "age<30<40", "__import__('os').system('x')", "weight>3", "age:3"],
)
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(MeshSetError, match=r"no condition|no column"):
        read_conditions(text, COLUMNS)


def test_groups() -> None:
    assert read_grouping("gender", COLUMNS)(ROW) == "female"
    by_age = read_grouping("age:7,18,50", COLUMNS)
    ages = {"3": "age_below_7", "7": "age_from_7_below_18", "31": "age_from_18_below_50", "50": "age_from_50", "": ""}
    assert {age: by_age({**ROW, "age": age}) for age in ages} == ages


@pytest.mark.parametrize("text", ["weight", "age:", "age:a", "age:18,7"])
def test_what_is_no_grouping(text: str) -> None:
    if text == "age:":
        assert read_grouping(text, COLUMNS)(ROW) == "31"
        return
    with pytest.raises(MeshSetError, match=r"no column|ascending numbers"):
        read_grouping(text, COLUMNS)


def test_reading(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('\ufefffile, age\n a.obj ,3\n\n"b, c.obj",4\n', encoding="utf-8")
    assert read_people(path) == [{"file": "a.obj", "age": "3"}, {"file": "b, c.obj", "age": "4"}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "columns none"),
        (b"name,age\nx,3\n", "`file` or `subject`"),
        (b"file\n", "0 rows"),
        (b"file,age\nx\n", "row 2 has 1 cells"),
        (b"file,file\nx,y\n", "different names"),
        (b"\xff\xfe\x00file", "not a readable table"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content)
    with pytest.raises(MeshSetError, match=message):
        read_people(path)
    with pytest.raises(MeshSetError, match="not a readable table"):
        read_people(tmp_path / "none.csv")
