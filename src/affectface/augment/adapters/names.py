"""The data sets that can be imported, by name."""

from __future__ import annotations

from affectface.augment.adapters import (
    afew,
    afew_va,
    aff_wild,
    aff_wild2,
    affectnet,
    bosphorus,
    bp4d,
    bu_3dfe,
    celeba,
    csv_table,
    disfa,
    face_place,
    fei,
    fer2013,
    image_folder,
    kf_itw,
    multi_pie,
    photo_sets,
    raf_db,
    recola,
    stirling,
    unbc,
)
from affectface.augment.adapters.data_set import DataSet
from affectface.errors import DataSetError

DATA_SETS: dict[str, DataSet] = {
    "affectnet": affectnet.DATA_SET,
    "aff-wild": aff_wild.DATA_SET,
    "aff-wild2": aff_wild2.DATA_SET,
    "aff-wild2-va": aff_wild2.DATA_SETS["va"],
    "aff-wild2-expr": aff_wild2.DATA_SETS["expr"],
    "aff-wild2-au": aff_wild2.DATA_SETS["au"],
    "recola": recola.DATA_SET,
    "afew": afew.DATA_SET,
    "afew-va": afew_va.DATA_SET,
    "raf-db": raf_db.DATA_SET,
    "bu-3dfe": bu_3dfe.DATA_SET,
    "bosphorus": bosphorus.DATA_SET,
    "multi-pie": multi_pie.DATA_SET,
    "kf-itw": kf_itw.DATA_SET,
    "fei": fei.DATA_SET,
    "face-place": face_place.DATA_SET,
    "stirling-pain": stirling.PAIN,
    "stirling-iranian": stirling.IRANIAN,
    "stirling-nottingham": stirling.NOTTINGHAM,
    "fera2017": bp4d.FERA,
    "bp4d": bp4d.BP4D,
    "disfa": disfa.DATA_SET,
    "unbc": unbc.DATA_SET,
    "celeba": celeba.DATA_SET,
    "fer2013": fer2013.DATA_SET,
    "london": photo_sets.LONDON,
    "lisa": photo_sets.LISA,
    "zoom": photo_sets.ZOOM,
    "csv": csv_table.DATA_SET,
    "image-folder": image_folder.DATA_SET,
}
"""Adapters by the name that the command line takes; FER+ is a part of fer2013."""


def known_licence(source: str) -> str | None:
    """Return the licence of the data set that rows' column `source` names; None where it is not known."""
    return DATA_SETS[source].licence if source in DATA_SETS else None


def data_set(name: str) -> DataSet:
    """Return the data set of a name, or raise a DataSetError that lists the names."""
    if name not in DATA_SETS:
        raise DataSetError(f"{name!r} is no data set that is known; there are {', '.join(DATA_SETS)}")
    return DATA_SETS[name]
