"""Measure the making of pictures for an augmentation: fits, pictures, memory, plans, and the whole run on Ray.

    python benchmarks/augment.py [--photos ../shared/faces/london/neutral] [--steps fits making memory plans run]

Each step runs in a Python of its own, on one core (but `run`), with fits made before where pictures are measured. Times
are processor time, which other programs on the machine lengthen too, if less than that of the clock: so each photo and
each picture is measured `--repeats` times, and its least time counts; the mean of all is in the file as well. Steps
that are not run keep what benchmarks/results/augment.json says.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "augment.json"
PHOTOS = Path(__file__).parents[1] / ".." / "shared" / "faces" / "london" / "neutral"
STEPS = ("fits", "making", "memory", "plans", "run")
SIZES = (112, 224, 512)
TARGETS = (193, 20)
"""Pictures of a photo: the paper's classes of the plane, and few."""
AFFECTNET = 2_476_235
"""Images of Kollias 2020, table 6, that were made from AffectNet."""
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "AFFECTFACE_THREADS": "1"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, default=PHOTOS, help="folder of JPEGs; the example photo without it")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--count", type=int, default=8, help="photos that are measured")
    parser.add_argument("--pictures", type=int, default=30, help="pictures of each photo")
    parser.add_argument("--repeats", type=int, default=5, help="how often each picture is measured")
    parser.add_argument("--outputs", type=int, default=6000, help="pictures over which memory is watched; 0 for none")
    parser.add_argument("--cheap", type=int, default=100_000, help="the same of small pictures that are not looked at")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(STEP[given.inside](given)))
        return
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    for step in given.steps:
        print(f"{step} ...", file=sys.stderr)
        found[step] = in_python_of_its_own(step)
    found["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    show(found)


def in_python_of_its_own(step: str) -> Any:
    """Return what a step measures."""
    command = [sys.executable, __file__, "--inside", step, *sys.argv[1:]]
    environment = os.environ | ({} if step in ("run", "memory") else ENVIRONMENT)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def show(found: dict[str, Any]) -> None:
    """Print the tables."""
    for row in found.get("fits", ()):
        print(f"fit, {row['model']:<12} {row['ms']:7.1f} ms a photo, {row['a_second']:6.1f} a second")
    for row in found.get("making", ()):
        about = f"{row['model']:<12} {row['size']:4d} px, gate {'on' if row['gate'] else 'off':<4}"
        rates = ", ".join(f"{row[f'a_second_{n}']:6.1f} a second at {n} a photo" for n in TARGETS)
        print(f"{about} {row['preparation_ms']:6.1f} ms a photo, {row['ms']:6.2f} ms a picture; {rates}")
        if row["size"] == 224 and row["gate"]:
            print(f"{'':24} AffectNet's {AFFECTNET:,}: {row['affectnet_hours']:.1f} hours of one core, fits included")
    for way in found.get("memory", ()):
        last = way["megabytes"][-1]
        for name, by in way["growth"].items():
            about = f"{way['size']} px, gate {'on' if way['gate'] else 'off'}, {way['jobs']:,} outputs"
            rate = f"{by['mb_a_thousand']:+.3f} MB a thousand ({by['low']:+.3f} to {by['high']:+.3f})"
            print(f"memory, {about}, {name}: {last[name]:.0f} MB at the end, {rate}")
    for row in found.get("plans", ()):
        first, each = row["first_ms"], row["microseconds"]
        print(f"plan of {row['jobs']:7,} jobs: first job after {first:6.1f} ms, then {each:5.1f} microseconds a job")
    for row in found.get("run", ()):
        about = f"{row['a_second']:.1f} pictures a second after a start of {row['start']:.1f} s"
        print(f"augment run, {row['workers']} worker(s): {about}; {row['pictures']} in {row['seconds']:.1f} s")


def models_here() -> Iterator[Any]:
    from affectface.assets import find_asset
    from affectface.augment.making.config import Models
    from affectface.gallery.library import load_named_affect_model
    from affectface.morphable.library import load_named_face_model

    for name in ("embedded", "ict-facekit"):
        if find_asset(name).there:
            yield Models(load_named_face_model(name), load_named_affect_model(None))


def photos_of(given: argparse.Namespace) -> list[Path]:
    from affectface.assets.example import example_photo

    found = sorted(given.photos.glob("*.jpg")) if given.photos.is_dir() else []
    return found[:: max(1, len(found) // given.count)][: given.count] or [example_photo()]


def jobs_of(row: Any, count: int) -> list[Any]:
    """Jobs all over the plane, the same for every photo."""
    import numpy as np

    from affectface.affect import ValenceArousal
    from affectface.augment.plan import Job

    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.uniform(0.01, 1, count))
    points = zip((radius * np.cos(angle)).tolist(), (radius * np.sin(angle)).tolist(), strict=True)
    return [Job(n, row, ValenceArousal(v, a), 1.0, None, None, n) for n, (v, a) in enumerate(points)]


def measure_fits(given: argparse.Namespace) -> list[dict[str, Any]]:
    from affectface.augment.making.fitted_photo import fit_photo
    from affectface.augment.rows import Row

    one_thread()
    files, found = photos_of(given), []
    for models in models_here():
        fit_photo(files[0], Row(files[0].name), models.face_model)
        spent = [
            [timed(fit_photo, file, Row(file.name), models.face_model)[0] for file in files]
            for _ in range(given.repeats)
        ]
        about = {"model": models.face_model.name, "photos": len(files)}
        found.append(about | {"ms": 1e3 * least(spent), "mean_ms": 1e3 * mean(spent), "a_second": 1 / least(spent)})
    return found


def measure_making(given: argparse.Namespace) -> list[dict[str, Any]]:
    from affectface.augment.making.config import MakingConfig
    from affectface.augment.making.fitted_photo import fit_photo
    from affectface.augment.rows import Row

    one_thread()
    files, found = photos_of(given), []
    for models in models_here():
        fits = [[timed(fit_photo, file, Row(file.name), models.face_model) for file in files] for _ in range(2)]
        fitted, fitting = [photo for _, photo in fits[1]], least([[seconds for seconds, _ in one] for one in fits])
        for size in SIZES:
            for gate in (True, False):
                config = MakingConfig(size=size, gate=gate)
                work = list(zip(fitted, files, strict=True))
                made(*work[0], models, config, 5)
                runs = [[made(*one, models, config, given.pictures) for one in work] for _ in range(given.repeats)]
                first = [[spent[0] for spent, _ in run] for run in runs]
                rest = [[seconds for spent, _ in run for seconds in spent[1:]] for run in runs]
                each, good = least(rest), [ok for _, passed in runs[0] for ok in passed]
                prepare = least(first) - each
                row = {"model": models.face_model.name, "size": size, "gate": gate, "pictures": len(good)}
                row |= {"passed": sum(good) / len(good), "ms": 1e3 * each, "mean_ms": 1e3 * mean(rest)}
                row |= {"preparation_ms": 1e3 * prepare, "mean_preparation_ms": 1e3 * (mean(first) - mean(rest))}
                row |= {f"a_second_{n}": n / (n * each + prepare) for n in TARGETS}
                hours = AFFECTNET * (each + (prepare + fitting) / TARGETS[0]) / 3600
                found.append(row | {"affectnet_hours": hours})
    return found


def made(photo: Any, file: Path, models: Any, config: Any, count: int) -> tuple[list[float], list[bool]]:
    """Make pictures of a photo; return what each took, seconds, the first with the preparation, and if it passed."""
    from affectface.augment.making.making import make_all

    work = make_all(photo, file, jobs_of(photo.row, count + 1), models, config)
    spent, passed = [], []
    for _ in range(count + 1):
        seconds, one = timed(next, work)
        spent.append(seconds)
        passed.append(one.data is not None)
    return spent, passed


def timed(call: Any, *arguments: Any) -> tuple[float, Any]:
    """Return the processor time of a call, seconds, and its result."""
    begin = time.process_time()
    result = call(*arguments)
    return time.process_time() - begin, result


def least(runs: list[list[float]]) -> float:
    """Return the mean of what each took in its quickest run."""
    quickest = [min(times) for times in zip(*runs, strict=True)]
    return sum(quickest) / len(quickest)


def mean(runs: list[list[float]]) -> float:
    """Return the mean of all runs."""
    every = [seconds for run in runs for seconds in run]
    return sum(every) / len(every)


def measure_memory(given: argparse.Namespace) -> list[dict[str, Any]]:
    """The memory of two workers and of the driver through long runs: real pictures, and the cheapest real ones."""
    ways = ((224, True, 20, given.outputs), (48, False, TARGETS[0], given.cheap))
    return [memory_of_run(given, *way) for way in ways if way[-1]]


def memory_of_run(given: argparse.Namespace, size: int, gate: bool, each: int, outputs: int) -> dict[str, Any]:
    """Run a plan by two workers, and look at their memory twice a second; of each thousand outputs their median."""
    import numpy as np

    seen: dict[int, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        out, plan = Path(folder) / "out", Path(folder) / "plan.parquet"
        long_plan(plan, [file.name for file in photos_of(given)], each, outputs)
        command = [sys.executable, "-m", "affectface", "augment", "run", str(plan), "-o", str(out), "--workers", "2"]
        command += ["--root", str(given.photos), "--size", str(size), "--part-jobs", str(PART_JOBS), "--json"]
        command += [] if gate else ["--no-gate"]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        while run.poll() is None:
            time.sleep(0.5)
            done = PART_JOBS * len(list((out / "records").glob("part-*")))
            names = workers_of(run.pid)
            if done and len(names) == 3 and done < outputs:
                bin_ = seen.setdefault(done // 1000, {})
                if not bin_ and done >= 1000:
                    tell(done // 1000 - 1, seen)
                for name, pid in names.items():
                    bin_.setdefault(name, []).append(memory(pid))
        if run.returncode:
            raise SystemExit(f"augment run ended with {run.returncode}")
    rows = [
        {"outputs": 1000 * (k + 1), **{name: float(np.median(values)) for name, values in sorted(seen[k].items())}}
        for k in sorted(seen)
    ]
    about = {"size": size, "gate": gate, "jobs_a_photo": each, "jobs": outputs, "megabytes": rows}
    return about | {"growth": {name: growth(rows, name) for name in ("driver", "worker 1", "worker 2")}}


PART_JOBS = 250


def tell(number: int, seen: dict[int, dict[str, list[float]]]) -> None:
    """Print the memory in one thousand of outputs."""
    of = ", ".join(f"{name} {sum(mb) / len(mb):.1f}" for name, mb in sorted(seen.get(number, {}).items()))
    print(f"memory up to {1000 * (number + 1):,} outputs, MB: {of}", file=sys.stderr, flush=True)


def long_plan(file: Path, photos: list[str], each: int, count: int) -> None:
    """Write a plan that goes through the photos again and again."""
    from dataclasses import replace

    from affectface.augment.plan import write_plan
    from affectface.augment.rows import Row

    with write_plan(file, {}) as jobs:
        for turn in range(-(-count // each)):
            row = Row(photos[turn % len(photos)], subject=photos[turn % len(photos)], source="photos")
            for job in jobs_of(row, min(each, count - turn * each)):
                jobs.add(replace(job, seed=turn * each + job.number))


def workers_of(driver: int) -> dict[str, int]:
    """The processes of a run by name: the driver, and Ray's workers in the order of their numbers."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            ours = int((place / "stat").read_text().rpartition(")")[2].split()[3]) == os.getsid(driver)
            if ours and b"MapWorker" in (place / "cmdline").read_bytes():
                found.append(int(place.name))
        except (OSError, ValueError):
            continue
    return {"driver": driver} | {f"worker {n}": pid for n, pid in enumerate(sorted(found), 1)}


def growth(rows: list[dict[str, Any]], name: str) -> dict[str, float]:
    """MB a thousand outputs by least squares, with a 95 % interval; the first tenth, in which pools fill up, is out."""
    from scipy.stats import linregress, t

    kept = [row for row in rows if name in row][max(1, len(rows) // 10) :]
    line = linregress([row["outputs"] / 1000 for row in kept], [row[name] for row in kept])
    half = float(t.ppf(0.975, len(kept) - 2)) * float(line.stderr)
    slope = float(line.slope)
    return {"mb_a_thousand": slope, "low": slope - half, "high": slope + half, "from": kept[0]["outputs"]}


def measure_plans(given: argparse.Namespace) -> list[dict[str, Any]]:
    """What reading a job costs in short and long plans: the rest of a picture's cost knows nothing of the plan."""
    from affectface.augment.plan import open_plan, write_plan
    from affectface.augment.rows import Row

    found = []
    for count in (1_000, 10_000, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "plan.parquet"
            with write_plan(file, {}) as writer:
                for number in range(count // 20):
                    for job in jobs_of(Row(f"{number:06d}.jpg", subject=str(number), source="drawn"), 20):
                        writer.add(job)
            begin = time.process_time()
            jobs = open_plan(file).jobs()
            next(jobs)
            between = time.process_time()
            read = 1 + sum(1 for _ in jobs)
            each = (time.process_time() - between) / (read - 1)
            found.append({"jobs": read, "first_ms": 1e3 * (between - begin), "microseconds": 1e6 * each})
    return found


def measure_run(given: argparse.Namespace) -> list[dict[str, Any]]:
    """The whole verb with one and two workers; by the clock, on a machine that rests.

    A long and a short plan of the same photos: what the long one takes more is work, the rest is the start.
    """
    from affectface.augment.plan import write_plan
    from affectface.augment.rows import Row

    files, found = photos_of(given), []
    with tempfile.TemporaryDirectory() as folder:
        plans = {}
        for each in RUN_EACH:
            plans[each] = Path(folder) / f"{each}.parquet"
            with write_plan(plans[each], {}) as jobs:
                for file in files:
                    for job in jobs_of(Row(file.name, subject=file.stem, source="photos"), each):
                        jobs.add(job)
        for workers in (1, 2):
            seconds = {}
            for each, plan in plans.items():
                command = [sys.executable, "-m", "affectface", "augment", "run", str(plan), "-o", f"{plan}{workers}"]
                command += ["--workers", str(workers), "--root", str(given.photos), "--part-jobs", "50", "--json"]
                begin = time.perf_counter()
                subprocess.run(command, stdout=subprocess.PIPE, check=True)
                seconds[each] = time.perf_counter() - begin
            (few, short), (many, long) = seconds.items()
            rate = len(files) * (many - few) / (long - short)
            row = {"workers": workers, "pictures": len(files) * many, "seconds": long, "a_second": rate}
            found.append(row | {"start": long - len(files) * many / rate})
    return found


RUN_EACH = (50, 450)
"""Pictures of each photo in the short plan and in the long one."""


def one_thread() -> None:
    import cv2

    cv2.setNumThreads(1)


def memory(process: int) -> float:
    """A process' resident memory now, MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


STEP = {
    "fits": measure_fits,
    "making": measure_making,
    "memory": measure_memory,
    "plans": measure_plans,
    "run": measure_run,
}

if __name__ == "__main__":
    main()
