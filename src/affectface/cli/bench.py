"""``affectface bench``: the table of speed and size, measured on this machine."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say

_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@reporting
def bench(
    repeats: Annotated[int, typer.Option(min=3, max=1000, help="How often each step is measured.")] = 20,
    model: ModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure speed and memory on one core of this machine."""
    with tempfile.TemporaryDirectory() as folder, progress("measuring", 4) as advance:
        environment = os.environ | _ONE_THREAD
        imported = min(_seconds(["-c", "import affectface; affectface.__version__"], environment) for _ in range(3))
        advance(1)
        command = ["-m", "affectface", "synth", "example", "--expression", "happiness"]
        command += ["-o", str(Path(folder) / "out.png")]
        command += ["--model", model] if model else []
        cold = _seconds(command, environment | {"WARP_CACHE_PATH": str(Path(folder) / "kernels")})
        advance(1)
        warm = min(_seconds(command, environment) for _ in range(2))
        advance(1)
        inner = _run(["-c", f"from affectface.cli.bench import measure; measure({repeats}, {model!r})"], environment)
        advance(1)
    measured = json.loads(inner.splitlines()[-1])
    rows = [
        ("detection + landmarks + fit, 1350 px", measured["open"] * 1e3, "ms", 25),
        ("each further synthesis, 512 x 512", measured["express"] * 1e3, "ms", 10),
        ("import affectface (with Python's start)", imported, "s", 0.5),
        ("first command, cold kernels", cold, "s", 10),
        ("first command, warm", warm, "s", 2),
        ("peak memory, synthesis at 1350 px", measured["memory"] / 1e6, "MB", 600),
    ]
    name = machine_name()
    lines = [f"{name}; one core; face model {measured['face_model']}; medians of {repeats}"]
    lines += [f"{what:40} {value:9.2f} {unit:3} (goal {goal:g})" for what, value, unit, goal in rows]
    result = {
        "machine": name,
        "face_model": measured["face_model"],
        "rows": [dict(zip(("what", "value", "unit", "goal"), row, strict=True)) for row in rows],
    }
    say(result, "\n".join(lines), as_json=as_json)


def machine_name() -> str:
    """Return the processor's name and the system's.

    Returns
    -------
    str
        Such as ``AMD EPYC 7B13, Linux``.
    """
    name = platform.processor()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass  # only Linux has that file
    return f"{name or platform.machine()}, {platform.system()}"


def measure(repeats: int, model: str | None) -> None:
    """Measure the steps inside one process bound to one core, and print the medians as JSON.

    Parameters
    ----------
    repeats : int
        How often each step is measured.
    model : str, optional
        Name or path of the face model.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import cv2
    import numpy as np

    from affectface.affect import ValenceArousal
    from affectface.assets.example import example_photo
    from affectface.images import read_image
    from affectface.morphable.library import load_named_face_model
    from affectface.synthesis.portrait import Portrait

    cv2.setNumThreads(1)
    small, face_model = read_image(example_photo()), load_named_face_model(model)
    large = np.asarray(cv2.resize(small, (1350, 1350), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    Portrait.open(large, face_model=face_model).express(ValenceArousal(0.5, 0.5))
    memory = peak_memory()
    portrait = Portrait.open(small, face_model=face_model)
    affects = iter([ValenceArousal.from_angle(137.5 * i, 0.8) for i in range(repeats + 3)])
    result: dict[str, Any] = {
        "open": _median(lambda: Portrait.open(large, face_model=face_model), repeats),
        "express": _median(lambda: portrait.express(next(affects)), repeats),
        "memory": memory,
        "face_model": face_model.name,
    }
    print(json.dumps(result))


def peak_memory() -> float:
    """Return the most memory that this process held, bytes; 0 where the system does not say.

    Returns
    -------
    float
        Bytes.
    """
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)


def _median(step: Callable[[], object], repeats: int) -> float:
    """Return the median time of a step after three times that do not count, seconds."""
    times = []
    for number in range(repeats + 3):
        start = time.perf_counter()
        step()
        if number >= 3:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def _seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """Return how long a Python process runs."""
    start = time.perf_counter()
    _run(arguments, environment)
    return time.perf_counter() - start


def _run(arguments: list[str], environment: dict[str, str]) -> str:
    """Run a Python process, and return its output; its last line is the error if it fails."""
    from affectface.errors import AffectFaceError

    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise AffectFaceError(f"the measured command failed: {reason.removeprefix('error: ')}")
    return done.stdout
