"""Samples people from MakeHuman's macro and local targets, and finds their principal components.

MakeHuman mixes its macro targets multilinearly: ancestry x gender x age, and gender x age x muscle x weight. Local
targets (a broader nose, a longer chin) come in opposed pairs; one normal coefficient picks the side and the amount.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from .makehuman import Archive, Array

PEOPLE = 4000
COMPONENTS = 100
LOCAL_SIGMA = 0.16
_LOCAL = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose")
_OPPOSED = (
    ("decr", "incr"), ("down", "up"), ("in", "out"), ("backward", "forward"), ("concave", "convex"),
    ("compress", "uncompress"),
)  # fmt: skip
_ASYMMETRY_SIGMA = 0.1
ANCESTRIES = ("african", "asian", "caucasian")
_GENDERS = ("female", "male")
AGES = ("child", "young", "old")
_LEVELS = ("min", "average", "max")


def sample_people(archive: Archive, vertices: NDArray[np.intp], rng: np.random.Generator) -> Array:
    """Return `PEOPLE` sampled heads (N, V, 3), cm, as MakeHuman places them.

    Parameters
    ----------
    archive : Archive
        The wheel.
    vertices : ndarray of shape (V,)
        The vertices of the head.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (N, V, 3)
        The heads.
    """
    names, weights = _macro_weights(rng)
    local_names, local_weights = _local_weights(archive, rng)
    targets = np.stack([archive.target(n)[vertices].ravel() for n in names + local_names]).astype(np.float32)
    mixed = np.hstack([weights, local_weights]).astype(np.float32) @ targets
    return archive.base.vertices[vertices] + mixed.reshape(PEOPLE, -1, 3).astype(np.float64)


def sample_traits(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return how male (N,) sampled people are, and their shares of ancestries (N, 3) and ages (N, 3)."""
    gender = rng.beta(0.6, 0.6, PEOPLE)
    ancestries = rng.dirichlet((0.5, 0.5, 0.5), PEOPLE)
    # One person in six is between a school child and an adult; the others between 20 and old age.
    young = rng.random(PEOPLE) < 1 / 6
    share = np.where(young, rng.uniform(0.2, 1, PEOPLE), rng.beta(0.8, 1.6, PEOPLE))
    return (
        gender,
        ancestries,
        np.stack([young * (1 - share), np.where(young, share, 1 - share), ~young * share], axis=1),
    )


def _macro_weights(rng: np.random.Generator) -> tuple[list[str], Array]:
    gender, ancestries, ages = sample_traits(rng)
    genders = np.stack([1 - gender, gender], axis=1)
    muscle, weight = (_levels(rng.beta(2.2, 2.2, PEOPLE)) for _ in range(2))
    names, columns = [], []
    for (a, ancestry), (g, gender_name), (t, age) in product(*map(enumerate, (ANCESTRIES, _GENDERS, AGES))):
        names.append(f"macrodetails/{ancestry}-{gender_name}-{age}")
        columns.append(ancestries[:, a] * genders[:, g] * ages[:, t])
    for (g, gender_name), (t, age), (m, muscles), (w, weights) in product(
        *map(enumerate, (_GENDERS, AGES, _LEVELS, _LEVELS))
    ):
        names.append(f"macrodetails/universal-{gender_name}-{age}-{muscles}muscle-{weights}weight")
        columns.append(genders[:, g] * ages[:, t] * muscle[:, m] * weight[:, w])
    return names, np.stack(columns, axis=1)


def _levels(amount: Array) -> Array:
    """Return how much of min, average and max an amount in [0, 1] is."""
    return np.stack([np.clip(1 - 2 * amount, 0, 1), 1 - np.abs(2 * amount - 1), np.clip(2 * amount - 1, 0, 1)], axis=1)


def _local_weights(archive: Archive, rng: np.random.Generator) -> tuple[list[str], Array]:
    names: list[str] = []
    columns: list[Array] = []
    known = {name for folder in _LOCAL for name in archive.folder(folder)}
    shared: dict[str, Array] = {}
    for name in sorted(known):
        low = next(((a, b) for a, b in _OPPOSED if name.endswith(f"-{a}")), None)
        if any(name.endswith(f"-{b}") and f"{name.removesuffix(b)}{a}" in known for a, b in _OPPOSED):
            continue  # drawn together with its opposite
        folder, _, leaf = name.partition("/")
        side = leaf[:2] if leaf[:2] in ("l-", "r-") else ""
        both = f"{folder}/{leaf.removeprefix(side)}"
        if both not in shared:
            shared[both] = rng.normal(0, LOCAL_SIGMA, PEOPLE)
        amount = shared[both] + (rng.normal(0, 0.2 * LOCAL_SIGMA, PEOPLE) if side else 0)
        opposite = f"{name.removesuffix(low[0])}{low[1]}" if low else ""
        names.append(name)
        columns.append(np.clip(-amount, 0, None) if opposite in known else np.clip(amount, 0, None))
        if opposite in known:
            names.append(opposite)
            columns.append(np.clip(amount, 0, None))
    for name in archive.folder("asym"):
        if not any(part in name for part in ("breast", "trunk")):
            names.append(name)
            columns.append(np.abs(rng.normal(0, _ASYMMETRY_SIGMA, PEOPLE)))
    return names, np.stack(columns, axis=1)


def align(people: Array, stable: NDArray[np.bool_], rounds: int = 3) -> Array:
    """Turn and move each head (N, V, 3) onto the mean by rigid Procrustes over the `stable` vertices (V,)."""
    mean = people.mean(0)
    for _ in range(rounds):
        goal = mean[stable] - mean[stable].mean(0)
        aligned = np.empty_like(people)
        for index, head in enumerate(people):
            centre = head[stable].mean(0)
            u, _, vt = np.linalg.svd((head[stable] - centre).T @ goal)
            flip = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
            aligned[index] = (head - centre) @ (u @ flip @ vt) + mean[stable].mean(0)
        mean = aligned.mean(0)
    return aligned


def principal_components(people: Array, weights: Array) -> Array:
    """Return displacements (COMPONENTS, V, 3) of one standard deviation, largest first.

    Parameters
    ----------
    people : ndarray of shape (N, V, 3)
        Aligned heads.
    weights : ndarray of shape (V,)
        How much each vertex counts in choosing the components: a face is seen, the back of its head is not.

    Returns
    -------
    ndarray of shape (COMPONENTS, V, 3)
        The components.
    """
    centred = people - people.mean(0)
    flat = (centred * np.sqrt(weights)[:, None]).reshape(len(people), -1)
    left, singular, _ = svds(flat.astype(np.float32), k=COMPONENTS, random_state=0)
    scores = left[:, np.argsort(-singular)] * np.sqrt(len(people))
    return np.tensordot(scores, centred, axes=(0, 0)) / len(people)
