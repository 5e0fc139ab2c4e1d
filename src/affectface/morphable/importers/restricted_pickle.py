"""The part of pickle that arrays need, and nothing else.

A pickle is a program. Here it is interpreted one instruction at a time by our own code: no class is ever imported, no
function of any library is called because a file says so, and no `__setstate__` runs. Names of arrays, sparse matrices,
chumpy, menpo and a few containers stand for harmless values that keep what they were given; any other name ends the
reading. Files of Python 2 (protocols 0 to 2) and of Python 3 are read, gzipped or not.

The standard library's unpickler with a list of allowed names is not enough: it can be made to recurse until the stack
is gone (nested tuples as a dictionary's key) or to allocate gigabytes for an index (`LONG_BINPUT`).
"""

from __future__ import annotations

import gzip
import io
import pickletools
import struct
import zlib
from codecs import escape_decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from affectface.errors import ModelFileError
from affectface.morphable.importers.pickled_values import (
    Allowed,
    Budget,
    DataType,
    PickledArray,
    Stub,
    allowed_name,
    is_key,
)
from affectface.morphable.mesh_reading import read_bytes

LIMIT_BYTES = 1 << 30
"""The largest pickle, unpacked: 1 GiB; LSFM with all its components has 250 MB."""
MOST_INSTRUCTIONS = 2_000_000

_OPCODES = {opcode.code: opcode for opcode in pickletools.opcodes}
_MARK = object()
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_LITERAL_NAMES = """
INT BININT BININT1 BININT2 LONG LONG1 LONG4 FLOAT BINFLOAT UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8
BINBYTES SHORT_BINBYTES BINBYTES8 BYTEARRAY8 STRING BINSTRING SHORT_BINSTRING
"""
_LITERALS = frozenset(_LITERAL_NAMES.split())


def load_pickle(path: Path) -> Any:
    """Read a pickle without executing anything.

    Parameters
    ----------
    path : Path
        A `.pkl` or `.pkl.gz` file.

    Returns
    -------
    Any
        Plain values; `PickledArray`, `DataType` and `Stub` (see `affectface.morphable.importers.pickled_values`) stand
        for objects.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged or too large, or names a class that is no array's.
    """
    data = unzipped(path)
    try:
        return _Machine(data, str(path)).run()
    except ModelFileError:
        raise
    except MemoryError:
        raise ModelFileError(f"{path}: needs more memory than there is; give a smaller model") from None
    except Exception as error:  # a damaged pickle can be wrong in any way
        raise ModelFileError(f"{path}: not a readable pickle ({type(error).__name__}); get it again") from None


def unzipped(path: Path) -> bytes:
    """Return a file's content, without its gzip if it has one; a `ModelFileError` if it is too large or damaged."""
    data = read_bytes(path, LIMIT_BYTES)
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = bytearray()
            while (part := file.read(1 << 20)) and len(unpacked) <= LIMIT_BYTES:
                unpacked += part
    except (OSError, EOFError, zlib.error):
        raise ModelFileError(f"{path}: a damaged gzip file; get it again") from None
    if len(unpacked) > LIMIT_BYTES:
        raise ModelFileError(f"{path}: unpacks to more than {LIMIT_BYTES >> 20} MiB; give a smaller file")
    return bytes(unpacked)


def looks_like_pickle(data: bytes) -> bool:
    """Return whether data begin as pickles of arrays and models do, in any protocol."""
    return data[:1] == b"\x80" or data[:1] in (b"(", b"c", b"]", b"}")


