"""Conditions that losses need are watched along runs, and kinks are followed."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from sympy import Identity, Integer, Rational, Trace, log

from theory import Coupling, Direct, GradientDescent, InputError, Loss, OrderParameters, UnfinishedError, models, simulate
from theory.models.vocabulary import ASSUMPTIONS, D_x, D_y, H_x, H_y, J, X, Y, coupling_energy, d
from theory.nodes import dot, hinge, log_det, normalised, squared_norm, total

COUPLING = Coupling.random_pairs(classes=3, samples=9, fraction=Fraction(1, 3), seed=1)
HEAD = {"gamma": 0.5, "lambda": 0, "kappa": 0}
FOLLOWED = [None, GradientDescent(0.1), Direct("DOP853"), Direct("BDF")]


def views(expression, **parts):
    return Loss(expression, state=(X, Y), mobility={X: H_x, Y: H_y}, assumptions=ASSUMPTIONS, views=(X, Y), **parts)


def samples(**columns):
    """Random samples with some columns given."""
    found = np.random.default_rng(0).standard_normal((2, COUPLING.samples))
    for name, value in columns.items():
        found[:, int(name.removeprefix("at"))] = value
    return found


def follow(model, by=None, times=(0.0, 1.0), coupling=COUPLING, **options):
    """A run in which NumPy may not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return simulate(model, coupling, dimension=2, times=list(times), by=by, **options)


@pytest.mark.parametrize("by", FOLLOWED)
@pytest.mark.parametrize(
    ("model", "parameters", "initial", "named"),
    [
        (models.simsiam(), HEAD, {"X": samples(at3=0.0)}, r"diagonal\(X.T.*X\) is positive.* got 0 at entry 3"),
        (models.simsiam(), HEAD, {"W": np.zeros((2, 2))}, r"W.T\*W"),
        (models.info_nce(), {"temperature": 0.5}, {"X": samples(at0=0.0)}, r"diagonal\(X.T\*X\)"),
        (models.barlow_twins(), {"alpha": 0.3}, {"X": np.full((2, 9), 1 / 3)}, r"diagonal"),
        (views(coupling_energy(X, Y) - log(Trace(X * D_x * X.T))), {}, {"X": np.zeros((2, 9))}, r"Trace\(X\*D_x\*X.T\)"),
    ],
)
def test_a_start_outside_the_domain_is_refused(model, parameters, initial, named, by):
    with pytest.raises(InputError, match=named):
        follow(model, by, parameters=parameters, initial=initial)


def test_order_parameters_watch_labels():
    model = views(coupling_energy(X, Y) - log(Trace(Y * D_y * Y.T)))
    many = Coupling.uniform(classes=2, samples=12, fraction=Fraction(1, 2))
    run = follow(model, OrderParameters(), coupling=many)
    assert np.allclose(run.loss, follow(model, Direct(), coupling=many).loss)
    for seeds in (None, range(2)):
        with pytest.raises(InputError, match=r"Trace.* is positive"):
            follow(model, OrderParameters(), coupling=many, initial={"Y": np.zeros((2, 2))}, seeds=seeds)


def test_a_variance_lost_in_rounding_is_no_variance():
    almost = np.ones((2, 9)) + 1e-13 * samples()
    with pytest.raises(InputError, match="is positive"):
        follow(models.barlow_twins(), parameters={"alpha": 0.3}, initial={"X": almost})


def decaying(rate):
    """Cosines of samples with labels, where samples decay."""
    return views(-dot(normalised(X) * J, normalised(Y)), decay={X: rate})


def test_lengths_that_run_to_zero_end_the_run_by_the_tolerances():
    """The length of a sample is its start times exp(-t): the slope of a cosine does not change it."""
    with pytest.raises(UnfinishedError, match=r"expected diagonal\(X.T\*X\) to stay positive, got .* at t = ") as caught:
        follow(decaying(1), Direct("LSODA", rtol=1e-4, atol=1e-3), times=[0.0, 1.0, 20.0])
    assert list(caught.value.partial.times) == [0.0, 1.0]
    assert np.isfinite(caught.value.partial.loss).all()


def test_steps_that_run_to_zero_with_a_length_end_the_run():
    with pytest.raises(UnfinishedError, match=r"standstill.*must stay positive, has come down to"):
        follow(decaying(1), Direct("RK45", rtol=1e-4, atol=1e-12), times=[0.0, 1.0, 1e4])


def test_a_determinant_that_would_change_its_sign_ends_steps():
    """The loss -log det pushes away from zero and a strong decay pulls beyond it in a step."""
    model = views(-log_det(X * D_x * X.T - Identity(d)) + squared_norm(X))
    wide = {"X": 2 * samples(), "Y": np.zeros((2, 3))}
    with pytest.raises(UnfinishedError, match=r"Determinant.* to stay positive"):
        follow(model, GradientDescent(0.4), initial=wide, times=[0.0, 4.0])


# -- kinks -------------------------------------------------------------------------------------------------------------


def held_apart(weight):
    """Squared distances against a hinge on the second moments of samples."""
    return views(coupling_energy(X, Y) + weight * hinge(1 - Trace(X * D_x * X.T) - Trace(Y * D_y * Y.T)))


def test_a_run_slides_along_a_kink_and_rests_on_it():
    """Attraction shrinks the moments to the kink, where they are held while the rest of the loss falls to its least value."""
    small = {"X": samples() / 6, "Y": samples()[:, :3] / 6}
    run = follow(held_apart(2.0), times=[0.0, 10.0, 100.0, 1e3, 1e4], initial=small)
    D = COUPLING.data
    moments = np.sum(D["D_x"] * run.end["X"] ** 2) + np.sum(D["D_y"] * run.end["Y"] ** 2)
    assert abs(moments - 1) < 4 * np.sqrt(1e-8)
    assert run.loss[-1] < run.loss[0]


def test_vicreg_rests_on_its_hinge():
    parameters = {"alpha": 5, "zeta": 0.5, "epsilon": 0.1}
    run = follow(models.vicreg(), times=[0.0, 30.0, 60.0, 1e3], parameters=parameters)
    again = follow(models.vicreg(), times=[0.0, 1e4], parameters=parameters, initial=dict(run.end))
    assert abs(again.loss[-1] - again.loss[0]) < 1e-6
    kinks = models.vicreg().kinks
    assert len(kinks) == 2
    steps = follow(models.vicreg(), GradientDescent(0.02), times=[0.0, 60.0], parameters=parameters)
    assert abs(steps.loss[-1] - run.loss[2]) < 0.02


@pytest.mark.parametrize("scale", [Integer(1), Rational(1, 10**6)])
def test_a_kink_is_passed_at_every_scale(scale):
    """Entries fall at the rate of their mobility while they are positive, and rest where they are not."""
    start = float(scale) * samples()
    run = follow(views(scale * total(hinge(X))), Direct(atol=1e-12), initial={"X": start}, times=[0.0, 0.5])
    fallen = np.maximum(start - 0.5 * float(scale) * COUPLING.data["H_x"], 0)
    assert np.allclose(run.end["X"], np.where(start > 0, fallen, start), rtol=0, atol=2e-4 * np.abs(start).max())
