"""From labelled meshes to an affect model, against plain implementations: labels to classes, mean faces, components.

    python benchmarks/gallery.py [labels] [means] [components] [--folder FOLDER] [--frames 12000]

Each figure is that of a process of its own, so that its peak memory is known; of times the best of three is taken where
one is under a minute. Files are dropped from the cache before they are read, and what `cat` needs for them stands
beside. The plain implementations get as much as fits into 4 GB or a few minutes, and are extrapolated from there by the
growth that is known of them, which is said. Writes benchmarks/results/gallery.json. Needs scikit-learn; fastcluster is
asked where it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "gallery.json"
LABELS, CLASSES = 600_000, 550
SIDE = 97
"""97 by 97 vertices are the 9,409 of the paper's meshes."""
FRAMES = (2_000, 10_000, 30_000)
PLAIN_FRAMES = 10_000
"""The plain mean faces hold all frames twice and more: 2.5 GB of 10,000."""
SEQUENCE, PEOPLE = 250, 8
PLAIN_LABELS = (10_000, 20_000, 28_000)
"""SciPy keeps N² / 2 distances of 8 bytes: 3.1 GB of 28,000 labels."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=["labels", "means", "components"])
    parser.add_argument("--folder", type=Path, help="where galleries are written; removed in the end")
    parser.add_argument("--frames", type=int, default=12_000, help="frames that components are found in")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(measured(*json.loads(asked.child))))
        return
    found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    folder = Path(mkdtemp(dir=asked.folder))
    try:
        for part in asked.parts:
            match part:
                case "labels":
                    found[part] = labels_part()
                case "means":
                    found[part] = means_part(folder)
                case "components":
                    found[part] = components_part(folder, asked.frames)
            RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            print(json.dumps({part: found[part]}, indent=1))
    finally:
        shutil.rmtree(folder)


def child(what: str, *arguments: Any, times: int = 1) -> dict[str, float]:
    """Return times and peak memory of a piece of work in a process of its own, the fastest of some."""
    runs = []
    for _ in range(times):
        command = [sys.executable, __file__, "--child", json.dumps([what, *arguments])]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        if done.returncode:
            raise SystemExit(done.stderr)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
        if runs[-1]["seconds"] > 60:
            break
    return min(runs, key=lambda run: run["seconds"])


def measured(what: str, *arguments: Any) -> dict[str, float]:
    """Do a piece of work; return seconds, those of the processor, and the process's peak memory, MB."""
    work = WORK[what](*arguments)
    start, used = time.perf_counter(), cpu_seconds()
    more = work()
    seconds, used = time.perf_counter() - start, cpu_seconds() - used
    facts = {"seconds": round(seconds, 3), "cpu_s": round(used, 3), "peak_mb": round(peak_mb())}
    return facts | (more if isinstance(more, dict) else {})


def cpu_seconds() -> float:
    """Return what this process and its children used of the processor: others that are busy do not count."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def peak_mb() -> float:
    """Return this process's peak memory: not `ru_maxrss`, which begins with that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


# Labels -> classes


