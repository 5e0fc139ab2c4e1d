"""What the page asks and is answered. See `guard` for who may ask."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from affectface.errors import AnnotationError
from affectface.gallery.annotation.page.session import Session, UnknownSequenceError
from affectface.gallery.annotation.traces import Dimension, traces_table

STATIC = Path(__file__).parent / "static"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_CLIP_TYPES = {".webm": "video/webm"}

_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,64}$")]
_Moment = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
_Value = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class Said(BaseModel):
    """Samples of a take.

    Attributes
    ----------
    take : str
        Its name, made by the page.
    known : str or None
        The last take that the page knows of when this one begins.
    first : int
        The number of the first sample.
    samples : list of tuple
        Moments in seconds and values.
    """

    model_config = ConfigDict(extra="forbid")
    take: _Name
    known: _Name | None
    first: Annotated[int, Field(ge=0, le=10**8)]
    samples: Annotated[list[tuple[_Moment, _Value]], Field(max_length=20000)]


class Cleared(BaseModel):
    """A clearing from a moment on; see `Said`."""

    model_config = ConfigDict(extra="forbid")
    take: _Name
    known: _Name | None
    time: _Moment


class Undone(BaseModel):
    """A take that is taken back."""

    model_config = ConfigDict(extra="forbid")
    take: _Name


def make_application(session: Session, mark: str) -> FastAPI:
    """Return the application behind the page.

    Parameters
    ----------
    session : Session
        The sequences and traces.
    mark : str
        Tells this page's unsent samples in the browser from those of others.

    Returns
    -------
    FastAPI
        The application; not yet guarded.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(AnnotationError)
    def refused(_: Request, error: AnnotationError) -> Response:
        status = 404 if isinstance(error, UnknownSequenceError) else 409
        return JSONResponse({"error": str(error)}, status_code=status)

    @app.exception_handler(RequestValidationError)
    def misshapen(_: Request, error: RequestValidationError) -> Response:
        where = ", ".join(".".join(map(str, one["loc"])) for one in error.errors()[:3])
        return JSONResponse({"error": f"what was sent has another form: {where}"}, status_code=422)

    @app.exception_handler(OSError)
    def unwritten(_: Request, error: OSError) -> Response:
        return JSONResponse({"error": f"cannot be saved: {error.strerror or error}"}, status_code=507)

    @app.get("/api/session")
    def overview() -> dict[str, Any]:
        return {
            "annotator": session.annotator,
            "dimensions": session.dimensions,
            "sequences": session.sequences(),
            "mark": mark,
        }

    @app.get("/api/trace/{key}/{dimension}")
    def trace(key: str, dimension: Dimension) -> dict[str, Any]:
        return session.trace(key, dimension)

    @app.post("/api/trace/{key}/{dimension}/say")
    def say(key: str, dimension: Dimension, said: Said) -> dict[str, int]:
        samples = [(time, float(value)) for time, value in said.samples]
        return {"have": session.say(key, dimension, said.take, said.known, said.first, list(samples))}

    @app.post("/api/trace/{key}/{dimension}/clear")
    def clear(key: str, dimension: Dimension, cleared: Cleared) -> dict[str, bool]:
        session.clear(key, dimension, cleared.take, cleared.known, cleared.time)
        return {"done": True}

    @app.post("/api/trace/{key}/{dimension}/undo")
    def undo(key: str, dimension: Dimension, undone: Undone) -> dict[str, bool]:
        session.undo(key, dimension, undone.take)
        return {"done": True}

    @app.get("/api/clip/{key}")
    def clip_state(key: str) -> dict[str, Any]:
        return session.clip(key)

    @app.get("/clip/{key}")
    def clip(key: str) -> Response:
        playable = session.playable(key)
        if not playable.ready:
            return JSONResponse({"error": "this clip is still being made"}, status_code=409)
        return FileResponse(playable.path, media_type=_CLIP_TYPES.get(playable.path.suffix.lower(), "video/mp4"))

    @app.get("/export.csv")
    def export() -> Response:
        text = io.StringIO(newline="")
        traces_table(text, session.traces())
        headers = {"content-disposition": 'attachment; filename="traces.csv"'}
        return Response(text.getvalue(), media_type="text/csv", headers=headers)

    @app.get("/{name}")
    @app.get("/")
    def static(name: str = "index.html") -> Response:
        file = STATIC / name
        if file.parent != STATIC or not file.is_file() or file.suffix not in _TYPES:
            return JSONResponse({"error": "nothing here"}, status_code=404)
        return Response(file.read_bytes(), media_type=_TYPES[file.suffix])

    return app
