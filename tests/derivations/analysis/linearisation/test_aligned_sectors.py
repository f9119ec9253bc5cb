"""Sectors of aligned states against dense Jacobians of the whole matrix flow, at any sizes."""

from dataclasses import replace
from functools import cache
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import ImmutableMatrix, Matrix, MatrixSymbol, Q, Symbol, Trace, symbols

from derivations.analysis.linearisation.aligned_sectors import aligned_sectors
from derivations.analysis.linearisation.null_changes import take_out
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.linearisation.whole_states import whole_stability
from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.analysis.points.fixed_points import fixed_points
from derivations.closed_forms.decaying import flow_in_units
from derivations.closed_forms.pair import pair_cubic
from derivations.vocabulary import nu, p, s
from theory import Loss, sg
from theory.statements import together

d, h, m, n = symbols("d h m n", integer=True, positive=True)
alpha, eta = symbols("alpha eta", positive=True)
P, W, F = MatrixSymbol("P", m, m), MatrixSymbol("W", m, n), MatrixSymbol("F", d, n)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
C, U, V = MatrixSymbol("C", m, n), MatrixSymbol("U", m, h), MatrixSymbol("V", h, n)
KNOWN = (Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B))


def predictor():
    energy = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T)
    return Loss(energy, (P, W), mobility={P: alpha}, decay={P: eta, W: eta}, assumptions=KNOWN).stop_gradient_flow()


def spectral():
    """Spectral contrastive loss of an augmentation graph (HaoChen et al., 2021)."""
    return Loss(Trace(F.T * F * F.T * F) / 4 - Trace(F * A * F.T) / 2, (F,), assumptions=KNOWN[:2]).gradient_flow()


def factorisation():
    return Loss(Trace((C - U * V) * (C - U * V).T) / 2, state=(U, V)).gradient_flow()


FLOWS = {"predictor": predictor(), "spectral": spectral(), "factorisation": factorisation()}
STATES = [("predictor", 0), ("predictor", 1), ("predictor", 3), ("spectral", 1), ("factorisation", 0), ("factorisation", 1)]
NUMBERS = {alpha: 0.7, eta: 0.05}


@cache
def reduced(name):
    return reduce_to_modes(FLOWS[name], time_limit=None)


@cache
def points(name):
    return tuple(fixed_points(reduced(name).flow, time_limit=None))


@cache
def sectors(name, number):
    return aligned_sectors(FLOWS[name], points(name)[number].values)


def draw_mode(name, rng):
    """Eigenvalues and singular values of a mode, and a coordinate on a family."""
    symbols_of_mode = {x for x in reduced(name).flow.parameters if x not in NUMBERS} | {*reduced(name).ansatz.amplitudes}
    return {x: rng.uniform(0.6, 1.4) for x in symbols_of_mode}


def places_of(place, occupied, modes, directions):
    """The numbers of all modes or directions of a kind."""
    if place.is_occupied:
        return range(occupied)
    return range(occupied, modes if place.has_data else directions)


def predicted_eigenvalues(name, number, drawn, occupied, directions):
    for sector in sectors(name, number):
        kinds = [group[0] for group in sector.pairs[0]]
        left, right = (places_of(place, occupied, len(drawn), directions) for place in kinds)
        if kinds[0] == kinds[1]:
            pairs = [(i, i) for i in left]
        else:
            alike = replace(kinds[0], number=0) == replace(kinds[1], number=0)
            pairs = combinations(left, 2) if alike else product(left, right)
        for pair in pairs:
            at = dict(NUMBERS)
            for place, index in zip(kinds, pair, strict=True):
                if place.has_data:
                    at |= {Symbol(f"{x}_{place.number}", **x.assumptions0): value for x, value in drawn[index].items()}
            yield from np.linalg.eigvals(np.array(sector.whole.subs(at).evalf().tolist(), dtype=complex))


def dense_eigenvalues(name, number, rng, drawn, occupied, directions):
    """Those of the Jacobian of the lowered matrix flow in random orthonormal bases."""
    flow, values, ansatz = FLOWS[name], points(name)[number].values, reduced(name).ansatz
    data = [M for M in flow.parameters if isinstance(M, MatrixSymbol)]
    of_data = {dim for M in data for dim in M.shape}
    sizes = {dim: len(drawn) if dim in of_data else directions for B in flow.state for dim in B.shape}
    bases = {dim: np.linalg.qr(rng.standard_normal((size, size)))[0] for dim, size in sizes.items()}

    def assembled(matrix, diagonal):
        left, right = (bases[dim] for dim in matrix.shape)
        core = np.zeros((len(left), len(right)))
        core[range(len(diagonal)), range(len(diagonal))] = diagonal
        return left @ core @ right.T

    eigenvalue = {M: next(x for x in drawn[0] if x.name == M.name.lower()) for M in data}
    known = {M: assembled(M, [mode[eigenvalue[M]] for mode in drawn]) for M in data}
    lowered = flow.lower(
        {
            **known,
            **{x: v for x, v in NUMBERS.items() if x in flow.parameters},
            **{str(dim): size for dim, size in sizes.items()},
        }
    )
    at_rest = {
        B: assembled(B, [float(values[a].subs({**NUMBERS, **mode})) for mode in drawn[:occupied]])
        for B, a in zip(flow.state, ansatz.amplitudes, strict=True)
    }
    state = lowered.pack(at_rest)
    assert np.abs(lowered.velocity(0, state)).max() < 1e-10
    return np.linalg.eigvals(lowered.jacobian(0, state))


