"""What tells one augmentation from another, so that a training does not go on with another one unnoticed."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

_PLACES = ("fits",)
"""Fields that say where something is kept, which changes nothing of what is made."""


def mark_of_change(augment: Any) -> str | None:
    """Return a mark that changes with what an augmentation is and how it is set.

    Parameters
    ----------
    augment : callable, Change or None
        What `train_recogniser` takes. Of an object with `apply`, its class and its settings count: numbers, texts,
        arrays, tuples, frozen dataclasses and further changes among its attributes; not what it counts or keeps ready.
        Of a function, its name counts.

    Returns
    -------
    str or None
        The start of a SHA-256; None for no augmentation.
    """
    if augment is None:
        return None
    digest = hashlib.sha256()
    _tell(digest, augment)
    return digest.hexdigest()[:16]


def _tell(digest: Any, value: Any) -> None:
    """Feed a value to a digest, with what it is and its length, so that nothing runs into what follows."""
    if isinstance(value, np.ndarray):
        digest.update(f"array {value.dtype} {value.shape} ".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, dict):
        digest.update(f"dict {len(value)} ".encode())
        for name in sorted(value, key=repr):
            _tell(digest, name)
            _tell(digest, value[name])
    elif isinstance(value, tuple | list):
        digest.update(f"items {len(value)} ".encode())
        for one in value:
            _tell(digest, one)
    elif is_dataclass(value) and not isinstance(value, type):
        _tell_all(digest, value, {part.name: getattr(value, part.name) for part in fields(value)})
    elif hasattr(value, "apply"):
        _tell_all(digest, value, {name: one for name, one in vars(value).items() if _is_setting(one)})
    elif callable(value):
        digest.update(f"function {value.__module__}.{value.__qualname__} ".encode())
    else:
        digest.update(f"{type(value).__qualname__} {value!r} ".encode())


def _tell_all(digest: Any, value: Any, parts: dict[str, Any]) -> None:
    kind = type(value)
    digest.update(f"{kind.__module__}.{kind.__qualname__} ".encode())
    _tell(digest, {name: one for name, one in parts.items() if name not in _PLACES})


def _is_setting(value: Any) -> bool:
    """Whether an attribute of a change is a setting and not what it counts or keeps."""
    plain = isinstance(value, bool | int | float | str | tuple | np.ndarray)
    return plain or is_dataclass(value) or hasattr(value, "apply")
