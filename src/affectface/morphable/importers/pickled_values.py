"""What the names in a pickled model stand for: our own checked functions and harmless stand-ins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affectface.errors import ModelFileError

_PLAIN = re.compile(r"[<>|=]?[biuf]\d{1,2}|[<>|=]?[SU]\d{1,4}|[?]|bool|float\d\d|u?int\d\d?")
_STAND_INS = re.compile(
    r"(chumpy|menpo|menpo3d|menpofit)(\.\w+)*|scipy\.sparse(\._?(csc|csr|coo|bsr|dia|lil|dok|base|data|compressed))?"
)
_TEXT = (str, bytes, int, float, bool, type(None))


class Budget:
    """How many bytes may still be made of a pickle's own: a text can be named, and turned into bytes, many times."""

    def __init__(self, size: int) -> None:
        self.left = size

    def spend(self, size: int) -> None:
        """Take `size` bytes, or refuse."""
        self.left -= size
        if self.left < 0:
            raise ModelFileError("the pickle makes more data than it holds; not read")


@dataclass(eq=False)
class Stub:
    """An object of a class that was not imported: its name and what the pickle gave it.

    Attributes
    ----------
    name : str
        Module and class.
    arguments : tuple
        What it was made of.
    state : dict
        Its attributes.
    items : dict
        Entries that were set on it as on a mapping.
    """

    name: str
    arguments: tuple[Any, ...] = ()
    state: dict[str, Any] = field(default_factory=dict)
    items: dict[Any, Any] = field(default_factory=dict)

    def fill(self, state: Any) -> None:
        """Keep the attributes; a pair is those of `__dict__` and of `__slots__`."""
        for part in state if isinstance(state, tuple) else (state,):
            if isinstance(part, dict):
                self.state.update({str(key): value for key, value in part.items() if is_key(key)})


@dataclass(eq=False)
class DataType:
    """A numpy data type: of plain numbers or text."""

    dtype: np.dtype[Any]

    def fill(self, state: Any) -> None:
        """Take the byte order; refuse fields, sub-arrays and objects."""
        if not isinstance(state, tuple) or len(state) < 7 or any(part is not None for part in state[2:5]):
            raise ModelFileError("an array of records or objects in the pickle; only plain numbers are read")
        if state[1] == ">":
            self.dtype = self.dtype.newbyteorder(">")


@dataclass(eq=False)
class PickledArray:
    """A numpy array; empty until the pickle filled it."""

    array: NDArray[Any] = field(default_factory=lambda: np.empty(0))

    def fill(self, state: Any) -> None:
        """Take the state that numpy writes: version, shape, type, whether it is in Fortran's order, data."""
        if not isinstance(state, tuple) or len(state) not in (4, 5):
            raise ModelFileError("an array without shape, type and data in the pickle; it is damaged")
        shape, kind, fortran, data = state[-4:]
        self.array = _array(data, kind, shape, "F" if fortran is True or fortran == 1 else "C")


@dataclass(frozen=True, eq=False)
class Allowed:
    """A name that a pickle may use, and the function of ours that it stands for."""

    name: str
    make: Callable[[tuple[Any, ...], Budget], Any]


def is_key(key: Any) -> bool:
    """Return whether a value can be a key: text and numbers, whose hash takes no time."""
    return type(key) in _TEXT


def allowed_name(module: str, name: str) -> Allowed | None:
    """Return what a name in a pickle stands for; None if it is not one of an array's.

    Parameters
    ----------
    module, name : str
        As the pickle has them.

    Returns
    -------
    Allowed or None
        A function of ours.
    """
    full = f"{module}.{name}".replace("numpy._core.", "numpy.core.").replace("__builtin__.", "builtins.")
    full = full.replace("copy_reg.", "copyreg.")
    if full in _FUNCTIONS:
        return Allowed(full, _FUNCTIONS[full])
    if _STAND_INS.fullmatch(module) and name.isidentifier():
        return Allowed(full, lambda arguments, _: Stub(full, arguments))
    return None


def as_array(value: Any) -> NDArray[Any] | None:
    """Return an array of a pickle, dense; None if the value is none.

    Parameters
    ----------
    value : Any
        A value of `load_pickle`: an array, a chumpy array (whose numbers are its `x`), or a sparse matrix.

    Returns
    -------
    ndarray or None
        The numbers.
    """
    if isinstance(value, PickledArray):
        return value.array
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if isinstance(value, Stub) and value.name.startswith("chumpy."):
        held = value.state.get("x", value.state.get("_x"))
        return as_array(held) if not isinstance(held, Stub) else None
    if isinstance(value, Stub) and value.name.startswith("scipy."):
        return _dense(value)
    return None


