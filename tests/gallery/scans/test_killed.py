"""A run that is killed anywhere, with no chance to tidy up, is continued to the very same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from written_scans import make_sheet, picture


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be forked and killed")
def test_kill_anywhere(tmp_path: Path) -> None:
    sheet = make_sheet()
    for task in ("joy", "anger", "fear"):
        for frame in range(8):
            path = tmp_path / "set" / "Ann" / task / f"{frame}.obj"
            sheet.obj(path, frame)
            path.with_suffix(".jpg").write_bytes(picture(frame))
    (tmp_path / "set" / "Ann" / "joy" / "3.obj").write_text("")
    script = Path(__file__).with_name("killed_ingest.py")
    places = [str(tmp_path / name) for name in ("set", "reference.gallery", "out.gallery")]
    done = subprocess.run(
        [sys.executable, str(script), *places, "5", "9"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) > 20  # most of the runs were still at work when they were killed
