"""How the command line speaks: results on standard output, errors and progress on standard error, exit codes."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import typer

from affectface.errors import AffectFaceError

P = ParamSpec("P")
Advance = Callable[[int], None]

FAILED = 2
INTERRUPTED = 130


def reporting(verb: Callable[P, None]) -> Callable[P, None]:
    """Make a verb report its typed errors in one line, and leave with 2; with 130 if it is interrupted.

    Parameters
    ----------
    verb : callable
        The verb; a true ``as_json`` among its arguments asks for the error as JSON on standard output.

    Returns
    -------
    callable
        The verb, with the same signature.
    """

    @functools.wraps(verb)
    def reported(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            verb(*args, **kwargs)
        except AffectFaceError as error:
            if kwargs.get("as_json"):
                typer.echo(json.dumps(error_record(error)))
            else:
                say_error(error)
            raise typer.Exit(FAILED) from None
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return reported


def error_record(error: AffectFaceError) -> dict[str, str]:
    """Return an error in JSON's types.

    Parameters
    ----------
    error : AffectFaceError
        The error.

    Returns
    -------
    dict
        Its type and message.
    """
    return {"error": type(error).__name__, "message": one_line(error)}


def say_error(error: AffectFaceError) -> None:
    """Print an error as one line on standard error.

    Parameters
    ----------
    error : AffectFaceError
        The error.
    """
    typer.echo(f"error: {one_line(error)}", err=True)


def one_line(error: Exception) -> str:
    """Return an error's message on one line."""
    return " ".join(str(error).split())


def say(result: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result, for a person or a machine.

    Parameters
    ----------
    result : dict
        The result, in JSON's types.
    text : str
        The same in words.
    as_json : bool
        Which of the two.
    """
    typer.echo(json.dumps(result) if as_json else text)


@contextmanager
def progress(words: str, total: int | None, *, unit: str = "steps") -> Iterator[Advance]:
    """Show how far a piece of work is, on standard error and only to a person.

    Parameters
    ----------
    words : str
        What is done.
    total : int, optional
        How many steps it has; unknown without it.
    unit : str
        `steps` or `bytes`.

    Yields
    ------
    callable
        Takes the number of further steps that are done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    count = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(words, total=total)
        yield lambda steps: bar.advance(task, steps)
