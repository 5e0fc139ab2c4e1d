"""Measure the table 'Speed and size' for every face model that is installed; the measuring is `affectface bench`'s own.

    python benchmarks/speed.py [--repeats 20]

Writes benchmarks/results/speed.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from affectface.assets import find_asset

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=20, help="how often each step is measured")
    repeats = parser.parse_args().repeats
    models = [name for name in ("embedded", "ict-facekit") if find_asset(name).there]
    tables = [bench(model, repeats) for model in models]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "speed.json").write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    print(f"{tables[0]['machine']}; one core; medians of {repeats}\n")
    print(f"{'':42}" + "".join(f"{table['face_model']:>14}" for table in tables) + f"{'goal':>10}")
    for rows in zip(*(table["rows"] for table in tables), strict=True):
        values = "".join(f"{row['value']:14.2f}" for row in rows)
        print(f"{rows[0]['what']:42}{values}{rows[0]['goal']:10g} {rows[0]['unit']}")


def bench(model: str, repeats: int) -> dict[str, Any]:
    """Return what ``affectface bench --json`` prints for a face model."""
    command = [sys.executable, "-m", "affectface", "bench", "--json", "--model", model, "--repeats", str(repeats)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    table: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    if done.returncode:
        raise SystemExit(f"affectface bench failed for {model}: {table.get('message', 'no message')}")
    return table


if __name__ == "__main__":
    main()
