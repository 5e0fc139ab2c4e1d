"""Fit faces by another package, in that package's own Python: `fitting.py` runs this and reads what it writes.

    python benchmarks/fitting_peers.py eos|menpo3d CASES.npz RESULT.npz

CASES.npz holds a face model as plain arrays, the image size and the noisy points of every face. Written are, for each
variant of the package's settings, the fitted vertices at the measured places, the projected 68 points and the seconds.
Needs numpy and the package, and nothing of affectface.
"""

import contextlib
import os
import sys
import time

import numpy as np

EXPRESSION_DEVIATION = 0.35
"""Standard deviation of a facial unit's strength, for a package that takes expressions as a Gaussian."""

FOCAL_RATIO = 1.6
"""Focal length over the image's longer side that a package starts from which asks for one: affectface's own guess."""


def main() -> None:
    package, source, target = sys.argv[1:4]
    with np.load(source, allow_pickle=False) as archive:
        cases = {name: archive[name] for name in archive.files}
    result = {"eos": fit_eos, "menpo3d": fit_menpo3d}[package](cases)
    np.savez(target, **result)


def fit_eos(cases):
    """eos 1.5: linear shape, expression and scaled-orthographic pose in turns (Huber et al. 2016)."""
    import eos

    mean, identity, expression = cases["mean"], cases["identity"], cases["expression"]
    columns = identity.reshape(len(identity), -1).T.astype(np.float32)
    length = np.linalg.norm(columns, axis=0)
    shape = eos.morphablemodel.PcaModel(
        mean.ravel().astype(np.float32), columns / length, (length**2).astype(np.float32), cases["triangles"].tolist()
    )
    blendshapes = [
        eos.morphablemodel.Blendshape(str(i), one.ravel().astype(np.float32)) for i, one in enumerate(expression)
    ]
    model = eos.morphablemodel.MorphableModel(shape, blendshapes, eos.morphablemodel.PcaModel(), {}, [], [])
    mapper = eos.core.LandmarkMapper()  # the identity: a landmark's name is its vertex
    names = [str(v) for v in cases["vertices68"]]
    height, width = (int(n) for n in cases["size"])
    variants = {"default": (5, 30.0, 30.0), "prior 5": (5, 5.0, 5.0), "prior 1": (5, 1.0, 1.0)}
    out = {}
    for variant, (iterations, of_identity, of_expression) in variants.items():
        vertices, points, seconds = [], [], []
        for observed in cases["points68"]:
            landmarks = [
                eos.core.Landmark(name, (point - 0.5).astype(np.float32))  # eos names pixels by their index
                for name, point in zip(names, observed, strict=True)
            ]
            start = time.perf_counter()
            mesh, pose, _, _ = eos.fitting.fit_shape_and_pose(
                model, landmarks, mapper, width, height, iterations, None, of_identity, None, of_expression
            )
            seconds.append(time.perf_counter() - start)
            fitted = np.asarray(mesh.vertices, dtype=np.float64)[:, :3]
            affine = eos.fitting.get_3x4_affine_camera_matrix(pose, width, height)
            corners = np.hstack([fitted[cases["vertices68"]], np.ones((68, 1))])
            points.append((corners @ np.asarray(affine).T)[:, :2] + 0.5)
            vertices.append(fitted[cases["measured"]])
        out |= packed(variant, vertices, points, seconds)
    return out


def fit_menpo3d(cases):
    """menpo3d 0.8.6: simultaneous Gauss-Newton (Booth et al. 2017), here with its landmark term and priors alone."""
    import collections.abc

    collections.Iterable = collections.abc.Iterable  # menpo3d still asks for the name that Python 3.10 took away
    from menpo.feature import no_op
    from menpo.image import Image
    from menpo.model import PCAModel, PCAVectorModel
    from menpo.shape import PointCloud, TriMesh
    from menpo3d.camera import PerspectiveCamera
    from menpo3d.morphablemodel import ColouredMorphableModel, LucasKanadeMMFitter

    mean, identity, expression = (cases[name].astype(np.float64) for name in ("mean", "identity", "expression"))
    columns = np.concatenate([identity, expression]).reshape(len(identity) + len(expression), -1)
    length = np.linalg.norm(columns, axis=1)
    deviation = length * np.r_[np.ones(len(identity)), np.full(len(expression), EXPRESSION_DEVIATION)]
    order = np.argsort(-deviation)
    shape = PCAModel.init_from_components(
        (columns / length[:, None])[order], deviation[order] ** 2, TriMesh(mean, cases["triangles"]), 1000, True
    )
    count = len(mean)
    flat = np.full(count * 3, 0.5)
    bump = np.ones((2, count * 3))
    bump[1, ::2] = -1
    texture = PCAVectorModel.init_from_components(bump / np.sqrt(count * 3), np.array([1e-3, 1e-4]), flat, 1000, True)
    corners = PointCloud(mean[cases["vertices68"]])
    model = ColouredMorphableModel(shape, texture, corners, no_op, None)
    model.model_landmarks_index = cases["vertices68"]  # vertices may lie on each other: by number, not by place
    height, width = (int(n) for n in cases["size"])
    blank = Image(np.zeros((3, height, width)))
    out = {}
    variants = {"default": (50, 1.0), "strong prior": (20, 100.0)}
    for variant, (iterations, prior) in variants.items():
        fitter = LucasKanadeMMFitter(model, n_shape=[len(columns)], n_texture=[2], n_samples=[1000], n_scales=1)
        for algorithm in fitter.algorithms:
            algorithm.model.model_landmarks_index = cases["vertices68"]
        vertices, points, seconds = [], [], []
        for observed in cases["points68"]:
            initial = PointCloud((observed - 0.5)[:, ::-1].astype(np.float64))
            start = time.perf_counter()
            try:
                # `fit_from_shape` itself fails: it makes a camera without a focal length, and multiplies by it
                camera = PerspectiveCamera.init_from_2d_projected_shape(
                    model.landmarks, initial, (height, width), focal_length=FOCAL_RATIO * max(height, width)
                )
                last = quietly(
                    fitter._fit,
                    blank,
                    camera,
                    max_iters=iterations,
                    camera_update=True,
                    focal_length_update=False,
                    reconstruction_weight=None,
                    shape_prior_weight=prior,
                    texture_prior_weight=None,
                    landmarks_prior_weight=1.0,
                    landmarks=initial,
                )[-1]
                fitted = last.final_mesh.points
                seen = last.final_camera_transform.apply(last.final_mesh).points[cases["vertices68"]]
                points.append(seen[:, [1, 0]] + 0.5)
            except (np.linalg.LinAlgError, ValueError, IndexError) as error:
                print(f"menpo3d: {type(error).__name__}: {error}", file=sys.stderr)
                fitted = np.full_like(mean, np.nan)
                points.append(np.full((68, 2), np.nan))
            seconds.append(time.perf_counter() - start)
            vertices.append(fitted[cases["measured"]])
        out |= packed(variant, vertices, points, seconds)
    return out


def quietly(call, *arguments, **options):
    """Return what a call returns that would print a line for every iteration."""
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), np.errstate(all="ignore"):
        return call(*arguments, **options)


def packed(variant, vertices, points, seconds):
    """Return the arrays of one variant by the names that `fitting.py` looks for."""
    return {
        f"{variant}/vertices": np.array(vertices, dtype=np.float32),
        f"{variant}/points": np.array(points, dtype=np.float32),
        f"{variant}/seconds": np.array(seconds),
    }


if __name__ == "__main__":
    main()
