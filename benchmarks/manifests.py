"""Measure time and memory of manifests as they grow: rows with 68 landmarks, each of a person of their own.

    python benchmarks/manifests.py [--rows 100000 200000 400000]

Each step runs in a Python of its own, whose highest memory is measured. Writes benchmarks/results/manifests.json.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
STEPS = ("write", "read", "stats", "split", "plan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 200_000, 400_000])
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(measured(given.step, given.folder, given.rows[0])))
        return
    found = []
    print(f"{'rows':>10}" + "".join(f"{step + ' s':>10}{'MB':>8}" for step in STEPS))
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            steps = {step: run(step, Path(folder), rows) for step in STEPS}
        found.append({"rows": rows, **steps})
        print(f"{rows:10,}" + "".join(f"{one['cpu']:10.1f}{one['megabytes']:8.0f}" for one in steps.values()))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "manifests.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def run(step: str, folder: Path, rows: int) -> dict[str, float]:
    """Return what a step takes, in a Python of its own."""
    command = [sys.executable, __file__, "--step", step, "--folder", str(folder), "--rows", str(rows)]
    done: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return done


def measured(step: str, folder: Path, rows: int) -> dict[str, float]:
    """Take a step; return its processor time, seconds, and the process' highest memory."""
    begin = time.process_time()
    take(step, folder, rows)
    spent = time.process_time() - begin
    return {"cpu": spent, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def take(step: str, folder: Path, rows: int) -> Any:
    from affectface.augment.manifest import open_manifest
    from affectface.augment.planning import PlanConfig, make_plan
    from affectface.augment.splits import split_people
    from affectface.augment.statistics import statistics_of
    from affectface.gallery.library import load_named_affect_model

    file = folder / "all.parquet"
    match step:
        case "write":
            return write(file, rows)
        case "read":
            return sum(batch.num_rows for batch in open_manifest(file).batches())
        case "stats":
            return statistics_of(open_manifest(file))
        case "split":
            return split_people(open_manifest(file), folder / "split.parquet")
    config = PlanConfig(count=rows)
    return make_plan(open_manifest(file), folder / "plan.parquet", load_named_affect_model(None), config=config)


def write(file: Path, rows: int) -> None:
    import numpy as np

    from affectface.affect_tables import BASIC_EXPRESSIONS
    from affectface.augment.manifest import write_manifest
    from affectface.augment.rows import Row

    rng = np.random.default_rng(0)
    faces = (rng.random((512, 68, 2)) * 200).astype(np.float32)
    points = rng.uniform(-1, 1, (1024, 2)).tolist()
    with write_manifest(file) as writer:
        for i in range(rows):
            valence, arousal = points[i % len(points)]
            writer.add(
                Row(
                    f"images/{i % 1000}/{i:032x}.jpg",
                    split="train",
                    valence=valence,
                    arousal=arousal,
                    expression=BASIC_EXPRESSIONS[i % 6],
                    box=(1.0, 2.0, 200.0, 200.0),
                    landmarks=faces[i % len(faces)] + np.float32(i % 7),
                    source="made",
                )
            )


if __name__ == "__main__":
    main()
