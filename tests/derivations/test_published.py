"""Published models bring out the main statement of their papers, from their files alone."""

from functools import cache

import numpy as np
import pytest
from sympy import Eq, Rational, simplify, sqrt

from derivations.analysis.conserved import first_integrals
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.linearisation.stability import stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.linearisation.whole_states import whole_stability
from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.analysis.points.fixed_points import fixed_points
from derivations.spec import read_model
from derivations.studies.study import study
from theory import InputError
from theory.models.published import names_of_published, published


@cache
def subject(name):
    return read_model(published(name))


@cache
def reduction(name):
    return reduce_to_modes(subject(name).flow, time_limit=None)


@cache
def states(name):
    found = fixed_points(reduction(name).flow, time_limit=None)
    assert found.completeness.value == "proved complete"
    return tuple(p for p in found if not any(isinstance(c, Eq) for c in p.conditions))


@cache
def verdict(name, number):
    return stability(reduction(name).flow, states(name)[number], time_limit=None)


@cache
def whole(name, number):
    return whole_stability(subject(name).flow, states(name)[number], time_limit=None)


def letters(name):
    """Amplitudes, eigenvalues and parameters by name."""
    flow = reduction(name).flow
    return {str(x): x for x in (*flow.state, *flow.parameters)}


def velocity(name, amplitude):
    flow = reduction(name).flow
    return next(v for x, v in flow.velocity.items() if str(x) == amplitude)


def assert_same(found, expected):
    assert simplify(found - expected) == 0


# -- the files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names_of_published())
def test_a_published_model_is_read_and_reduced_with_its_check(name):
    found = subject(name)
    assert found.name == name
    assert found.loss is not None
    assert found.title != name
    assert found.source
    assert reduction(name).step.verify().outcome.status.value == "passed"
    unknown = {str(x) for x in found.numbers} - {str(p) for p in reduction(name).flow.parameters}
    assert not unknown
    assert found.small is None or found.small in reduction(name).flow.parameters
    assert {*(found.plane or ())} <= {*reduction(name).flow.parameters}


def test_another_name_is_refused_with_the_names_that_there_are():
    with pytest.raises(InputError, match=r"a published model \(barlow_twins, .*got simclr"):
        published("simclr")


# -- DirectPred, BYOL ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["direct_predictor", "byol_target"])
def test_a_predictor_has_the_states_of_tian_chen_and_ganguli_whatever_the_target(name):
    at = letters(name)
    a, b, alpha, eta, p, w = (at[n] for n in ("a", "b", "alpha", "eta", "p", "w"))
    assert len(states(name)) == 5
    for point, sign in zip(states(name)[1:], (1, 1, -1, -1), strict=True):
        assert_same(point.values[p], (b + sign * sqrt(b**2 - 4 * a * eta)) / (2 * a))
        assert_same(point.values[w] ** 2, point.values[p] ** 2 / alpha)
        assert point.conditions == (b**2 >= 4 * a * eta,)
        if "t" in at:
            assert point.values[at["t"]] == point.values[w]


@pytest.mark.parametrize("name", ["direct_predictor", "byol_target"])
def test_the_upper_state_is_stable_and_the_lower_a_saddle_and_they_end_at_the_critical_decay(name):
    at = letters(name)
    assert [verdict(name, n).verdict for n in (0, 1, 3)] == [Verdict.STABLE, Verdict.STABLE, Verdict.SADDLE]
    (end,) = verdict(name, 1).bifurcations
    assert end.kind.value == "saddle-node"
    assert end.critical.lhs == at["eta"]
    assert_same(end.critical.rhs, at["b"] ** 2 / (4 * at["a"]))


def test_predictor_and_encoder_balance_at_twice_the_decay():
    flow, at = reduction("direct_predictor").flow, letters("direct_predictor")
    balance = at["w"] ** 2 - at["p"] ** 2 / at["alpha"]
    assert_same(flow.time_derivative(balance), -2 * at["eta"] * balance)


def rates_with_target(rate):
    """The eigenvalues at the upper state, from the Jacobian in numbers, fast to slow."""
    at, flow, point = letters("byol_target"), reduction("byol_target").flow, states("byol_target")[1]
    numbers = {at["a"]: 1, at["b"]: Rational(4, 5), at["alpha"]: 1, at["eta"]: Rational(1, 10), at["beta"]: rate}
    jacobian = flow.jacobian().subs(point.values).subs(numbers).evalf()
    return sorted(np.linalg.eigvals(np.array(jacobian.tolist(), dtype=float)).real)


def test_a_slow_target_has_the_slowest_rate_and_a_fast_one_is_stop_gradient():
    at = letters("byol_target")
    found = time_scales(reduction("byol_target").flow, states("byol_target")[1], small=at["beta"], time_limit=None)
    slow = found[-1]
    value = slow.coefficient.subs({at["a"]: 1, at["b"]: Rational(4, 5), at["eta"]: Rational(1, 10)})
    assert slow.exponent == 1
    assert abs(rates_with_target(1e-6)[-1] / 1e-6 - float(value)) < 1e-4
    stopped = [
        v.subs({at["a"]: 1, at["b"]: Rational(4, 5), at["eta"]: Rational(1, 10)})
        for v in verdict("direct_predictor", 1).eigenvalues
    ]
    np.testing.assert_allclose(rates_with_target(1e7)[1:], sorted(map(float, stopped)), rtol=1e-6)


