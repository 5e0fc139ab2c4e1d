"""Everything public has a docstring in numpydoc's form, without missing or stale parameters."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import affectface

CHECKED = {"GL08", "PR01", "PR02", "PR10", "SS03"}
"""No docstring; parameters that are missing, unknown or badly formed; a summary without a full stop."""

LARGE = {"torch", "lightning", "torchmetrics", "safetensors"}
"""Packages of the extra train, which is too large to be installed for every test."""


def public_functions() -> list[str]:
    names = []
    for module in pkgutil.walk_packages(affectface.__path__, "affectface."):
        if module.name.endswith("__main__"):
            continue
        try:
            loaded = importlib.import_module(module.name)
        except ModuleNotFoundError as missing:
            if missing.name not in LARGE:
                raise
            continue
        for name, value in vars(loaded).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.name:
                continue
            if inspect.isfunction(value) or inspect.isclass(value):
                names.append(f"{module.name}.{name}")
    return names


def public_methods(name: str) -> list[str]:
    module, _, last = name.rpartition(".")
    value = getattr(importlib.import_module(module), last)
    if not inspect.isclass(value):
        return [name]
    own = [
        key for key, member in vars(value).items() if not key.startswith("_") and callable(getattr(value, key, None))
    ]
    return [name, *(f"{name}.{key}" for key in own)]


@pytest.mark.parametrize("name", public_functions())
def test_docstring(name: str) -> None:
    from numpydoc.validate import validate

    found = []
    for one in public_methods(name):
        report = validate(one)
        # One sentence that names its arguments is enough for small functions; classes document their attributes.
        short = "Parameters\n" not in (report["docstring"] or "") or ".cli." in one
        wanted = CHECKED - {"PR01"} if short else CHECKED
        found += [f"{one}: {code} {text}" for code, text in report["errors"] if code in wanted]
    assert not found, "\n".join(found)