def some_labels(count: int) -> np.ndarray:
    """Return means of three annotators of frames that wander over the plane, most of them pleasant."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 0.02, (count, 2))
    starts = rng.normal((0.25, 0.15), 0.3, (-(-count // 300), 2)).repeat(300, axis=0)[:count]
    walk = starts + np.concatenate([np.cumsum(part, axis=0) for part in np.array_split(steps, -(-count // 300))])
    heard = [np.round(walk + rng.normal(0, 0.05, (count, 2)), 3) for _ in range(3)]
    return np.clip(np.mean(heard, axis=0), -1, 1).astype(np.float32)


def ours_labels(count: int) -> Callable[[], Any]:
    from affectface.gallery.plane.plane_classes import divide_plane

    labels = some_labels(count)

    def work() -> dict[str, float]:
        found = divide_plane(labels, CLASSES)
        away = labels - found.centres[found.class_of]
        return {"rounded_to": found.step, "rms_in_classes": round(float(np.sqrt((away**2).sum(1).mean())), 5)}

    return work


def scipy_labels(count: int) -> Callable[[], Any]:
    from scipy.cluster.hierarchy import fcluster, linkage

    labels = some_labels(LABELS)[:: LABELS // count][:count].astype(float)
    return lambda: fcluster(linkage(labels, "ward"), CLASSES, "maxclust") is None


def sklearn_labels(count: int) -> Callable[[], Any]:
    from sklearn.cluster import AgglomerativeClustering

    labels = some_labels(LABELS)[:: LABELS // count][:count].astype(float)
    return lambda: AgglomerativeClustering(n_clusters=CLASSES).fit(labels) is None


def fastcluster_labels(count: int) -> Callable[[], Any]:
    import fastcluster
    from scipy.cluster.hierarchy import fcluster

    labels = some_labels(LABELS)[:: LABELS // count][:count].astype(float)
    return lambda: fcluster(fastcluster.linkage_vector(labels, "ward"), CLASSES, "maxclust") is None


def labels_part() -> dict[str, Any]:
    """Return how long 600,000 labels take, and what plain clustering would need."""
    found: dict[str, Any] = {"affectface": {str(LABELS): child("ours_labels", LABELS)}}
    for name in ("scipy", "sklearn", "fastcluster"):
        try:
            __import__(name)
        except ImportError:
            continue
        rows = {str(count): child(f"{name}_labels", count) for count in PLAIN_LABELS}
        last = rows[str(PLAIN_LABELS[-1])]
        times = (LABELS / PLAIN_LABELS[-1]) ** 2
        rows["extrapolated_by_the_square"] = {"cpu_hours_for_600000": round(last["cpu_s"] * times / 3600, 2)}
        if name != "fastcluster":  # whose memory grows with the labels alone
            rows["extrapolated_by_the_square"]["gb_for_600000"] = round(8e-9 * LABELS**2 / 2)
        found[name] = rows
    return found


# Mean faces


def grid_mesh() -> tuple[np.ndarray, np.ndarray]:
    """Return a curved grid of 9,409 vertices, cm."""
    u, v = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    vertices = np.stack([8 * u, 10 * v, 8 * np.sqrt(np.maximum(1.5 - u**2 - 0.4 * v**2, 0))], axis=-1)
    corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    triangles = np.concatenate(
        [
            np.stack([corner, corner + 1, corner + SIDE], axis=1),
            np.stack([corner + 1, corner + SIDE + 1, corner + SIDE], axis=1),
        ]
    )
    return vertices.reshape(-1, 3).astype(np.float32), triangles.astype(np.int32)


def local_units(count: int, vertices: np.ndarray) -> np.ndarray:
    """Return bumps (count, V, 3) here and there, cm."""
    rng = np.random.default_rng(1)
    centres = vertices[rng.integers(len(vertices), size=count)]
    near = np.exp(-((vertices[None] - centres[:, None]) ** 2).sum(-1) / (2 * rng.uniform(0.6, 1.8, (count, 1)) ** 2))
    return (near[..., None] * rng.normal(0, 0.5, (count, 1, 3))).astype(np.float32)


def write_gallery(path: Path, frames: int) -> None:
    from affectface.gallery.store import Sequence, Template, create_gallery, make_labels

    vertices, triangles = grid_mesh()
    units, labels = local_units(20, vertices), some_labels(frames)
    rng = np.random.default_rng(2)
    with create_gallery(path, "meshes", template=Template("grid", vertices, triangles)) as writer:
        for number in range(frames // SEQUENCE):
            mine = labels[number * SEQUENCE : (number + 1) * SEQUENCE].copy()
            mine[:10] = 0
            strengths = np.abs(rng.normal(0, 0.3, (SEQUENCE, 20))).astype(np.float32)
            values = vertices + np.tensordot(strengths, units, axes=1)
            name = f"q{number:04}"
            sequence = Sequence(name, f"p{number % PEOPLE}", "", "", 60.0, SEQUENCE)
            writer.add(sequence, [values], labels=make_labels(SEQUENCE, valence=mine[:, 0], arousal=mine[:, 1]))


def drop_from_cache(path: Path) -> None:
    """Make the next reading of files come from the disk."""
    for file in path.rglob("*.npy"):
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ours_means(path: str, cold: bool) -> Callable[[], Any]:
    from affectface.gallery.building.config import BuildConfig
    from affectface.gallery.building.labelled import label_gallery
    from affectface.gallery.building.means import mean_displacements
    from affectface.gallery.building.state import Work
    from affectface.gallery.store import open_gallery

    gallery = open_gallery(path)
    labelled = label_gallery(gallery, BuildConfig(classes=CLASSES, fewest_labels=1))
    if cold:
        drop_from_cache(Path(path))
    return lambda: mean_displacements(gallery, labelled, Work(Path(path).with_suffix(".work"), "k")) is None


def plain_means(path: str, cold: bool) -> Callable[[], Any]:
    """Everything in memory, frames of a class picked by their numbers."""
    from affectface.gallery.building.config import BuildConfig
    from affectface.gallery.building.labelled import label_gallery
    from affectface.gallery.store import open_gallery

    gallery = open_gallery(path)
    labelled = label_gallery(gallery, BuildConfig(classes=CLASSES, fewest_labels=1))
    if cold:
        drop_from_cache(Path(path))

    def work() -> None:
        shown, classes = [], []
        by_person: dict[str, list[Any]] = {}
        for one in labelled.sequences:
            by_person.setdefault(one.sequence.subject, []).append(one)
        people = []
        for person, own in enumerate(by_person.values()):
            frames = [np.load(Path(path) / "sequences" / one.sequence.name / "vertices.npy") for one in own]
            whole = np.concatenate(frames)
            neutral = whole[np.concatenate([one.neutral for one in own])].mean(axis=0, dtype=np.float64)
            shown.append((whole - neutral).astype(np.float32))
            classes.append(np.concatenate([one.class_of for one in own]))
            people.append(np.full(len(whole), person))
        away, group, who = np.concatenate(shown), np.concatenate(classes), np.concatenate(people)
        for number in range(labelled.groups):
            rows = np.flatnonzero(group == number)
            means = [away[rows[who[rows] == one]].mean(axis=0) for one in np.unique(who[rows])]
            np.mean(means, axis=0)

    return work


def cat(path: str, cold: bool) -> Callable[[], Any]:
    files = sorted(map(str, Path(path).rglob("vertices.npy")))
    if cold:
        drop_from_cache(Path(path))
    return lambda: subprocess.run(["cat", *files], stdout=subprocess.DEVNULL, check=True) is None


def read_numpy(path: str, cold: bool) -> Callable[[], Any]:
    files = sorted(map(str, Path(path).rglob("vertices.npy")))
    if cold:
        drop_from_cache(Path(path))

    def work() -> None:
        for file in files:
            np.fromfile(file, dtype=np.float32)

    return work


def means_part(folder: Path) -> dict[str, Any]:
    """Return how fast mean faces are beside reading the same files."""
    found: dict[str, Any] = {}
    for frames in FRAMES:
        path = folder / f"means_{frames}.gallery"
        write_gallery(path, frames)
        size = sum(file.stat().st_size for file in path.rglob("vertices.npy")) / 1e9
        row: dict[str, Any] = {"gb": round(size, 3), "load": round(os.getloadavg()[0], 1)}
        for where in ("cold", "cached"):
            for work in ("cat", "read_numpy", "ours_means", "plain_means"):
                if work == "plain_means" and frames > PLAIN_FRAMES:
                    continue
                best = child(work, str(path), where == "cold", times=3)
                best |= {"gb_s": round(size / best["seconds"], 2), "frames_s": round(frames / best["seconds"])}
                row[f"{work}_{where}"] = best
        found[str(frames)] = row
        shutil.rmtree(path)
    found["growth"] = growth([found[str(frames)]["ours_means_cached"]["cpu_s"] for frames in FRAMES])
    found["cores"] = os.cpu_count()
    return found


def growth(seconds: list[float]) -> dict[str, float]:
    """Return how processor time grows with the frames: a line, and how far from it the figures are."""
    slope, offset = np.polyfit(FRAMES, seconds, 1)
    off = np.abs(np.polyval([slope, offset], FRAMES) / seconds - 1).max()
    return {
        "cpu_microseconds_a_frame": round(1e6 * float(slope), 1),
        "cpu_seconds_at_0": round(float(offset), 2),
        "largest_departure_from_a_line": round(float(off), 3),
        "cpu_seconds_for_600000": round(float(offset + slope * 600_000), 1),
        "gb_of_600000": round(600_000 * SIDE**2 * 12 / 1e9, 1),
    }


# Components


def some_displacements(frames: int, side: int, units: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return weights (F, U), units (U, V, 3), vertices and triangles of faces that move here and there."""
    global SIDE
    SIDE = side
    vertices, triangles = grid_mesh()
    weights = np.abs(np.random.default_rng(3).normal(0, 1, (frames, units))).astype(np.float32)
    return weights * (weights > 0.8), local_units(units, vertices), vertices, triangles


