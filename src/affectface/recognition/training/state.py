"""What a training needs to go on after a kill: weights, the optimiser, the step. safetensors and JSON, no pickles."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from affectface.errors import ModelFileError
from affectface.files import atomic_path

FORMAT, FORMAT_VERSION = "affectface-training", 1


@dataclass(frozen=True, eq=False)
class TrainState:
    """Where a training stands.

    Attributes
    ----------
    step : int
        Steps made.
    weights : dict of str to Tensor
        The network's, with the running means of its normalisations.
    optimiser : dict of int to dict of str to Tensor
        The optimiser's state of each parameter.
    best : dict of str to Tensor
        The weights that were best on the validation rows; none if none are kept.
    history : list of dict
        Scores of each epoch.
    losses : list of float
        Losses of the steps of the epoch that is not over.
    about : dict
        The config and the data, which must be the same to go on.
    """

    step: int
    weights: dict[str, Tensor]
    optimiser: dict[int, dict[str, Tensor]]
    best: dict[str, Tensor] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)


def write_state(folder: Path, state: TrainState) -> None:
    """Write a state into a folder as a whole, then remove the ones before.

    Parameters
    ----------
    folder : Path
        The training's folder; the state lies in ``step-00000100`` in it.
    state : TrainState
        The state.
    """
    from safetensors.torch import save_file

    target = folder / f"step-{state.step:08d}"
    if not target.exists():
        with atomic_path(target) as temporary:
            temporary.mkdir()
            moments = {f"{i}.{name}": value for i, own in state.optimiser.items() for name, value in own.items()}
            for name, tensors in (("weights", state.weights), ("optimiser", moments), ("best", state.best)):
                plain = {key: value.detach().cpu().contiguous() for key, value in tensors.items()}
                save_file(plain, temporary / f"{name}.safetensors")
            said = {
                "format": FORMAT,
                "format_version": FORMAT_VERSION,
                "step": state.step,
                "history": state.history,
                "losses": state.losses,
                "about": state.about,
            }
            (temporary / "state.json").write_text(json.dumps(said, indent=1), encoding="utf-8")
    for other in folder.glob("step-*"):
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def read_state(folder: Path) -> TrainState | None:
    """Return the last state in a training's folder; None if there is none.

    Parameters
    ----------
    folder : Path
        The training's folder.

    Returns
    -------
    TrainState or None
        The state.

    Raises
    ------
    ModelFileError
        If it is damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    found = sorted(folder.glob("step-*"))
    if not found:
        return None
    last = found[-1]
    try:
        said = json.loads((last / "state.json").read_text(encoding="utf-8"))
        if (said["format"], said["format_version"]) != (FORMAT, FORMAT_VERSION):
            raise ValueError("another format")
        weights, moments, best = (load_file(last / f"{name}.safetensors") for name in ("weights", "optimiser", "best"))
        optimiser: dict[int, dict[str, Tensor]] = {}
        for name, value in moments.items():
            index, _, key = name.partition(".")
            optimiser.setdefault(int(index), {})[key] = value
        history, losses = list(said["history"]), [float(loss) for loss in said["losses"]]
        return TrainState(int(said["step"]), weights, optimiser, best, history, losses, dict(said["about"]))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as fault:
        raise ModelFileError(f"{last}: is damaged ({type(fault).__name__}); remove it to start again") from None
