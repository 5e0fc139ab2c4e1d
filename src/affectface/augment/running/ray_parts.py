"""Parts made by Ray Data: a table of parts goes through a pool of actors, each of which holds the models."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

from affectface.augment.running.making_parts import Done, attempt
from affectface.augment.running.part_work import PartMaker
from affectface.augment.running.parts import Part
from affectface.augment.running.photo_work import Work
from affectface.augment.running.ray_session import Workforce
from affectface.augment.running.records import Summary
from affectface.errors import AffectFaceError, DataSetError, DeviceError

_RETRIES = 3
"""How often a part is tried again after the process that made it died, before the run ends."""


class RayMaker:
    """What an actor of the pool is: it opens the models once and makes the parts that it is given."""

    def __init__(self, work: Work) -> None:
        import cv2

        cv2.setNumThreads(1)
        self._fault = ""
        try:
            self._maker = PartMaker(work)
        except AffectFaceError as error:
            self._fault = str(error)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[str]]:
        """Make the parts of a batch and tell of them, in JSON."""
        parts = [Part(*map(int, numbers)) for numbers in zip(*(batch[name] for name in _COLUMNS), strict=True)]
        told = [Done(part, None, self._fault) if self._fault else attempt(self._maker, part) for part in parts]
        return {"done": [_to_json(one) for one in told]}


_COLUMNS = ("number", "first", "count")


def made_by_ray(work: Work, parts: Sequence[Part], force: Workforce) -> Iterator[Done]:
    """Make parts by a pool of actors.

    Parameters
    ----------
    work : Work
        What they are made from; every machine must see its folder and its photos at the same place.
    parts : sequence of Part
        The parts.
    force : Workforce
        Who makes them.

    Yields
    ------
    Done
        One a part, as they become done.

    Raises
    ------
    DataSetError
        If the process that makes a part dies again and again.
    DeviceError
        If graphics cards are needed and Ray has none.
    """
    import ray
    import ray.data

    _hush()
    rows = [{name: getattr(part, name) for name in _COLUMNS} for part in parts]
    size = min(force.workers, len(parts))
    waiting = {part.name for part in parts}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            RayMaker,
            fn_constructor_args=(work,),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=2),
            num_cpus=1,
            num_gpus=share_of_gpu(size, force.gpus) if work.folder.config.making.device == "cuda" else 0,
            max_task_retries=_RETRIES,
        )
        try:
            for row in told.iter_rows():
                done = _from_json(row["done"])
                waiting.discard(done.part.name)
                yield done
        except ray.exceptions.RayError as error:
            if isinstance(error, ray.exceptions.RayTaskError):
                raise  # a bug, with its own traceback
            where = f"{work.folder.path}: processes died again and again over {', '.join(sorted(waiting)[:3])}"
            raise DataSetError(f"{where}, for want of memory or at one photo; run again with fewer workers") from None


def share_of_gpu(workers: int, gpus: float) -> float:
    """Return how much of a graphics card each of some workers asks Ray for, so that all of them find room.

    Parameters
    ----------
    workers : int
        How many workers there are.
    gpus : float
        How many cards Ray has.

    Returns
    -------
    float
        1, or less where a card is shared: a worker's share lies on one card.

    Raises
    ------
    DeviceError
        If there is none.
    """
    if gpus < 1:
        raise DeviceError("Ray knows of no graphics card, and cuda was asked for; take --device cpu, or other machines")
    each = ceil(workers / floor(gpus))
    return floor(SHARES / each) / SHARES


SHARES = 10_000
"""Ray counts parts of a graphics card in ten thousandths."""


def _hush() -> None:
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what goes wrong is raised too


def _to_json(done: Done) -> str:
    return json.dumps([*(getattr(done.part, name) for name in _COLUMNS), done.fault, done.no_space, _plain(done)])


def _plain(done: Done) -> dict[str, Any] | None:
    return None if done.summary is None else vars(done.summary)


def _from_json(text: str) -> Done:
    *numbers, fault, space, summary = json.loads(text)
    return replace(Done(Part(*numbers), None, fault, space), summary=summary and Summary(**summary))
