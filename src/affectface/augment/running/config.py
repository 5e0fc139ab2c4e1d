"""The choices of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from affectface.augment.making.config import MakingConfig

Form = Literal["shards", "images", "parquet"]


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What a run makes, all of which decides its bytes; who makes it decides nothing."""

    form: Form = "shards"
    """`shards`: WebDataset's tar files of images with their labels. `images`: plain files. `parquet`: tables with the
    images' bytes and their labels. All have the manifest beside them."""
    part_jobs: int | None = None
    """Jobs that are written as a whole, at most; by the plan's length without it, 32 to 1,000."""
    face_model: str | None = None
    """Name or path of the face model; ICT-FaceKit where it was added, otherwise the embedded one."""
    affect_model: str | None = None
    """Path of the affect model; the shipped one without it."""
    making: MakingConfig = field(default_factory=MakingConfig)
    """What the pictures are like."""

    def __post_init__(self) -> None:
        if self.form not in get_args(Form):
            raise ValueError(f"form is {self.form!r}; one of {', '.join(get_args(Form))} is needed")
        if self.part_jobs is not None and not 1 <= self.part_jobs <= 100_000:
            raise ValueError(f"part_jobs is {self.part_jobs}; 1 to 100000 are needed")
