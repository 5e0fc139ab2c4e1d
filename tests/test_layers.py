"""A module imports from lower ranks or its own folder: the way of the data is the layout of the code."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "affectface"

RANKS = {
    **dict.fromkeys(("errors", "arrays", "action_unit_tables", "affect_tables", "affect_words"), 0),
    **dict.fromkeys(("blas", "csv_rows", "files", "landmark_numbers", "processes", "regions"), 0),
    **dict.fromkeys(("valence_arousal", "affect_path", "affect"), 0),
    **dict.fromkeys(
        ("assets", "images", "provenance", "metadata", "clips", "camera", "mesh", "mesh_files", "device"), 1
    ),
    **dict.fromkeys(("landmarks", "morphable", "rendering", "blending"), 2),
    **dict.fromkeys(("fitting", "gallery", "occlusion", "folds"), 3),
    "texturing": 3.5,  # fit -> texture, which the synthesis' files hold
    "synthesis": 4,
    "evaluation": 5,
    "augment": 5.5,  # what was made is measured as in evaluation
    "recognition": 6,
    "cli": 8,
    "__main__": 9,
}
SINGLE_FILES = {path.stem for path in SOURCE.glob("*.py")}
MODULES = sorted(SOURCE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the first names below `affectface` that a module imports, wherever in its text."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            parts = node.module.split(".")
            if parts == ["affectface"]:
                names |= {alias.name for alias in node.names if alias.name in RANKS}
            elif parts[0] == "affectface":
                names.add(parts[1])
        elif isinstance(node, ast.Import):
            names |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("affectface.")}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_down(path: Path) -> None:
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if own == "__init__":
        return  # the public names come from everywhere
    assert own in RANKS, f"give {own} a rank here"
    for name in imported(path) - {own}:
        assert name in RANKS, f"give {name} a rank here"
        same_level = RANKS[name] == RANKS[own] and {own, name} <= SINGLE_FILES | {"assets"}
        assert RANKS[name] < RANKS[own] or same_level, f"{own} (rank {RANKS[own]}) imports {name} (rank {RANKS[name]})"


def test_torch_is_not_imported() -> None:
    for path in MODULES:
        text, parts = path.read_text(encoding="utf-8"), path.relative_to(SOURCE).parts
        allowed = parts[0] in ("recognition", "action_units", "gans")
        if parts[:2] == ("recognition", "metrics"):
            allowed = path.stem == "torch_metrics"  # whoever only measures needs no torch
        assert allowed or ("import torch" not in text and "from torch" not in text), path
