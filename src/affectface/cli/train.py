"""``affectface train``: a recogniser from a manifest."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from affectface.cli.dataset_import import ManifestArgument
from affectface.cli.options import JsonOption, ModelOption
from affectface.cli.report import progress, reporting, say
from affectface.errors import TargetError

if TYPE_CHECKING:
    from affectface.augment.on_the_fly.synthesis import SynthesisTransform
    from affectface.recognition.losses import LossConfig
    from affectface.recognition.training.faces import Faces


class OptimiserName(StrEnum):
    """Choices of ``--optimiser``, how what learns is found."""

    adamw = "adamw"
    ridge = "ridge"


class LossName(StrEnum):
    """Choices of ``--loss``, what is made small of valence and arousal."""

    ccc = "ccc"
    mse = "mse"
    mae = "mae"


@reporting
def train(
    manifest: ManifestArgument,
    out: Annotated[Path, typer.Option("-o", "--out", help="The recogniser's folder; a stopped training goes on.")],
    network: Annotated[str, typer.Option(help="Which network; an unknown name lists them.")] = "compact",
    classes: Annotated[
        str, typer.Option(help="Expressions to tell apart: seven, eight, names with commas, or none.")
    ] = "none",
    affect: Annotated[bool, typer.Option(help="Whether it learns valence and arousal.")] = True,
    loss: Annotated[LossName, typer.Option(help="What is made small of valence and arousal.")] = LossName.ccc,
    balance: Annotated[bool, typer.Option(help="Whether rare expressions count more.")] = False,
    split: Annotated[str, typer.Option(help="The split to learn from; all rows if empty.")] = "train",
    validation: Annotated[str, typer.Option(help="The split to validate on; empty for none.")] = "validation",
    weights: Annotated[Path | None, typer.Option(help="Published weights to start from.")] = None,
    layout: Annotated[str | None, typer.Option(help="How they stand in the file; an unknown name lists them.")] = None,
    frozen: Annotated[bool, typer.Option(help="Whether convolutions stay as they are.")] = False,
    epochs: Annotated[int, typer.Option(min=1, help="How often every row is seen.")] = 20,
    batch: Annotated[int, typer.Option(min=1, help="Rows, or sequences, in a step.")] = 32,
    rate: Annotated[float, typer.Option(min=0, help="The learning rate.")] = 1e-3,
    optimiser: Annotated[
        OptimiserName,
        typer.Option(help="Steps of adamw, or ridge regression at once: gradients, aligned-gradients with --loss mse."),
    ] = OptimiserName.adamw,
    decay: Annotated[float, typer.Option(min=0, help="Weight decay; about 1 for ridge.")] = 1e-4,
    side: Annotated[int, typer.Option(min=0, help="Side of the pictures, pixels; 0 is the network's own.")] = 0,
    synthesise: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            help="Share of the rows that is replaced by syntheses of the same faces, others in each epoch.",
        ),
    ] = 0.0,
    classical: Annotated[
        bool, typer.Option(help="Whether pictures are turned, mirrored, cropped and coloured, anew in each epoch.")
    ] = False,
    model: ModelOption = None,
    best: Annotated[bool, typer.Option(help="Whether the best epoch is kept, not the last.")] = False,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read images.")] = 0,
    devices: Annotated[int, typer.Option(min=1, help="Graphics cards.")] = 1,
    half: Annotated[bool, typer.Option(help="Whether arithmetic is in bfloat16 where that is safe.")] = False,
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Train a recogniser of affect; started again, it goes on where it was stopped."""
    from affectface.recognition.packages import check_installed

    check_installed()
    from affectface.augment.on_the_fly.learning import learning_change
    from affectface.recognition.networks.build import NetworkConfig
    from affectface.recognition.networks.outputs import Outputs
    from affectface.recognition.training.config import TrainConfig
    from affectface.recognition.training.curves import PICTURE, plot_curves
    from affectface.recognition.training.cutting import cut_faces
    from affectface.recognition.training.faces import faces_of
    from affectface.recognition.training.train import Start, count_steps, train_recogniser

    try:
        outputs = Outputs(valence_arousal=affect, classes=_classes(classes))
        which = NetworkConfig(name=network, outputs=outputs, side=side, frozen=frozen)  # type: ignore[arg-type]
        start = Start(weights=weights, layout=layout)  # type: ignore[arg-type]
    except ValueError as fault:
        raise TargetError(str(fault)) from None
    splits = [split, validation] if validation else [split]
    told, pixels = which.told_landmarks, which.pixels
    chosen = [faces_of(manifest, outputs, side=pixels, split=name, landmarks=told) for name in splits]
    with progress("cutting faces out", sum(len(faces.rows) for faces in chosen)) as advance:
        cut = [cut_faces(faces, out, advance=advance) for faces in chosen]
    learned, judged = cut[0], cut[1] if validation else None
    try:
        config = TrainConfig(
            network=which,
            loss=_loss(loss, learned.faces, balance),
            epochs=epochs,
            batch=batch,
            optimiser=optimiser.value,
            learning_rate=rate,
            weight_decay=decay,
            keep="best" if best else "last",
            workers=workers,
            devices=devices,
            precision="bf16-mixed" if half else "32-true",
            seed=seed,
        )
        if optimiser == OptimiserName.ridge and (synthesise or classical or weights is not None):
            raise ValueError("ridge sees each face once and starts from nothing; take another optimiser")
    except ValueError as fault:
        raise TargetError(str(fault)) from None
    synthesis = _synthesis(learned.faces, synthesise, out / "fits", model) if synthesise else None
    augment = learning_change(synthesis, synthesise, classical=classical)
    done = 0
    with progress("training", count_steps(config, learned)) as advance:

        def stepped(step: int, steps: int, scores: dict[str, float]) -> None:
            nonlocal done
            advance(step - done)
            done = step

        made = train_recogniser(config, (learned, judged), out, start=start, augment=augment, progress=stepped)
    if made.history:
        plot_curves(made.history, out / PICTURE)
    last: dict[str, Any] = made.history[-1] if made.history else {}
    said = ", ".join(f"{name} {value:.3f}" for name, value in last.items() if name not in ("step", "score"))
    faces = learned.faces
    lines = [f"{out}: {len(faces.rows):,} rows of {len(faces.subjects):,} people; {said}"]
    if faces.left_out:
        lines.append(f"  {faces.left_out:,} rows have no label of it")
    if synthesis is not None and synthesis.counts:  # of this process: with workers others know
        lines += [f"  synthesised: {count:,} {reason}" for reason, count in sorted(synthesis.counts.items())]
    lines += [f"  {count:,} rows have no picture: {reason}" for one in cut for reason, count in one.failures.items()]
    result = {"recogniser": str(out), "rows": len(faces.rows), "history": list(made.history)}
    say({**result, "failures": [one.failures for one in cut]}, "\n".join(lines), as_json=as_json)


