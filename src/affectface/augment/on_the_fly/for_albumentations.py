"""Changes of samples inside albumentations' pipelines. This is the only module that imports that package.

albumentations is no dependency: its last version under the MIT licence is 2.0.8, which is no longer maintained; its
successor AlbumentationsX is under the AGPL or a commercial licence. Both are called in the same way, and what is here
uses nothing but that: the base class `BasicTransform` with its chance `p` and its random generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from affectface.augment.on_the_fly.samples import Change
from affectface.errors import MissingPackageError

if TYPE_CHECKING:
    _Base: Any = object
else:
    try:
        from albumentations import BasicTransform as _Base
    except ImportError:
        _Base = object

_LABELS = ("valence", "arousal", "expression", "action_units", "box", "landmarks", "synthesis")


class ForAlbumentations(_Base):  # type: ignore[misc]
    """A change of samples as a transform that stands in `albumentations.Compose`.

    Parameters
    ----------
    change : Change
        What is done, such as `SynthesisTransform` or `ClassicalTransform`.
    p : float
        Chance that it is done.

    Raises
    ------
    MissingPackageError
        If albumentations is not installed.

    Notes
    -----
    Chance comes from the pipeline, so that `Compose(..., seed=...)` decides all. Labels go beside the image:
    ``pipeline(image=image, valence=0.1, arousal=0.0)``. Transforms of albumentations that move or mirror the picture
    know nothing of `box`, `landmarks` and `action_units`: have them before this one, or use `ClassicalTransform`.
    """

    def __init__(self, change: Change, p: float = 0.5) -> None:
        if _Base is object:
            raise MissingPackageError(
                "pipelines of albumentations need the package albumentations, which is not installed; "
                "pip install albumentations, or call the change itself"
            )
        super().__init__(p=p)
        self.change = change

    @property
    def targets(self) -> dict[str, Any]:
        """Return what a pipeline may hand over, with functions that it does not call: `__call__` does all."""
        return {name: _as_it_is for name in ("image", *_LABELS)}

    @property
    def available_keys(self) -> set[str]:
        """Return the names of what a pipeline may hand over."""
        return {"image", *_LABELS}

    def __call__(self, *args: Any, force_apply: bool = False, **sample: Any) -> dict[str, Any]:
        """Return a sample that is given as keywords, changed or, by chance, as it is."""
        if args:
            raise ValueError("an image and labels by position; name them: transform(image=image, valence=0.1)")
        if not self.should_apply(force_apply=force_apply):
            return sample
        return self.change.apply(sample, self.random_generator)


def _as_it_is(value: Any, **options: Any) -> Any:
    return value
