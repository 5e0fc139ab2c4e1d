"""Options that several verbs share, and what their values stand for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from affectface.errors import AffectFaceError

if TYPE_CHECKING:
    from affectface.affect import Affect


class BlendName(StrEnum):
    """Choices of ``--blend``."""

    warp = "warp"
    poisson = "poisson"


def photo_file(name: str | Path) -> Path:
    """Return the file of a photo; the word `example` stands for the example photo unless a file has that name.

    Parameters
    ----------
    name : str or Path
        What the command line says.

    Returns
    -------
    Path
        The file.
    """
    if str(name) == "example" and not Path(name).exists():
        from affectface.assets.example import example_photo

        return example_photo()
    return Path(name)


_PHOTO_HELP = "A photo with a face; the word example is a portrait to try things with."
PhotoArgument = Annotated[
    Path, typer.Argument(metavar="PHOTO", help=_PHOTO_HELP, show_default=False, parser=photo_file)
]
PhotoOrFilmArgument = Annotated[
    Path,
    typer.Argument(metavar="PHOTO|FILM", help=f"{_PHOTO_HELP} Or a film.", show_default=False, parser=photo_file),
]
PhotosArgument = Annotated[
    list[Path], typer.Argument(metavar="PHOTO", help=_PHOTO_HELP, show_default=False, parser=photo_file)
]
PhotosOrFilmArgument = Annotated[
    list[Path],
    typer.Argument(metavar="PHOTO...|FILM", help=f"{_PHOTO_HELP} Or a film.", show_default=False, parser=photo_file),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="embedded|ict-facekit|PATH",
        help="The face model; ict-facekit where it was added, otherwise embedded.",
    ),
]
AffectModelOption = Annotated[
    Path | None, typer.Option("--affect-model", metavar="PATH", help="Another affect model than the shipped one.")
]
IntensityOption = Annotated[float, typer.Option(min=0, max=1.5, help="How much of the affect; 1 is all.")]
KeepOption = Annotated[
    bool, typer.Option("--keep-expression", help="Add to the photo's own expression instead of removing it first.")
]
BlendOption = Annotated[BlendName, typer.Option(help="How the face is joined to its photo.")]
FoldsOption = Annotated[
    float, typer.Option(min=0, max=2, help="How strongly skin folds where it is compressed; 0 for a child's face.")
]
VariationOption = Annotated[
    int | None,
    typer.Option(min=0, metavar="SEED", help="Show the affect as one of many people would, chosen by the seed."),
]
TeethOption = Annotated[bool, typer.Option("--teeth/--no-teeth", help="Whether teeth show where the lips open.")]
SidecarOption = Annotated[bool, typer.Option("--sidecar", help="Write the provenance as a JSON file beside each file.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Kept in the provenance. Equal input gives equal output.")]
OcclusionMaskOption = Annotated[
    Path | None,
    typer.Option(
        "--occlusion-mask",
        metavar="MASK.png",
        help="A picture of the photo's size, white where something such as a cup is in front of the face.",
    ),
]
OneFaceOption = Annotated[
    str, typer.Option("--face", metavar="largest|INDEX", help="Which face; 0 is the largest, 1 the next.")
]
AnyFaceOption = Annotated[
    str, typer.Option("--face", metavar="largest|all|INDEX", help="Which face; 0 is the largest, 1 the next.")
]


def which_face(text: str, *, several: bool) -> int | Literal["largest", "all"]:
    """Return which face an option asks for.

    Parameters
    ----------
    text : str
        The option's value.
    several : bool
        Whether `all` can be asked for.

    Returns
    -------
    int or str
        An index, `largest` or `all`.
    """
    if text == "largest" or (several and text == "all"):
        return text  # type: ignore[return-value]
    if text.isascii() and text.isdigit():
        return int(text)
    choices = "largest, all" if several else "largest"
    raise typer.BadParameter(f"{text!r} is not {choices} or an index such as 0", param_hint="--face")


def portrait_options(
    model: str | None,
    affect_model: Path | None,
    *,
    blend: BlendName = BlendName.warp,
    keep: bool = False,
    folds: float = 1.0,
    teeth: bool = True,
    variation: int | None = None,
) -> dict[str, Any]:
    """Return the models and choices that options ask for, as arguments of ``Portrait.open``.

    Parameters
    ----------
    model : str, optional
        Name or path of the face model.
    affect_model : Path, optional
        File of the affect model.
    blend : BlendName
        How the face is joined to its photo.
    keep : bool
        Whether the photo's expression is kept.
    folds : float
        How strongly skin folds.
    teeth : bool
        Whether teeth are drawn.
    variation : int, optional
        Which person shows the affect.

    Returns
    -------
    dict
        `face_model`, `affect_model` and `config`.
    """
    from threading import Thread

    from affectface.gallery.library import load_named_affect_model
    from affectface.landmarks.sessions import open_sessions
    from affectface.morphable.library import load_named_face_model
    from affectface.synthesis.config import SynthesisConfig

    opening = Thread(target=open_sessions, daemon=True)
    opening.start()  # the landmarker opens while the models are read
    try:
        return {
            "face_model": load_named_face_model(model),
            "affect_model": load_named_affect_model(affect_model),
            "config": SynthesisConfig(
                blend=blend.value, keep_expression=keep, folds=folds, teeth=teeth, variation=variation
            ),
        }
    except AffectFaceError:
        opening.join()  # a process that ends while its sessions open is aborted
        raise


def asked_affects(
    expressions: list[str], valence: float | None, arousal: float | None, words: list[str], action_units: list[str]
) -> list[tuple[str, Affect]]:
    """Return what a command line asks for, each with a name for its file.

    Parameters
    ----------
    expressions : list of str
        Names of expressions; `all` stands for the six.
    valence, arousal : float, optional
        A point of the plane: both or none.
    words : list of str
        Words for affects.
    action_units : list of str
        Action units such as ``12=0.8,6=0.5``.

    Returns
    -------
    list of (str, Affect)
        Names and affects, without repetition.
    """
    from affectface.affect import BASIC_EXPRESSIONS, ActionUnits, Expression, ValenceArousal, word
    from affectface.errors import TargetError

    asked: dict[str, Affect] = {}
    for name in expressions:
        for one in BASIC_EXPRESSIONS if name.strip().lower() == "all" else (name,):
            expression = Expression(one)
            asked[expression.name] = expression
    if (valence is None) != (arousal is None):
        raise TargetError("--valence and --arousal belong together; give both, 0 for none")
    if valence is not None and arousal is not None:
        point = ValenceArousal(valence, arousal)
        asked[f"v{point.valence:+.2f}_a{point.arousal:+.2f}"] = point
    for name in words:
        asked["".join(c if c.isalnum() else "_" for c in name.strip().lower())] = word(name)
    for text in action_units:
        units = ActionUnits.parse(text)
        asked["au_" + "_".join(f"{unit}-{strength:g}" for unit, strength in units.strengths)] = units
    if not asked:
        raise TargetError("no affect is asked for; give --expression, --valence with --arousal, --word or --au")
    return list(asked.items())