def _classes(text: str) -> tuple[str, ...]:
    """The expressions of ``--classes``."""
    from affectface.affect import Expression
    from affectface.recognition.networks.outputs import EIGHT_EXPRESSIONS, SEVEN_EXPRESSIONS

    known = {"seven": SEVEN_EXPRESSIONS, "eight": EIGHT_EXPRESSIONS, "none": ()}
    return known[text] if text in known else tuple(Expression(name).name for name in text.split(","))


def _synthesis(learned: Faces, share: float, fits: Path, model: str | None) -> SynthesisTransform:
    """What synthesises faces that are learned from."""
    from affectface.augment.on_the_fly.learning import Learned, synthesis_for
    from affectface.augment.running.models import named_face_model, open_models

    outputs = learned.outputs
    known = Learned(rows=learned.rows, affect=outputs.valence_arousal, classes=outputs.classes)
    return synthesis_for(open_models(named_face_model(model), None), known, share, fits=fits)


def _loss(name: LossName, learned: Faces, balance: bool) -> LossConfig:
    """What is made small; with every class counting alike if wished."""
    from affectface.recognition.losses import LossConfig, class_weights

    weights: tuple[float, ...] = ()
    if balance and learned.outputs.classes:
        numbers = [learned.expression(i) for i in range(len(learned.rows))]
        weights = class_weights([numbers.count(i) for i in range(len(learned.outputs.classes))])
    return LossConfig(
        concordance=float(name == LossName.ccc),
        squared_error=float(name == LossName.mse),
        absolute_error=float(name == LossName.mae),
        class_weights=weights,
    )
