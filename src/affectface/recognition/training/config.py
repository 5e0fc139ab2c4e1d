"""How a recogniser is trained, and how that is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

from affectface.errors import ModelFileError
from affectface.recognition.losses import LossConfig
from affectface.recognition.networks.build import DESCRIBING_NETWORKS, NetworkConfig
from affectface.recognition.networks.outputs import Outputs

_Config = TypeVar("_Config")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a recogniser is trained."""

    network: NetworkConfig = field(default_factory=NetworkConfig)
    """Which network, and what it says."""
    loss: LossConfig = field(default_factory=LossConfig)
    """What is made small."""
    epochs: int = 20
    """How often every row is seen."""
    batch: int = 32
    """Images in a step, or sequences; over all devices."""
    frames: int = 80
    """Frames of a sequence (Kollias et al. 2019)."""
    optimiser: Literal["adamw", "sgd", "ridge"] = "adamw"
    """Kingma and Ba 2015 with decoupled decay, or stochastic gradient descent, which Lindt 2019 trains with. `ridge`
    does not go step by step: it solves for the one layer of a network whose features do not learn."""
    learning_rate: float = 1e-3
    """Of the first step after warming up; Lindt 2019 has 0.001, Kollias et al. 2019 0.0001 for published weights."""
    momentum: float = 0.9
    """Of stochastic gradient descent (Lindt 2019)."""
    weight_decay: float = 1e-4
    """Of the optimiser; with `ridge`, the penalty in shares of the features' variance."""
    schedule: Literal["constant", "cosine"] = "cosine"
    """Whether the rate falls to zero along half a cosine."""
    warm_up: float = 0.05
    """Share of the steps in which the rate rises from zero."""
    clip: float = 1.0
    """Largest norm of the gradient; 0 is none."""
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    """Of the arithmetic, as Lightning names it."""
    devices: int = 1
    """Graphics cards that share each batch, where there are any."""
    workers: int = 0
    """Processes that read images; the result does not depend on them."""
    keep: Literal["last", "best"] = "last"
    """Whether the weights of the last epoch are kept, or those that were best on the validation rows."""
    save_every: int = 100
    """Steps after which what is needed to go on is written; also after each epoch."""
    seed: int = 0
    """Of weights, order, augmentation and dropout."""

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "frames", "devices", "save_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; at least 1 is needed")
        for name in ("learning_rate", "weight_decay", "clip", "momentum", "workers"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; 0 or more is needed")
        if not 0 <= self.warm_up < 1:
            raise ValueError(f"warm_up is {self.warm_up}; a share below 1 is needed")
        choices = {
            "optimiser": ("adamw", "sgd", "ridge"),
            "schedule": ("constant", "cosine"),
            "precision": ("32-true", "bf16-mixed"),
            "keep": ("last", "best"),
        }
        for name, known in choices.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; {' or '.join(known)} is needed")
        if self.optimiser == "ridge":
            self._check_ridge()
        count = len(self.network.outputs.classes)
        if self.loss.class_weights and len(self.loss.class_weights) != count:
            raise ValueError(f"{len(self.loss.class_weights)} class weights for {count} classes; one each is needed")

    def _check_ridge(self) -> None:
        """Refuse what cannot be solved for."""
        network, loss = self.network, self.loss
        if network.name not in DESCRIBING_NETWORKS:
            raise ValueError(
                f"ridge goes with {' or '.join(DESCRIBING_NETWORKS)}; the features of {network.name} learn"
            )
        if network.outputs.classes or network.outputs.bounded:
            raise ValueError("ridge learns valence and arousal without bounds; take adamw for classes")
        if not loss.squared_error or loss.concordance or loss.absolute_error:
            raise ValueError("ridge makes the squared error small and nothing else; take a loss of it alone")
        if not self.weight_decay:
            raise ValueError("weight_decay is 0; ridge needs a penalty above it, such as 0.3")


def config_as_json(config: TrainConfig) -> dict[str, Any]:
    """Return a config as what JSON can hold."""
    return asdict(config)


def config_of_json(value: Any) -> TrainConfig:
    """Return the config that `config_as_json` wrote.

    Parameters
    ----------
    value : object
        What was read from JSON.

    Returns
    -------
    TrainConfig
        The config.

    Raises
    ------
    ModelFileError
        If something is unknown or nonsense.
    """
    try:
        network = dict(value["network"])
        outputs = dict(network["outputs"])
        outputs["classes"] = tuple(outputs["classes"])
        network["outputs"] = _made(Outputs, outputs)
        loss = dict(value["loss"])
        loss["class_weights"] = tuple(loss["class_weights"])
        whole = {**value, "network": _made(NetworkConfig, network), "loss": _made(LossConfig, loss)}
        return _made(TrainConfig, whole)
    except (KeyError, TypeError, ValueError) as fault:
        raise ModelFileError(f"the training's config is damaged ({fault}); train again") from None


def _made(kind: type[_Config], values: Mapping[str, Any]) -> _Config:
    names = {part.name for part in fields(kind)}  # type: ignore[arg-type]
    if set(values) != names:
        raise ValueError(f"{kind.__name__} has {sorted(set(values) ^ names)} too much or too little")
    return kind(**values)
