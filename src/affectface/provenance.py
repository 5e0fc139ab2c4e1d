"""What a written file says about itself: that it is synthetic, what was asked for, and what made it.

The kind of synthesis is a term of the IPTC's Digital Source Type vocabulary. Pictures of affectface show a real photo's
pixels moved by learned models, which is `compositeWithTrainedAlgorithmicMedia`; a picture without a photo behind it is
`trainedAlgorithmicMedia`, or `algorithmicMedia` where nothing was learned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args
from xml.sax.saxutils import quoteattr

from affectface.affect import ActionUnits, Affect, AffectPath, Expression
from affectface.errors import ImageError
from affectface.files import atomic_path

SourceType = Literal["compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia", "algorithmicMedia"]
"""Terms of the IPTC's Digital Source Type vocabulary that affectface uses."""

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOFTWARE = "affectface"

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:affectface="urn:affectface:provenance"
 xmp:CreatorTool={tool}
 Iptc4xmpExt:DigitalSourceType={source}
 affectface:Provenance={text}/>
</rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a synthetic image or clip comes from.

    Attributes
    ----------
    asked : mapping
        What was asked for, in JSON's types; see `describe`.
    models : mapping of str to str
        The models that took part, with their versions or checksums.
    source_type : str
        The term of the IPTC's Digital Source Type vocabulary.
    version : str
        The version of affectface.
    """

    asked: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    source_type: SourceType = "compositeWithTrainedAlgorithmicMedia"
    version: str = ""

    def __post_init__(self) -> None:
        if not self.version:
            from affectface import __version__

            object.__setattr__(self, "version", __version__)

    def to_json(self) -> str:
        """Return the provenance as one line of JSON, in ASCII."""
        record = {
            "synthetic": True,
            "software": _SOFTWARE,
            "version": self.version,
            "digital_source_type": VOCABULARY + self.source_type,
            "asked": dict(self.asked),
            "models": dict(self.models),
        }
        return json.dumps(record, ensure_ascii=True, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Provenance:
        """Return the provenance that `to_json` wrote.

        Parameters
        ----------
        text : str
            The JSON.

        Returns
        -------
        Provenance
            The provenance.

        Raises
        ------
        ValueError
            If the text is something else.
        """
        record = json.loads(text)
        if not isinstance(record, dict) or record.get("software") != _SOFTWARE:
            raise ValueError("not a provenance of affectface")
        source, asked, models = (record.get(key) for key in ("digital_source_type", "asked", "models"))
        term = str(source).removeprefix(VOCABULARY)
        if term not in get_args(SourceType) or not isinstance(asked, dict) or not isinstance(models, dict):
            raise ValueError("not a provenance of affectface")
        return cls(
            asked=asked,
            models={str(key): str(value) for key, value in models.items()},
            source_type=term,  # type: ignore[arg-type]
            version=str(record.get("version")),
        )

    def to_xmp(self) -> bytes:
        """Return the provenance as an XMP packet."""
        return _XMP.format(
            tool=quoteattr(f"{_SOFTWARE} {self.version}"),
            source=quoteattr(VOCABULARY + self.source_type),
            text=quoteattr(self.to_json()),
        ).encode()


def describe(affect: Affect | AffectPath, *, intensity: float = 1.0) -> dict[str, Any]:
    """Return what was asked for, in JSON's types, for a `Provenance`.

    Parameters
    ----------
    affect : ValenceArousal, Expression, ActionUnits or AffectPath
        The affect.
    intensity : float
        The factor on its strength.

    Returns
    -------
    dict
        The affect and the intensity.
    """
    asked: dict[str, Any]
    match affect:
        case Expression():
            asked = {"expression": affect.name}
        case ActionUnits():
            asked = {"action_units": dict(affect.strengths)}
        case AffectPath():
            points = [affect.at(t) for t in affect.times or ()]
            asked = {"path": [[t, p.valence, p.arousal] for t, p in zip(affect.times or (), points, strict=True)]}
        case _:
            asked = {"valence": affect.valence, "arousal": affect.arousal}
    return {**asked, "intensity": float(intensity)}


def write_sidecar(path: str | os.PathLike[str], provenance: Provenance) -> Path:
    """Write the provenance of a file beside it, as JSON.

    Parameters
    ----------
    path : path-like
        The image, clip or folder of frames.
    provenance : Provenance
        Where it comes from.

    Returns
    -------
    Path
        The JSON file: the name of `path` with `.json` added.
    """
    target = Path(path)
    sidecar = target.with_name(target.name + ".json")
    try:
        with atomic_path(sidecar) as temporary:
            text = json.dumps(json.loads(provenance.to_json()), indent=2)
            temporary.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ImageError(f"{sidecar}: cannot be written ({error.strerror}); choose another folder") from None
    return sidecar
