"""Measure `affectface gallery ingest`: frames and bytes a second against the disk's own speed, and memory.

    python benchmarks/gallery_ingest.py [--frames 1000] [--folder PLACE]

Frames have 10,000 vertices: as OBJ files with a texture, which enter as scans and as registered meshes, and as one .npy
stack. Each is read by a process of its own, whose memory is measured; scans and stacks once more with a fifth and twice
as many frames. CPU time a frame says what a quiet machine does.
Writes benchmarks/results/gallery_ingest.json.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from affectface.mesh_files import write_obj

RESULTS = Path(__file__).parent / "results"
SIDE = 100
RUN = """
import sys, time
from affectface.gallery.scans import IngestConfig, ingest_scans, plan_ingest
from affectface.gallery.scans.templates import template_of_mesh
from pathlib import Path
source, out, topology, template = sys.argv[1:]
start = time.perf_counter(), time.process_time()
mesh = template_of_mesh(Path(template)) if template else None
done = ingest_scans(plan_ingest(source, IngestConfig(topology=topology, template=mesh)), out)
assert not done.left_out_frames
status = Path("/proc/self/status").read_text()  # getrusage would count the process that started this one, too
peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
print(done.frames, time.perf_counter() - start[0], time.process_time() - start[1], peak)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="where the files are written; it decides which disk is measured")
    options = parser.parse_args()
    figures: dict[str, object] = {"vertices": SIDE**2, "frames": options.frames}
    with TemporaryDirectory(dir=options.folder) as name:
        place = Path(name)
        figures["disk_write_mb_s"] = round(disk_speed(place / "plain", 12 * SIDE**2 * options.frames), 1)
        for frames in (options.frames // 5, options.frames, 2 * options.frames):
            objs, stacks = place / "objs", place / "stacks"
            write_objs(objs, frames)
            write_stack(stacks, frames)
            first = str(next(objs.rglob("*.obj")))
            runs = [("obj_scans", objs, "scans", ""), ("npy_stack", stacks, "auto", first)]
            runs += [("obj_registered", objs, "registered", "")] if frames == options.frames else []
            for kind, source, topology, template in runs:
                figures[f"{kind}_{frames}"] = ingested(source, place / "out", topology, template)
                print(kind, frames, figures[f"{kind}_{frames}"], flush=True)
            shutil.rmtree(objs)
            shutil.rmtree(stacks)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "gallery_ingest.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(figures, indent=1))


def disk_speed(path: Path, size: int) -> float:
    """Return how many megabytes a second a file of so many bytes is written with, until it is on the disk."""
    block = np.random.default_rng(0).bytes(1 << 20)
    start = time.perf_counter()
    with open(path, "wb") as file:
        for _ in range(max(1, size >> 20)):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    took = time.perf_counter() - start
    path.unlink()
    return max(1, size >> 20) * 1.048576 / took


def moved(number: int) -> np.ndarray:
    """Return a sheet of a face's size, mm, that is another one in each frame."""
    x, y = np.meshgrid(np.linspace(-80, 80, SIDE), np.linspace(-100, 100, SIDE))
    z = 60 - 0.006 * x**2 - 0.004 * y**2 + np.sin(x / 9 + number / 7)
    return np.stack([x, y, z], axis=-1).reshape(-1, 3)


def write_objs(folder: Path, frames: int) -> None:
    """Write OBJ files with textures of 1024 x 1024; after the first hundred the same again as another sequence."""
    corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    quads = np.stack([corner, corner + 1, corner + SIDE + 1, corner + SIDE], axis=1)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]).astype(np.int32)
    uv = (moved(0)[:, :2] / 240 + 0.5).astype(np.float32)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    picture = cv2.imencode(".jpg", cv2.resize(noise, (1024, 1024), interpolation=cv2.INTER_CUBIC))[1].tobytes()
    for number in range(frames):
        path = folder / f"S{number // 100:03d}" / "talk" / f"{number % 100:04d}.obj"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number >= 100:
            for suffix in (".obj", ".jpg"):
                os.link(folder / "S000" / "talk" / f"{number % 100:04d}{suffix}", path.with_suffix(suffix))
            continue
        write_obj(path, moved(number), triangles, uv, triangles)
        path.with_suffix(".jpg").write_bytes(picture)


def write_stack(folder: Path, frames: int) -> None:
    """Write the same frames as one stack."""
    folder.mkdir()
    shape = (frames, SIDE**2, 3)
    stack = np.lib.format.open_memmap(folder / "talk.npy", mode="w+", dtype=np.float32, shape=shape)
    for number in range(frames):
        stack[number] = moved(number)
    stack.flush()


def ingested(source: Path, out: Path, topology: str, template: str) -> dict[str, float]:
    """Return speed and memory of one run."""
    size = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    command = [sys.executable, "-c", RUN, str(source), str(out), topology, template]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    frames, seconds, cpu, peak = map(float, said.split())
    written = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    shutil.rmtree(out)
    return {
        "frames_s": round(frames / seconds, 1),
        "cpu_ms_a_frame": round(1000 * cpu / frames, 1),
        "read_mb_s": round(size / 1e6 / seconds, 1),
        "written_mb_s": round(written / 1e6 / seconds, 1),
        "peak_mb": peak,
    }


if __name__ == "__main__":
    main()
