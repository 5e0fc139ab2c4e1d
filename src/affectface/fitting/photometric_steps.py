"""Gauss-Newton steps over all terms of Kollias 2020, eq. 4, damped where a step would make things worse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affectface.arrays import FloatArray
from affectface.fitting.landmark_term import LandmarkBasis, landmark_equations
from affectface.fitting.photometric_config import DESCRIPTOR_LENGTH, PhotometricConfig
from affectface.fitting.photometric_term import (
    PhotometricTerm,
    TextureMatch,
    crop_points,
    photometric_cost,
    photometric_equations,
    robust_weights,
)
from affectface.fitting.priors import prior_equations
from affectface.fitting.projection import FaceState, place_points, projected, projection_jacobian
from affectface.morphable.texture.features import sample

Matrix = NDArray[np.float64]
_TRIES = 5


@dataclass(frozen=True, eq=False)
class Problem:
    """All that is minimised over one face in one image.

    Attributes
    ----------
    basis : LandmarkBasis
        The face model at the landmarks.
    observed : ndarray of shape (L, 2), float32
        Where they were found, pixels.
    eye_distance : float
        Inter-ocular distance, pixels.
    pixel : float
        Pixels of the image for one of the units in which landmarks are weighed.
    prior_focal : float
        The most likely focal length, pixels.
    free_focal : bool
        Whether the focal length is unknown.
    photometric : PhotometricTerm
        The features.
    config : PhotometricConfig
        How the terms are weighed.
    """

    basis: LandmarkBasis
    observed: FloatArray
    eye_distance: float
    pixel: float
    prior_focal: float
    free_focal: bool
    photometric: PhotometricTerm
    config: PhotometricConfig

    @property
    def landmark_scale(self) -> tuple[float, float]:
        """Noise and outlier bound of the landmark term, pixels: its noise is what the weight stands for."""
        start = self.config.start
        sigma = self.pixel * DESCRIPTOR_LENGTH / max(self.config.landmark_weight, 1e-12) ** 0.5
        return sigma, start.outlier * start.landmark_noise * self.eye_distance


@dataclass(frozen=True, eq=False)
class Linearised:
    """Normal equations where a fit stands."""

    normal: Matrix
    gradient: Matrix
    weight: FloatArray
    precision: Matrix
    cost: float
    texture: Matrix


def linearise(problem: Problem, state: FaceState, weight: FloatArray) -> Linearised:
    """Return the normal equations of all terms, with the texture projected out.

    Parameters
    ----------
    problem : Problem
        What is minimised.
    state : FaceState
        Where the fit stands.
    weight : ndarray of shape (N,), float32
        How much each vertex counts.

    Returns
    -------
    Linearised
        The normal equations, and the cost where the fit stands.
    """
    config = problem.config
    normal, gradient, cost = landmark_equations(problem.basis, problem.observed, state, *problem.landmark_scale)
    precision, pull = _priors(problem, state)
    more_normal, more_gradient, match = photometric_equations(problem.photometric, state, weight)
    normal += config.features_weight * more_normal
    normal[np.diag_indices_from(normal)] += precision
    gradient += config.features_weight * more_gradient - pull
    cost += config.features_weight * match.cost + _prior_cost(problem, state, precision)
    return Linearised(normal, gradient, weight, precision, cost, match.texture)


def _priors(problem: Problem, state: FaceState) -> tuple[Matrix, Matrix]:
    config = problem.config
    precision, pull = prior_equations(state, problem.prior_focal, problem.basis.frequent, config.start)
    share = config.shape_weight / DESCRIPTOR_LENGTH**2
    precision, pull = precision * share, pull * share
    if not problem.free_focal:
        precision[6], pull[6] = 1e12, 0.0
    return precision, pull


def _prior_cost(problem: Problem, state: FaceState, precision: Matrix) -> float:
    """Return the priors' cost where the expression's is replaced by the parabola that a step is taken with."""
    away = np.zeros_like(precision)
    away[6] = np.log(state.focal / problem.prior_focal) if problem.free_focal else 0.0
    away[7:] = state.coefficients
    return float(precision @ away**2)


def total_cost(problem: Problem, state: FaceState, weight: FloatArray, precision: Matrix) -> tuple[float, TextureMatch]:
    """Return the cost of a state, with given weights of the vertices (N,) and precisions of the priors (P,).

    Parameters
    ----------
    problem : Problem
        What is minimised.
    state : FaceState
        Where the fit stands.
    weight : ndarray of shape (N,), float32
        How much each vertex counts.
    precision : ndarray of shape (P,), float64
        The priors' precisions.

    Returns
    -------
    cost : float
        The cost; infinite where the face is behind the camera.
    match : TextureMatch
        The best texture there.
    """
    match = photometric_cost(problem.photometric, state, weight)
    points, _, _ = place_points(problem.basis.mean, problem.basis.shapes, state)
    if not (points[:, 2] > 1e-3).all():
        return float("inf"), match
    sigma, bound = problem.landmark_scale
    squared = ((problem.observed - projected(points, state.focal, state.centre)) ** 2).sum(1)
    cost = float((squared / (1 + squared / bound**2)).sum()) / sigma**2 + _prior_cost(problem, state, precision)
    return cost + problem.config.features_weight * match.cost, match


def descend(problem: Problem, state: FaceState) -> tuple[FaceState, FloatArray, Matrix]:
    """Take Gauss-Newton steps until they no longer pay.

    Parameters
    ----------
    problem : Problem
        What is minimised.
    state : FaceState
        The start.

    Returns
    -------
    state : FaceState
        The best state.
    weight : ndarray of shape (N,), float32
        How much each vertex counts there.
    texture : ndarray of shape (K,), float64
        The texture there.
    """
    config, term = problem.config, problem.photometric
    step_of = _step if config.solver == "project-out" else _simultaneous_step
    match = photometric_cost(term, state, term.weight)
    for _ in range(config.iterations):
        weight = robust_weights(term, match.misfit, config.outlier)
        here = linearise(problem, state, weight)
        damping, better = 0.0, None
        for _ in range(_TRIES):
            moved = state.moved(step_of(problem, state, here, damping))
            cost, match_there = total_cost(problem, moved, weight, here.precision)
            if cost < here.cost:
                better, match = moved, match_there
                break
            damping = max(10 * damping, 1e-2)
        if better is None:
            break
        state = better
        if here.cost - cost < config.tolerance * here.cost:
            break
    weight = robust_weights(term, match.misfit, config.outlier)
    return state, weight, photometric_cost(term, state, weight).texture


def _step(problem: Problem, state: FaceState, here: Linearised, damping: float) -> Matrix:
    return np.asarray(np.linalg.solve(_damped(here.normal, damping), here.gradient))


def _damped(normal: Matrix, damping: float) -> Matrix:
    return normal + damping * np.diag(np.diag(normal))


def _simultaneous_step(problem: Problem, state: FaceState, here: Linearised, damping: float) -> Matrix:
    """Return the step of camera and shape that is taken together with the texture's, with every product written out."""
    term, config = problem.photometric, problem.config
    points, turned, rotation = place_points(term.points.mean, term.points.shapes, state)
    values, slopes = sample(term.features, crop_points(term, points, state))
    movement = projection_jacobian(points, turned, rotation, state.focal, term.points.shapes)
    by_shape = np.einsum("nci,nip->ncp", slopes * term.crop.scale, movement).astype(np.float64)
    jacobian = np.concatenate([by_shape, -term.level.basis.transpose(0, 2, 1)], axis=2)
    jacobian = jacobian.reshape(-1, jacobian.shape[2])
    texture = here.texture
    misfit = values - term.level.mean - np.einsum("nkc,k->nc", term.level.basis, texture)
    each = np.repeat(here.weight, values.shape[1])[:, None] * (config.features_weight * term.scale)
    normal = jacobian.T @ (each * jacobian)
    gradient = -jacobian.T @ (each[:, 0] * misfit.ravel())
    prior = config.features_weight * term.texture_weight / term.level.eigenvalues
    count = len(here.gradient)
    normal[np.arange(count, len(normal)), np.arange(count, len(normal))] += prior
    gradient[count:] -= prior * texture
    others, pull, _ = landmark_equations(problem.basis, problem.observed, state, *problem.landmark_scale)
    precision, prior_pull = _priors(problem, state)
    normal[:count, :count] += others + np.diag(precision)
    gradient[:count] += pull - prior_pull
    return np.asarray(np.linalg.solve(_damped(normal, damping), gradient)[:count])
