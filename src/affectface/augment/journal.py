"""What was found out about the rows of a manifest, kept line by line, so that stopped work goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from affectface.augment.manifest import Manifest
from affectface.errors import DataSetError

Finding = dict[str, Any]


class Journal:
    """A file of findings beside the output of long work.

    Use it as a context. When it is left after an error or an interruption the file stays, and the next run with the
    same settings and manifest goes on; `finish` removes it.

    Parameters
    ----------
    out : path-like
        What the work makes in the end; the journal is ``.NAME.journal`` beside it.
    manifest : Manifest
        The manifest whose rows are looked at.
    settings : mapping
        What the findings depend on, in JSON's types.
    """

    def __init__(self, out: str | os.PathLike[str], manifest: Manifest, settings: Mapping[str, Any]) -> None:
        target = Path(out)
        self.path = target.with_name(f".{target.name}.journal")
        self.found: dict[int, Finding] = {}
        self._head = {"settings": dict(settings), "manifest": manifest.checksum()}
        self._stream: Any = None

    def __enter__(self) -> Journal:
        """Read what an earlier run found, and open the file for more."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            whole = self._earlier()
            self._stream = self.path.open("r+b" if whole else "wb")
            self._stream.truncate(whole)  # a line that was cut off by a kill goes
            self._stream.seek(whole)
            if not whole:
                self._line(self._head)
        except OSError as error:
            raise DataSetError(f"{self.path}: cannot be written ({error.strerror})") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file; it stays."""
        self._stream.close()

    def add(self, row: int, finding: Finding) -> None:
        """Keep what was found about a row, given by its number from 0."""
        self.found[row] = finding
        self._line({"row": row, **finding})

    def finish(self) -> None:
        """Remove the file: its findings are in the output now."""
        self.path.unlink(missing_ok=True)

    def _line(self, entry: Finding) -> None:
        self._stream.write(json.dumps(entry).encode() + b"\n")
        self._stream.flush()

    def _earlier(self) -> int:
        """Take over the findings of an earlier run of the same work; return the bytes that hold them."""
        if not self.path.is_file():
            return 0
        whole = 0
        with self.path.open("rb") as stream:
            for count, line in enumerate(stream):
                try:
                    entry = json.loads(line)
                except ValueError:
                    break
                if not line.endswith(b"\n") or not isinstance(entry, dict):
                    break
                if count == 0 and entry != self._head:
                    return 0  # other work: begun anew
                if count:
                    self.found[int(entry.pop("row"))] = entry
                whole += len(line)
        return whole
