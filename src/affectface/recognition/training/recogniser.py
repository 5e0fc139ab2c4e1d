"""A trained recogniser: a folder with weights (safetensors) and everything one must know about them (JSON)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from affectface.arrays import FloatArray, Image, check_image
from affectface.errors import LeakError, ModelFileError
from affectface.files import atomic_path, sha256_of
from affectface.recognition.networks.build import SEQUENCE_NETWORKS, build_network
from affectface.recognition.networks.preprocessing import Preprocessing, prepared
from affectface.recognition.training.config import TrainConfig, config_as_json, config_of_json
from affectface.recognition.training.faces import Faces

FORMAT, FORMAT_VERSION = "affectface-recogniser", 1

_LARGEST = 1 << 24
"""Bytes of the JSON; ten thousand epochs and a hundred thousand people fit."""


@dataclass(frozen=True, eq=False)
class Recogniser:
    """A network that was trained, and how.

    Attributes
    ----------
    network : Module
        The network, in use.
    config : TrainConfig
        How it was trained; its network's outputs say the classes.
    preprocessing : Preprocessing
        How images are brought to it.
    seen : frozenset of str
        Marks of the people in its training and validation rows, see `mark_of`.
    history : tuple of dict
        Scores of each epoch: the learning curve.
    data : dict
        Checksums of the rows it learned from, and their numbers.
    """

    network: nn.Module
    config: TrainConfig
    preprocessing: Preprocessing
    seen: frozenset[str]
    history: tuple[dict[str, float], ...]
    data: dict[str, Any]

    def predict(
        self, images: Sequence[Image], landmarks: Sequence[FloatArray] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Say what images of faces show; not for networks that look at sequences.

        Parameters
        ----------
        images : sequence of N ndarray of shape (H, W, 3), uint8
            Faces, cut out as in training.
        landmarks : sequence of N ndarray of shape (68, 2), optional
            Their landmarks, pixels; needed by networks that are told them.

        Returns
        -------
        dict of str to ndarray
            `valence_arousal` (N, 2) and `probabilities` (N, K) of the classes, where the network says them.
        """
        if self.config.network.name in SEQUENCE_NETWORKS:
            raise ValueError(f"{self.config.network.name} looks at sequences; feed its network with (B, T, 3, S, S)")
        fed = [prepared(torch.from_numpy(np.array(check_image(image))), self.preprocessing) for image in images]
        points = None
        if self.config.network.told_landmarks:
            if landmarks is None or len(landmarks) != len(images):
                count = 0 if landmarks is None else len(landmarks)
                raise ValueError(f"{count} faces have landmarks; {self.config.network.name} is told those of all")
            sizes = [np.array([image.shape[1], image.shape[0]]) for image in images]
            across = [np.asarray(own) / size * 2 - 1 for own, size in zip(landmarks, sizes, strict=True)]
            points = torch.from_numpy(np.stack(across).astype(np.float32))
        with torch.no_grad():
            said = self.network(torch.stack(fed), points)
        found = {}
        if said.valence_arousal is not None:
            found["valence_arousal"] = said.valence_arousal.numpy()
        if said.expression is not None:
            found["probabilities"] = said.expression.softmax(dim=-1).numpy()
        return found

    def check_unseen(self, faces: Faces) -> None:
        """Refuse to be tested on people it learned from.

        Parameters
        ----------
        faces : Faces
            The rows of the test.

        Raises
        ------
        LeakError
            If one of them is shown in its training or validation rows.
        """
        known = sorted(name for name in faces.subjects if mark_of(name) in self.seen)
        if known:
            raise LeakError(
                f"{len(known)} of {len(faces.subjects)} people of the test were in the training, such as {known[0]!r}; "
                "test on others, or train on others: affectface dataset split keeps people apart"
            )


def mark_of(subject: str) -> str:
    """Return a mark by which a person is known again, but which does not say the name: the start of a SHA-256."""
    return hashlib.sha256(subject.encode()).hexdigest()[:16]


def marks_of(people: Iterable[str]) -> frozenset[str]:
    """Return the marks of people."""
    return frozenset(mark_of(name) for name in people)


def save_recogniser(folder: str | os.PathLike[str], recogniser: Recogniser) -> None:
    """Write a recogniser into a folder: ``weights.safetensors`` and ``recogniser.json``.

    Parameters
    ----------
    folder : path-like
        The folder; made if it is missing.
    recogniser : Recogniser
        The recogniser. The same gives the same bytes.
    """
    from safetensors.torch import save_file

    place = Path(folder)
    tensors = {name: value.detach().cpu().contiguous() for name, value in recogniser.network.state_dict().items()}
    with atomic_path(place / "weights.safetensors") as temporary:
        save_file(tensors, temporary)
    said = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "config": config_as_json(recogniser.config),
        "preprocessing": asdict(recogniser.preprocessing),
        "seen": sorted(recogniser.seen),
        "data": recogniser.data,
        "history": list(recogniser.history),
        "weights_sha256": sha256_of(place / "weights.safetensors"),
    }
    with atomic_path(place / "recogniser.json") as temporary:
        temporary.write_text(json.dumps(said, indent=1), encoding="utf-8")


def load_recogniser(folder: str | os.PathLike[str]) -> Recogniser:
    """Read a recogniser; nothing is run or unpickled.

    Parameters
    ----------
    folder : path-like
        The folder that `save_recogniser` wrote.

    Returns
    -------
    Recogniser
        The recogniser, on the CPU.

    Raises
    ------
    ModelFileError
        If it is missing, damaged, or weights and JSON do not belong together.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    place = Path(folder)
    about = place / "recogniser.json"
    if not about.is_file() or about.stat().st_size > _LARGEST:
        raise ModelFileError(f"{place}: has no recogniser.json of a usual size; affectface train makes recognisers")
    try:
        said = json.loads(about.read_text(encoding="utf-8"))
        if said["format"] != FORMAT or said["format_version"] != FORMAT_VERSION:
            raise ModelFileError(f"{about}: is no recogniser of format {FORMAT_VERSION}; train again")
        config = config_of_json(said["config"])
        fed = said["preprocessing"]
        mean, deviation = _three(fed["mean"]), _three(fed["deviation"])
        preprocessing = Preprocessing(side=fed["side"], channels=fed["channels"], mean=mean, deviation=deviation)
        if said["weights_sha256"] != sha256_of(place / "weights.safetensors"):
            raise ModelFileError(f"{place}: weights and recogniser.json do not belong together; train again")
        network = build_network(config.network)
        network.load_state_dict(load_file(place / "weights.safetensors"))
        data, history = dict(said["data"]), tuple(dict(epoch) for epoch in said["history"])
        return Recogniser(network.eval(), config, preprocessing, frozenset(said["seen"]), history, data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as fault:
        raise ModelFileError(f"{place}: is damaged ({type(fault).__name__}); train again") from None


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    first, second, third = map(float, values)
    return first, second, third
