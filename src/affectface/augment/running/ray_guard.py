"""Ends the processes of a Ray session whose driver was killed; run as a file of its own, with no package's help.

Ray's own agents notice that their parent is gone, and then try for a minute to tell a server of it that is gone too.
"""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

MARK = "AFFECTFACE_RAY_SESSION"
"""Variable that all processes of a session have, with the session's temporary folder."""

_ROUNDS, _PAUSE = 50, 0.1


def marked(folder: str) -> list[int]:
    """Return the processes of a session, by what Linux says of their environment."""
    wanted, found = f"{MARK}={folder}".encode(), []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
        except OSError:
            continue  # it has ended, or is another user's
    return found


def main() -> None:
    """Wait until the driver closes the pipe or dies, end what is left of its session, and remove its folder."""
    folder = sys.argv[1]
    sys.stdin.buffer.read()
    for _ in range(_ROUNDS):  # a process that was being started may be seen only later
        left = marked(folder)
        if not left:
            break
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(_PAUSE)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
