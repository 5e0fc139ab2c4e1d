"""A report as blocks, which become Markdown or one HTML file."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table; all cells are text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure: a PNG file's name, what it holds, and what it shows."""

    name: str
    data: bytes
    text: str


Block: TypeAlias = Heading | Words | Table | Picture

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;color:#20242b;max-width:1100px;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin:1em 0}"
    "td,th{border-bottom:1px solid #d9dce1;padding:.25em .7em;text-align:right}"
    "td:first-child,th:first-child{text-align:left}img{max-width:100%}figcaption{color:#6b7280}"
)


def markdown(blocks: Sequence[Block], folder: str) -> str:
    """Return blocks as Markdown.

    Parameters
    ----------
    blocks : sequence of Block
        The blocks.
    folder : str
        Where the pictures lie, from the file's folder.

    Returns
    -------
    str
        The text.
    """
    parts = []
    for block in blocks:
        match block:
            case Heading(text=text, level=level):
                parts.append("#" * level + " " + text)
            case Words(text=text):
                parts.append(text)
            case Table(head=head, rows=rows):
                lines = [head, tuple("---" if i == 0 else "---:" for i in range(len(head))), *rows]
                parts.append("\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines))
            case Picture(name=name, text=text):
                parts.append(f"![{text}]({folder}/{name})")
    return "\n\n".join(parts) + "\n"


def page(blocks: Sequence[Block], title: str) -> str:
    """Return blocks as one HTML file that holds its pictures.

    Parameters
    ----------
    blocks : sequence of Block
        The blocks.
    title : str
        The page's title.

    Returns
    -------
    str
        The page.
    """
    parts = [f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>']
    parts.append(f"<style>{_STYLE}</style><body>")
    for block in blocks:
        match block:
            case Heading(text=text, level=level):
                parts.append(f"<h{level}>{html.escape(text)}</h{level}>")
            case Words(text=text):
                parts.append(f"<p>{html.escape(text)}</p>")
            case Table(head=head, rows=rows):
                parts.append("<table>" + _row(head, "th"))
                parts += [_row(row, "td") for row in rows]
                parts.append("</table>")
            case Picture(data=data, text=text):
                address = "data:image/png;base64," + base64.b64encode(data).decode("ascii")
                words = html.escape(text)
                parts.append(f'<figure><img alt="{words}" src="{address}"><figcaption>{words}</figcaption></figure>')
    return "\n".join([*parts, "</body></html>", ""])


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