def test_a_target_that_follows_rests_where_the_encoder_does_in_the_whole_model():
    at = letters("byol_target")
    found = whole("byol_target", 1)
    assert_same(found.values[at["w"]], at["p"] / sqrt(at["alpha"]))
    assert found.values[at["t"]] == found.values[at["w"]]
    assert_same((at["a"] * at["p"] ** 2 - at["b"] * at["p"] + at["eta"]).subs(found.along), 0)
    assert found.verdict is Verdict.DEPENDS


# -- factorisations -----------------------------------------------------------------------------------------------------


def test_two_linear_layers_have_a_family_of_states_a_saddle_and_a_conserved_difference():
    at = letters("two_layer_linear")
    origin, family = states("two_layer_linear")
    assert_same(family.values[at["u"]] * family.values[at["v"]], at["s"])
    assert family.free
    assert verdict("two_layer_linear", 0).verdict == Verdict.SADDLE
    assert {*verdict("two_layer_linear", 0).eigenvalues} == {at["s"], -at["s"]}
    assert set(origin.values.values()) == {0}
    assert verdict("two_layer_linear", 1).verdict == Verdict.STABLE
    (balance,) = first_integrals(reduction("two_layer_linear").flow, time_limit=None)
    assert_same(balance, at["u"] ** 2 - at["v"] ** 2)
    assert len(first_integrals(subject("two_layer_linear").flow, time_limit=None)) == 1


def test_features_leave_zero_iff_decay_is_weak_and_are_alike_for_all_classes():
    at = letters("unconstrained_features")
    K, n, y, decay_w, decay_h = (at[name] for name in ("K", "n", "y", "lambda_W", "lambda_H"))
    labels = np.kron(np.eye(3), np.ones((1, 4)))
    np.testing.assert_allclose(np.linalg.svd(labels)[1], 2)  # sqrt(n), for every class
    _, upper, _ = states("unconstrained_features")
    (condition,) = upper.conditions
    assert_same((condition.lhs - condition.rhs).subs(y, sqrt(n)), n * (1 - (K * sqrt(n * decay_h * decay_w)) ** 2))
    product = (upper.values[at["w"]] * upper.values[at["h"]]).subs(y, sqrt(n))
    assert_same(product, sqrt(n) * (1 - K * sqrt(n * decay_h * decay_w)))
    assert verdict("unconstrained_features", 1).verdict == Verdict.STABLE
    assert verdict("unconstrained_features", 0).conditions == (K**2 * decay_h * decay_w * n**2 > y**2,)


def test_only_the_largest_eigenvalues_are_learnt_by_the_spectral_contrastive_loss():
    at = letters("spectral_contrastive")
    assert_same(states("spectral_contrastive")[1].values[at["f"]] ** 2, at["a"])
    assert verdict("spectral_contrastive", 1).verdict == Verdict.STABLE
    assert whole("spectral_contrastive", 0).verdict == Verdict.UNSTABLE
    found = whole("spectral_contrastive", 1)
    (condition,) = found.conditions
    assert [str(side) for side in (condition.gts, condition.lts)] == ["a_1", "a_3"]  # of a mode, and of an absent one
    assert found.verdict_beside(absent=True, empty=False) == Verdict.DEPENDS
    assert found.verdict_beside(absent=True, empty=True) == Verdict.SADDLE


def test_barlow_twins_whitens_and_learns_in_the_order_of_the_correlations():
    at = letters("barlow_twins")
    assert_same(states("barlow_twins")[1].values[at["w"]] ** 2 * at["gamma"], 1)
    assert {*verdict("barlow_twins", 0).eigenvalues} == {4 * at["gamma"]}
    found = whole("barlow_twins", 1)
    assert found.verdict_beside(absent=False, empty=False) == Verdict.STABLE
    assert found.verdict_beside(absent=True, empty=False) == Verdict.MARGINAL  # any whitened directions are a minimum


def test_word_embeddings_follow_a_logistic_law_for_each_mode():
    at = letters("word_embedding")
    square = at["w"] ** 2
    assert_same(reduction("word_embedding").flow.time_derivative(square), 2 * square * (at["m"] - square))
    assert {*verdict("word_embedding", 0).eigenvalues} == {at["m"]}
    assert any(str(c) == "m_1 > m_3" for c in whole("word_embedding", 1).conditions)