def write_displacements(path: str, frames: int, side: int, units: int) -> None:
    weights, bumps, _, _ = some_displacements(frames, side, units)
    out = np.lib.format.open_memmap(path, "w+", np.float32, (frames, side**2, 3))
    rng = np.random.default_rng(4)
    for start in range(0, frames, 500):
        rows = slice(start, start + 500)
        noise = rng.normal(0, 0.005, (len(weights[rows]), side**2, 3))
        out[rows] = np.tensordot(weights[rows], bumps, axes=1) + noise
    out.flush()


def ours_components(path: str, side: int, count: int) -> Callable[[], Any]:
    from affectface.gallery.components.sparse_components import SparseConfig, find_sparse_components

    frames = np.load(path, mmap_mode="r")
    _, _, vertices, triangles = some_displacements(2, side, 2)

    def work() -> dict[str, float]:
        found = find_sparse_components(frames, vertices, triangles, SparseConfig(components=count))
        return {"rms_mm": round(10 * found.error, 4), "components": len(found.components)}

    return work


def plain_components(path: str, side: int, count: int) -> Callable[[], Any]:
    """Neumann et al. 2013 as it is written: the residual in memory, geodesics along edges, ADMM on everything."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    x = np.load(path).astype(np.float64)
    _, _, vertices, triangles = some_displacements(2, side, 2)
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    lengths = np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)
    graph = coo_matrix((lengths, edges.T), shape=(len(vertices),) * 2).tocsr()
    extent = float(np.ptp(vertices, axis=0).max())

    def away(centre: int) -> np.ndarray:
        distance = dijkstra(graph, directed=False, indices=centre)
        return np.clip((distance - 0.1 * extent) / (0.2 * extent), 0, 1)

    def work() -> dict[str, float]:
        scale = x.std()
        data = x / scale
        rest, components, weights = data.copy(), [], []
        for _ in range(count):
            centre = int(np.square(rest).sum(axis=(0, 2)).argmax())
            column = np.linalg.svd(rest[:, centre], full_matrices=False)[0][:, 0]
            column = column if column.max() >= -column.min() else -column
            column = column / np.abs(column).max()
            moved = np.tensordot(column, rest, axes=1) / (column @ column) * (1 - away(centre))[:, None]
            rest -= column[:, None, None] * moved
            components.append(moved)
            weights.append(column)
        c, w = np.array(components), np.stack(weights, axis=1)
        u = np.zeros_like(c)
        for _ in range(10):
            rest = data - np.tensordot(w, c, axes=1)
            for k in range(count):
                square = (c[k] ** 2).sum()
                if square <= 0:
                    continue
                rest += w[:, k, None, None] * c[k]
                column = np.tensordot(rest, c[k], axes=2) / square
                largest = np.abs(column).max()
                w[:, k] = column / max(largest, 1e-12)
                rest -= w[:, k, None, None] * c[k]
            centres = np.square(c).sum(axis=2).argmax(axis=1)
            cost = 3e-3 * len(data) * np.array([away(int(centre)) for centre in centres])
            gram, target = w.T @ w, np.tensordot(w.T, data, axes=1)
            rho = np.trace(gram) / count
            inverse = np.linalg.inv(gram + rho * np.eye(count))
            for _ in range(10):
                z = np.tensordot(inverse, target + rho * (c - u), axes=1)
                length = np.linalg.norm(z + u, axis=2)
                c = np.maximum(1 - cost / rho / np.maximum(length, 1e-12), 0)[..., None] * (z + u)
                u = u + z - c
        left = (data - np.tensordot(w, c, axes=1)) * scale
        return {"rms_mm": round(10 * float(np.sqrt((left**2).sum(axis=2).mean())), 4)}

    return work


def sklearn_sparse(path: str, count: int, batches: bool) -> Callable[[], Any]:
    from sklearn.decomposition import MiniBatchSparsePCA, SparsePCA

    x = np.load(path).reshape(len(np.load(path, mmap_mode="r")), -1)
    kind = MiniBatchSparsePCA if batches else SparsePCA

    def work() -> dict[str, float]:
        model = kind(count, alpha=1.0, random_state=0, max_iter=20)
        strengths = model.fit_transform(x)
        left = x - model.mean_ - strengths @ model.components_
        return {"rms_mm": round(10 * float(np.sqrt(3 * (left**2).mean())), 4)}

    return work


def components_part(folder: Path, frames: int) -> dict[str, Any]:
    """Return how long components take at full size, and beside plain implementations on a small set."""
    found: dict[str, Any] = {"load": round(os.getloadavg()[0], 1)}
    if frames:
        large = folder / "large.npy"
        write_displacements(str(large), frames, 97, 50)
        found[f"{frames} x 9409 x 50"] = {"affectface": child("ours_components", str(large), 97, 50)}
        found[f"{frames} x 9409 x 50"]["gb_of_the_frames"] = round(large.stat().st_size / 1e9, 2)
        large.unlink()
    small, side, count = folder / "small.npy", 45, 20
    write_displacements(str(small), 800, side, count)
    size = f"800 x {side**2} x {count}"
    found[size] = {
        "affectface": child("ours_components", str(small), side, count, times=3),
        "plain": child("plain_components", str(small), side, count),
        "sklearn MiniBatchSparsePCA": child("sklearn_sparse", str(small), count, True),
        "sklearn SparsePCA": child("sklearn_sparse", str(small), count, False),
    }
    ours = found[size]["affectface"]["cpu_s"]
    found[size]["times_as_long"] = {
        name: round(row["cpu_s"] / ours, 1) for name, row in found[size].items() if name != "affectface"
    }
    return found


WORK: dict[str, Callable[..., Callable[[], Any]]] = {
    function.__name__: function
    for function in (
        ours_labels,
        scipy_labels,
        sklearn_labels,
        fastcluster_labels,
        ours_means,
        plain_means,
        cat,
        read_numpy,
        ours_components,
        plain_components,
        sklearn_sparse,
    )
}


if __name__ == "__main__":
    main()