@dataclass
class _Machine:
    """A stack, marks on it, and a memo: all that pickle's instructions work on."""

    data: bytes
    path: str
    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def run(self) -> Any:
        """Carry out the instructions up to `STOP`."""
        self.budget = Budget(2 * len(self.data) + (1 << 20))
        for count, (name, argument) in enumerate(_instructions(self.data)):
            if count > MOST_INSTRUCTIONS:
                raise ModelFileError(
                    f"{self.path}: more than {MOST_INSTRUCTIONS} instructions; it is no model of arrays"
                )
            if name == "STOP":
                return self.stack.pop()
            if name in _LITERALS:
                self.stack.append(argument)
            elif name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name])
            elif name not in ("PROTO", "FRAME"):
                self._do(name, argument)
        raise ModelFileError(f"{self.path}: the pickle has no end; get it again")

    def _do(self, name: str, argument: Any) -> None:
        """Carry out one instruction that is more than a literal."""
        stack = self.stack
        match name:
            case "MARK":
                stack.append(_MARK)
            case "POP":
                stack.pop()
            case "POP_MARK":
                self._marked()
            case "DUP":
                stack.append(stack[-1])
            case "EMPTY_TUPLE" | "TUPLE":
                stack.append(tuple(self._marked()) if name == "TUPLE" else ())
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                stack.append(tuple(self._popped(int(name[-1]))))
            case "EMPTY_LIST" | "LIST":
                stack.append(self._marked() if name == "LIST" else [])
            case "EMPTY_DICT" | "DICT":
                items = self._marked() if name == "DICT" else []
                stack.append({})
                self._set_items(items)
            case "EMPTY_SET":
                stack.append(set())
            case "FROZENSET":
                stack.append(frozenset(map(self._key, self._marked())))
            case "APPEND" | "APPENDS":
                items = self._marked() if name == "APPENDS" else [stack.pop()]
                self._expect(list).extend(items)
            case "ADDITEMS":
                items = self._marked()
                self._expect(set).update(map(self._key, items))
            case "SETITEM" | "SETITEMS":
                self._set_items(self._marked() if name == "SETITEMS" else self._popped(2))
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self.memo[argument] = stack[-1]
            case "MEMOIZE":
                self.memo[len(self.memo)] = stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(self.memo[argument])
            case _:
                self._do_object(name, argument)

    def _do_object(self, name: str, argument: Any) -> None:
        """Carry out one instruction that names, makes or fills an object."""
        match name:
            case "GLOBAL":
                module, _, qualified = argument.partition(" ")
                self.stack.append(self._named(module, qualified))
            case "STACK_GLOBAL":
                self.stack.append(self._named(*self._popped(2)))
            case "REDUCE" | "NEWOBJ":
                call, arguments = self._popped(2)
                self.stack.append(self._made(call, arguments))
            case "NEWOBJ_EX":
                call, arguments, _ = self._popped(3)
                self.stack.append(self._made(call, arguments))
            case "OBJ":
                call, *arguments = self._marked()
                self.stack.append(self._made(call, tuple(arguments)))
            case "INST":
                module, _, qualified = argument.partition(" ")
                self.stack.append(self._made(self._named(module, qualified), tuple(self._marked())))
            case "BUILD":
                state = self.stack.pop()
                target = self._expect((Stub, PickledArray, DataType))
                target.fill(state)
            case _:
                raise ModelFileError(f"{self.path}: the instruction {name} is not one that arrays need; not read")

    def _named(self, module: Any, name: Any) -> Allowed:
        """Return what stands for a class or function of a name."""
        if not (isinstance(module, str) and isinstance(name, str)):
            raise ModelFileError(f"{self.path}: a class without a name; the file is damaged")
        found = allowed_name(module, name)
        if found is None:
            full = f"{module}.{name}"[:80].encode("ascii", "replace").decode()
            raise ModelFileError(
                f"{self.path}: it wants {full!r}, which is no array, sparse matrix, chumpy or menpo class; "
                "nothing was executed: export the model without it"
            )
        return found

    def _made(self, call: Any, arguments: Any) -> Any:
        if not isinstance(call, Allowed) or not isinstance(arguments, tuple):
            raise ModelFileError(f"{self.path}: something is called that is no class of arrays; nothing was executed")
        return call.make(arguments, self.budget)

    def _set_items(self, items: list[Any]) -> None:
        target = self._expect((dict, Stub))
        entries = target.items if isinstance(target, Stub) else target
        for key, value in zip(items[::2], items[1::2], strict=True):
            entries[self._key(key)] = value

    def _key(self, key: Any) -> Any:
        """Return a key, or refuse one whose hash could take for ever."""
        if not is_key(key):
            raise ModelFileError(f"{self.path}: a {type(key).__name__} as a key; only text and numbers are read")
        return key

    def _expect(self, kind: Any) -> Any:
        if not isinstance(self.stack[-1], kind):
            raise ModelFileError(f"{self.path}: an instruction finds a {type(self.stack[-1]).__name__}; it is damaged")
        return self.stack[-1]

    def _popped(self, count: int) -> list[Any]:
        if len(self.stack) < count or any(value is _MARK for value in self.stack[-count:]):
            raise ModelFileError(f"{self.path}: the pickle takes more values than it has; it is damaged")
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def _marked(self) -> list[Any]:
        """Take all values down to the last mark."""
        place = len(self.stack) - 1
        while self.stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise ModelFileError(f"{self.path}: the pickle has lost a mark; it is damaged")
        values = self.stack[place + 1 :]
        del self.stack[place:]
        return values


def _instructions(data: bytes) -> Iterator[tuple[str, Any]]:
    """Yield each instruction's name and argument; text of Python 2 as it is in Latin 1, which keeps every byte."""
    stream = io.BytesIO(data)
    while code := stream.read(1):
        opcode = _OPCODES[code.decode("latin-1")]
        name = opcode.name
        if name == "STRING":  # the standard reader refuses the bytes of arrays here
            text = stream.readline()
            if len(text) < 3 or text[:1] not in b"'\"" or text[-2:-1] != text[:1]:
                raise ValueError("a string without its end")
            yield name, escape_decode(text[1:-2])[0].decode("latin-1")
        elif name == "LONG4":
            yield name, _long(stream, struct.unpack("<i", stream.read(4))[0])
        elif opcode.arg is None:
            yield name, None
        else:
            yield name, opcode.arg.reader(stream)


def _long(stream: io.BytesIO, size: int) -> int:
    """Read a whole number of at most 32 bytes; models have no longer ones."""
    if not 0 <= size <= 32:
        raise ValueError(f"a number of {size} bytes")
    return int.from_bytes(stream.read(size), "little", signed=True)