def test_directions_without_redundancy_rest_anywhere_where_an_eigenvalue_vanishes():
    flow = reduction("barlow_twins").flow
    special = next(p for p in fixed_points(flow, time_limit=None) if any(isinstance(c, Eq) for c in p.conditions))
    found = whole_stability(subject("barlow_twins").flow, special, time_limit=None)
    assert found.along == {letters("barlow_twins")["gamma"]: 0}
    assert [str(c) for c in found.conditions] == ["gamma_3 < 0"]


def test_features_beside_the_largest_singular_values_are_stable_where_no_other_can_grow():
    found = whole("unconstrained_features", 1)
    assert found.verdict_beside(absent=False, empty=True) == Verdict.STABLE
    assert [str(c) for c in found.conditions] == ["y_1 > y_3", "y_3 < K*sqrt(lambda_H)*sqrt(lambda_W)*n"]
    assert [held.beside_empty for held in found.held] == [False, True]


# -- collapse -----------------------------------------------------------------------------------------------------------


def test_directions_vanish_where_the_augmentation_outweighs_the_data():
    at = letters("dimensional_collapse")
    flow, (u, v, c, s) = reduction("dimensional_collapse").flow, (at[n] for n in "uvcs")
    assert_same(flow.time_derivative(u * v), (c - s) * (u**2 + v**2) * u * v)
    family = states("dimensional_collapse")[0]
    assert family.free == (v,)
    (condition,) = verdict("dimensional_collapse", 0).conditions
    assert condition == (v**2 * (c - s) < 0)
    (balance,) = first_integrals(subject("dimensional_collapse").flow, time_limit=None)
    U, V = subject("dimensional_collapse").flow.state
    assert balance == U.T * U - V * V.T  # the layers align once they outgrow it


def test_a_predictor_in_closed_form_keeps_the_embeddings_apart():
    z = letters("closed_form_predictor")["z"]
    strength = z**2
    assert_same(velocity("closed_form_predictor", "z"), strength * (1 - strength) * z)
    verdicts = {p.values[z]: verdict("closed_form_predictor", n).verdict for n, p in enumerate(states("closed_form_predictor"))}
    assert verdicts == {0: Verdict.MARGINAL, 1: Verdict.STABLE, -1: Verdict.STABLE}
    found = whole("closed_form_predictor", [p.values[z] for p in states("closed_form_predictor")].index(1))
    assert found.verdict_beside(absent=False, empty=False) == Verdict.STABLE
    turned = {sector.name: (sector.rotations, sector.matrix.rows) for sector in found.sectors}
    assert turned["two modes"] == (1, 1)  # no data: both dimensions turn freely
    assert turned["mode, absent mode"] == (2, 0)


@pytest.mark.parametrize(
    ("name", "apart"),
    [("closed_form_predictor_other_side", Verdict.UNSTABLE), ("closed_form_predictor_no_stop", Verdict.MARGINAL)],
)
def test_a_marker_on_the_other_side_or_none_collapses(name, apart):
    z = letters(name)["z"]
    strength = z**2
    rate = -(1 - strength) if name.endswith("side") else -((1 - strength) ** 2)
    assert_same(velocity(name, "z"), rate * z)
    assert {p.values[z]: verdict(name, n).verdict for n, p in enumerate(states(name))} == {
        0: Verdict.STABLE,
        1: apart,
        -1: apart,
    }
    assert whole(name, [p.values[z] for p in states(name)].index(0)).verdict == Verdict.STABLE


# -- our own ------------------------------------------------------------------------------------------------------------


def test_embeddings_collapse_at_the_rates_of_the_couplings():
    at = letters("embedding")
    (origin,) = states("embedding")
    assert set(origin.values.values()) == {0}
    assert {*verdict("embedding", 0).eigenvalues} == {-1 + at["m"], -1 - at["m"]}
    assert verdict("embedding", 0).conditions == (at["m"] < 1,)


def test_a_head_has_the_states_and_the_critical_decay_of_the_catalogue():
    at = letters("projection_head")
    m, lam, kappa, gamma, v, w = (at[n] for n in ("m", "lambda", "kappa", "gamma", "v", "w"))
    assert len(states("projection_head")) == 5
    for number, point in enumerate(states("projection_head")):
        if point.values[w] == 0:
            assert verdict("projection_head", number).verdict == Verdict.STABLE
            continue
        larger = simplify(point.values[w] - (m + sqrt(m**2 - 4 * lam)) / 2) == 0
        assert larger or simplify(point.values[w] - (m - sqrt(m**2 - 4 * lam)) / 2) == 0
        assert_same(gamma * lam * point.values[v] ** 2, kappa * point.values[w] ** 2)
        assert verdict("projection_head", number).verdict == (Verdict.STABLE if larger else Verdict.SADDLE)
        (end,) = verdict("projection_head", number).bifurcations
        assert end.kind.value == "saddle-node"
        assert end.critical == Eq(lam, m**2 / 4)


@pytest.mark.parametrize("name", names_of_published())
def test_every_step_of_its_study_passes(name):
    made = study(subject(name), simulated=False)
    assert not made.verification.failed, str(made.verification)
    assert made.findings.points.completeness.value == "proved complete"