@pytest.mark.parametrize(("name", "number"), STATES)
@settings(deadline=None, max_examples=10)
@given(occupied=st.integers(1, 3), absent=st.integers(0, 2), empty=st.integers(0, 2), seed=st.integers(0, 2**32 - 1))
def test_all_eigenvalues_of_the_whole_flow_are_those_of_its_sectors(name, number, occupied, absent, empty, seed):
    rng = np.random.default_rng(seed)
    drawn = [draw_mode(name, rng) for _ in range(occupied + absent)]
    found = dense_eigenvalues(name, number, rng, drawn, occupied, occupied + empty)
    predicted = np.array(list(predicted_eigenvalues(name, number, drawn, occupied, occupied + empty)))
    assert len(found) == len(predicted)
    moments = [[np.sum(values**power) for power in (1, 2, 3)] for values in (found, predicted)]
    np.testing.assert_allclose(moments[0], moments[1], rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(np.sort(found.real), np.sort(predicted.real), atol=1e-5)


def test_the_pair_of_two_heads_is_the_cubic_of_the_notes():
    omega = Symbol("omega", positive=True)
    flow = flow_in_units().stop_gradient_flow()
    amplitudes = reduce_to_modes(flow).flow
    (v, w), (mu,) = amplitudes.state, (x for x in amplitudes.parameters if x.name == "mu")
    found = {sector.name: sector for sector in aligned_sectors(flow, {v: omega, w: omega}, {mu: omega + 1 / omega})}
    first, second = symbols("omega_1 omega_2", positive=True)
    zero, one, two = (c.subs({p: first * second, nu: (first - second) ** 2}) for c in pair_cubic())
    cubic = s**3 + two * s**2 + one * s + zero
    pair = found["two modes"]
    assert pair.rotations == 1
    assert (pair.matrix.charpoly(s).as_expr(s) - cubic).simplify() == 0
    mu_3 = Symbol("mu_3", **mu.assumptions0)
    (grows,) = found["mode, absent mode"].matrix
    assert (grows - first * (mu_3 - first - 1 / first)).expand() == 0


# -- verdicts -----------------------------------------------------------------------------------------------------------


def test_only_the_largest_modes_of_an_augmentation_graph_are_stable():
    found = whole_stability(FLOWS["spectral"], points("spectral")[1], None)
    a_1, a_3 = (Symbol(f"a_{i}", positive=True) for i in (1, 3))
    assert found.conditions == (a_1 > a_3,)
    assert found.verdict_beside(absent=False, empty=True) is Verdict.STABLE
    assert found.verdict_beside(absent=True, empty=False) is Verdict.DEPENDS
    assert found.verdict is Verdict.SADDLE


def test_the_upper_branch_of_a_predictor_is_given_by_its_head():
    found = whole_stability(FLOWS["predictor"], points("predictor")[1], None)
    a, b = Symbol("a", positive=True), Symbol("b", real=True)
    head, weight = reduced("predictor").flow.state
    assert set(found.along) == {b}
    assert found.along[b].equals(a * head + eta / head)
    assert found.values == {head: head, weight: head / alpha**0.5} or found.values[weight] ** 2 == head**2 / alpha
    own = found.stabilities[0]
    assert own.conditions == (eta < Symbol("a_1", positive=True) * Symbol("p_1", real=True) ** 2,)
    assert found.verdict is Verdict.DEPENDS


def test_layers_of_a_factorisation_rest_on_a_family_that_costs_nothing():
    found = whole_stability(FLOWS["factorisation"], points("factorisation")[1], None)
    by_name = {sector.name: sector for sector in found.sectors}
    assert (by_name["own"].families, by_name["two modes"].rotations, by_name["two modes"].families) == (1, 1, 1)
    assert found.verdict_beside(absent=False, empty=True) is Verdict.STABLE
    assert "1 families apart" in str(found)


def test_only_what_costs_nothing_is_taken_out():
    with pytest.raises(ArithmeticError):
        take_out(ImmutableMatrix([[1, 0], [0, 2]]), [Matrix([1, 0])])
    rest, count = take_out(ImmutableMatrix([[0, 3], [0, 2]]), [Matrix([1, 0]), Matrix([2, 0])])
    assert (rest.tolist(), count) == ([[2]], 1)


def test_names_of_eigenvalues_stand_for_nothing_else():
    d, n = symbols("d n", integer=True, positive=True)
    W, A, B = MatrixSymbol("W", d, n), MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
    loss = Loss(
        Trace(W * A * W.T) / 2 - Trace(W * B * W.T) / 2 + Trace(W * W.T * W * W.T) / 4,
        (W,),
        assumptions=(Q.symmetric(A), Q.symmetric(B), together(A, B)),
    )
    flow = loss.gradient_flow()
    found = whole_stability(flow, fixed_points(reduce_to_modes(flow).flow)[0])
    judged = [s for s in found.stabilities if s is not None]
    assert found.conditions
    assert not any(s.names for s in judged)