def _dense(matrix: Stub) -> NDArray[Any] | None:
    """Return a sparse matrix's numbers."""
    from scipy import sparse

    shape: Any = matrix.state.get("_shape", matrix.state.get("shape"))
    parts = {name: as_array(matrix.state.get(name)) for name in ("data", "indices", "indptr", "row", "col")}
    if not _is_shape(shape) or len(shape) != 2 or prod(shape) > 1 << 27 or parts["data"] is None:
        return None
    try:
        if parts["indptr"] is not None and parts["indices"] is not None:
            kind = sparse.csr_matrix if "csr" in matrix.name else sparse.csc_matrix
            found = kind((parts["data"], parts["indices"], parts["indptr"]), shape=shape)
            found.check_format(full_check=True)
            return np.asarray(found.toarray())
        if parts["row"] is not None and parts["col"] is not None:
            return np.asarray(sparse.coo_matrix((parts["data"], (parts["row"], parts["col"])), shape=shape).toarray())
    except (ValueError, TypeError, IndexError):
        return None
    return None


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, tuple | list) and all(
        isinstance(n, int | np.integer) and not isinstance(n, bool) and 0 <= n < 1 << 40 for n in shape
    )


def _array(data: Any, kind: Any, shape: Any, order: str) -> NDArray[Any]:
    """Return an array on data, without a copy."""
    if isinstance(data, str):
        data = data.encode("latin-1")  # Python 2 wrote bytes as text
    if not isinstance(kind, DataType) or not _is_shape(shape) or len(shape) > 8:
        raise ModelFileError("an array without a plain type and shape in the pickle; it is damaged")
    if not isinstance(data, bytes | bytearray):
        raise ModelFileError("an array of objects in the pickle; only plain numbers are read")
    if prod(shape) * kind.dtype.itemsize != len(data):
        raise ModelFileError(f"an array of shape {tuple(shape)} with {len(data)} bytes in the pickle; it is damaged")
    if not len(data):
        return np.empty(shape, kind.dtype)
    return np.frombuffer(data, kind.dtype).reshape(shape, order="F" if order == "F" else "C")


def _make_array(arguments: tuple[Any, ...], _: Budget) -> PickledArray:
    return PickledArray()


def _make_from_buffer(arguments: tuple[Any, ...], _: Budget) -> PickledArray:
    data, kind, shape, order = arguments
    return PickledArray(_array(data, kind, shape, order))


def _make_type(arguments: tuple[Any, ...], _: Budget) -> DataType:
    if not arguments or not isinstance(arguments[0], str) or not _PLAIN.fullmatch(arguments[0]):
        raise ModelFileError(f"data of type {str(arguments[:1])[:40]} in the pickle; only plain numbers are read")
    return DataType(np.dtype(arguments[0]))


def _make_scalar(arguments: tuple[Any, ...], _: Budget) -> Any:
    kind, data = arguments
    return _array(data, kind, (), "C")[()]


def _make_bytes(arguments: tuple[Any, ...], budget: Budget) -> bytes:
    if not arguments:
        return b""
    text, encoding = arguments if len(arguments) == 2 else (arguments[0], "latin1")
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise ModelFileError("bytes of something that is no text in the pickle; it is damaged")
    budget.spend(len(text))
    return text.encode("latin-1")


def _make_dict(arguments: tuple[Any, ...], _: Budget) -> dict[Any, Any]:
    pairs = next((list(part) for part in arguments if isinstance(part, list)), [])
    found = {}
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not is_key(pair[0]):
            raise ModelFileError("a mapping whose keys are not text or numbers in the pickle; not read")
        found[pair[0]] = pair[1]
    return found


def _make_list(arguments: tuple[Any, ...], budget: Budget) -> list[Any]:
    held = arguments[0] if arguments and isinstance(arguments[0], list | tuple) else []
    budget.spend(8 * len(held))
    return list(held)


def _make_new(arguments: tuple[Any, ...], budget: Budget) -> Any:
    """Stand for `copyreg._reconstructor(class, base, state)`, which makes an object without calling its class."""
    if not arguments or not isinstance(arguments[0], Allowed) or arguments[0].name.startswith("copyreg."):
        raise ModelFileError("an object of no class in the pickle; it is damaged")
    return arguments[0].make((), budget)


def _make_path(arguments: tuple[Any, ...], _: Budget) -> str:
    return "/".join(str(part) for part in arguments if isinstance(part, str))


def _make_nothing(arguments: tuple[Any, ...], _: Budget) -> None:
    return None


_FUNCTIONS: dict[str, Callable[[tuple[Any, ...], Budget], Any]] = {
    "numpy.core.multiarray._reconstruct": _make_array,
    "numpy.ndarray": _make_array,
    "numpy.core.numeric._frombuffer": _make_from_buffer,
    "numpy.core.multiarray.scalar": _make_scalar,
    "numpy.dtype": _make_type,
    "numpy.dtypes.Float64DType": lambda _, __: DataType(np.dtype("f8")),
    "numpy.dtypes.Float32DType": lambda _, __: DataType(np.dtype("f4")),
    "_codecs.encode": _make_bytes,
    "builtins.bytes": _make_bytes,
    "builtins.bytearray": _make_bytes,
    "builtins.list": _make_list,
    "builtins.set": _make_list,
    "builtins.frozenset": _make_list,
    "builtins.tuple": _make_list,
    "builtins.dict": _make_dict,
    "builtins.object": _make_nothing,
    "collections.OrderedDict": _make_dict,
    "collections.defaultdict": _make_dict,
    "copyreg._reconstructor": _make_new,
    "pathlib.PosixPath": _make_path,
    "pathlib.WindowsPath": _make_path,
    "pathlib.PurePosixPath": _make_path,
    "pathlib.PureWindowsPath": _make_path,
}
