"""Modes that know of each other by traces, and several along one direction: sectors against dense Jacobians of whole flows.

Sectors are those of any aligned state, at rest or not, so that random amplitudes test them.
"""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import MatrixSymbol, Q, Symbol, Trace, symbols

from derivations import fixed_points, reduce_to_modes, whole_stability
from derivations.analysis.linearisation.aligned_changes import AlignedMatrices
from derivations.analysis.linearisation.aligned_places import ONE, TWO
from derivations.analysis.linearisation.aligned_sectors import AlignedState, aligned_sectors
from derivations.analysis.linearisation.aligned_turns import AlignedTurns
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.modes.aligned import AlignedVectors
from derivations.engine import Derivation
from derivations.steps.flows import flow_account
from derivations.steps.whole import whole_account
from theory import Flow, InputError, Loss, sg
from theory.statements import together

d, h, m, n = symbols("d h m n", integer=True, positive=True)
eta = Symbol("eta", positive=True)
P, W, F = MatrixSymbol("P", m, m), MatrixSymbol("W", m, n), MatrixSymbol("F", d, n)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
C, U, V = MatrixSymbol("C", m, n), MatrixSymbol("U", m, h), MatrixSymbol("V", h, n)
KNOWN = (Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B))


def penalised():
    return Loss(Trace(F * A * F.T) / 2 + (Trace(F * F.T) - 1) ** 2 / 4, (F,), assumptions=KNOWN[:2]).gradient_flow()


def predictor():
    energy = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T) * Trace(W * W.T)
    return Loss(energy, (P, W), decay={P: eta}, assumptions=KNOWN).stop_gradient_flow()


def layers():
    return Loss(Trace((C - U * V) * (C - U * V).T) / 2 + Trace(U * U.T) * Trace(V * V.T), state=(U, V)).gradient_flow()


def whitened():
    return Flow({F: F * A - F * (F.T * F + A).inv() * Trace(F * F.T)}, assumptions=KNOWN[:2])


FLOWS = {"penalised": penalised(), "predictor": predictor(), "layers": layers(), "whitened": whitened()}


class Drawn:
    """A whole flow at a random aligned state."""

    def __init__(self, name, sizes, absent, empty, seed):
        self.flow, self.sizes, self.empty = FLOWS[name], sizes, empty
        self.vectors = AlignedVectors(self.flow, sizes)
        self.state = AlignedState(self.flow, {x: x for x in self.vectors.amplitudes}, {}, sizes)
        self.rng = np.random.default_rng(seed)
        self.modes, self.total = sum(sizes), sum(sizes) + absent
        self.spectra = {M: self.rng.uniform(0.5, 1.5, self.total) for M in self.vectors.data}
        self.numbers = {x: self.rng.uniform(0.5, 1.5) for x in (*self.vectors.amplitudes, eta)}
        for M, values in self.vectors.values.items():
            self.numbers |= dict(zip(values, self.spectra[M], strict=False)) if M in self.spectra else {}

    def dense(self):
        of_data = self.vectors.data_dimensions
        sizes = {n: self.total if n in of_data else len(self.sizes) + self.empty for n in self.vectors.vectors}
        bases = {n: np.linalg.qr(self.rng.standard_normal((size, size)))[0] for n, size in sizes.items()}

        def assembled(matrix, entries):
            core = np.zeros([sizes[n] for n in matrix.shape])
            for place, value in entries:
                core[place] = value
            return bases[matrix.rows] @ core @ bases[matrix.cols].T

        known = {M: assembled(M, (((k, k), v) for k, v in enumerate(found))) for M, found in self.spectra.items()}
        lowered = self.flow.lower(
            {**known, **{x: self.numbers[x] for x in {eta} & {*self.flow.parameters}}, **{str(n): k for n, k in sizes.items()}}
        )
        blocks = {}
        for block in self.flow.state:
            sides = [n in of_data for n in block.shape]
            entries = []
            for k, x in enumerate(self.vectors.values[block]):
                direction = self.vectors.places[k] if any(sides) else k
                entries.append((tuple(k if is_data else direction for is_data in sides), self.numbers[x]))
            blocks[block] = assembled(block, entries)
        return np.linalg.eigvals(lowered.jacobian(0, lowered.pack(blocks)))

    def candidates(self, group):
        place = group[0]
        if place.is_occupied:
            return [None]
        return range(self.modes, self.total) if place.is_absent else range(self.empty)

    def predicted(self):
        for pairs in self.state.matrices.layout.sectors.values():
            entries, matrix = self.state.changes(pairs)
            (left, right), *_ = pairs
            choices = [self.candidates(group) for group in (left, right)]
            if left == right:
                chosen = [(k, k) for k in choices[0]]
            elif left[0].is_occupied or right[0].is_occupied or left[0].is_absent != right[0].is_absent:
                chosen = list(product(*choices))
            else:
                chosen = list(combinations(choices[0], 2))
            for pair in chosen if entries else ():
                at = self.values((left, right), pair)
                yield from np.linalg.eigvals(np.array(matrix.subs(at).evalf().tolist(), dtype=complex))

    def values(self, groups, pair):
        matrices, at = self.state.matrices, dict(self.numbers)
        if self.sizes == (1,):
            at |= {matrices.number(x, ONE): self.numbers[x] for (x,) in matrices.single.values.values()}
        for group, k in zip(groups, pair, strict=True):
            if group[0].is_absent:
                at |= {matrices.value(M, group[0]): found[k] for M, found in self.spectra.items()}
        return at


@pytest.mark.parametrize("name", FLOWS)
@settings(deadline=None, max_examples=5)
@given(
    sizes=st.sampled_from([(1,), (1, 1), (2,), (2, 1), (2, 0)]),
    absent=st.integers(0, 2),
    empty=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
def test_sectors_of_modes_that_know_of_each_other_have_all_eigenvalues(name, sizes, absent, empty, seed):
    drawn = Drawn(name, sizes, absent, empty, seed)
    dense, found = drawn.dense(), np.array(list(drawn.predicted()))
    assert len(dense) == len(found)
    for power in (1, 2, 3):
        np.testing.assert_allclose(np.sum(found**power), np.sum(dense**power), rtol=1e-6, atol=1e-6)


# -- verdicts -----------------------------------------------------------------------------------------------------------


def checked(flow, modes, number):
    """The stability of a state whose step passes its check."""
    points = fixed_points(reduce_to_modes(flow, modes=modes, time_limit=None).flow, time_limit=None)
    found = whole_stability(flow, points[number], time_limit=None, modes=modes)
    account = flow_account(flow, None) + whole_account(found, number + 1, "flow")
    assert not account.gaps
    assert not Derivation("states", "States", "", account.steps).verify().failed
    return found


def test_a_penalty_on_the_norm_keeps_the_mode_of_the_least_cost_alone():
    found = checked(FLOWS["penalised"], 1, 1)
    a_1, a_3 = symbols("a_1 a_3", positive=True)
    assert not found.is_any
    assert found.conditions == (a_1 < a_3,)
    assert found.verdict_beside(absent=False, empty=True) is Verdict.STABLE


@pytest.mark.parametrize(("modes", "number"), [(2, 1), (2, 5), ((2,), 3)])
def test_two_modes_beside_a_penalty_on_the_norm(modes, number):
    found = checked(FLOWS["penalised"], modes, number)
    assert found.modes == ((1, 1) if modes == 2 else modes)
    assert any(len(sector.pairs) == 2 for sector in found.sectors) == (modes == 2)


def test_two_modes_along_one_direction_of_a_predictor():
    energy = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T)
    flow = Loss(energy, (P, W), decay={P: eta, W: eta}, assumptions=KNOWN).stop_gradient_flow()
    found = checked(flow, (2,), 1)
    assert [s.name for s in found.sectors][:3] == ["direction 1", "direction 1, absent mode", "direction 1, empty direction"]
    assert found.verdict is Verdict.DEPENDS


def test_an_amplitude_that_all_modes_share_stands_for_a_parameter():
    b, c = symbols("b c", positive=True)
    square = F * F.T
    flow = Loss(Trace(square**3) / 6 + b * Trace(square**2) / 4 - c * Trace(square) / 2, (F,)).gradient_flow()
    found = checked(flow, 1, 1)
    f_0 = Symbol("f_0", real=True)
    assert (found.shared, set(found.values.values())) == ({b: c / f_0**2 - f_0**2}, {f_0})
    assert found.verdict_beside(absent=False, empty=False) is Verdict.STABLE


def test_a_trace_that_all_modes_of_the_data_change_is_refused():
    flow = Loss((Trace(P) - 1) ** 2 + Trace(P * P.T), (P,)).gradient_flow()
    (p,) = AlignedVectors(flow, (1,)).amplitudes
    with pytest.raises(InputError, match=r"got Trace\(P\), which changes with them and moves them"):
        aligned_sectors(flow, {p: p})


# -- what turns by itself -----------------------------------------------------------------------------------------------


def axes_of(loss, state):
    """The sides of blocks that turn together, by names."""
    matrices = AlignedMatrices(Loss(loss, state).gradient_flow(), {}, {})
    return {frozenset((B.name, side) for B, side in axis.sides) for axis in AlignedTurns(matrices, (ONE,), (TWO,)).axes}


def test_hidden_layers_of_one_size_turn_each_by_itself():
    h, m, n = symbols("h m n", integer=True, positive=True)
    W_1, W_2, W_3, S = (MatrixSymbol(*made) for made in (("W_1", h, n), ("W_2", h, h), ("W_3", m, h), ("S", m, n)))
    error = S - W_3 * W_2 * W_1
    layers = Trace(error.T * error)
    own = {frozenset({("W_1", 0), ("W_2", 1)}), frozenset({("W_2", 0), ("W_3", 1)})}
    assert axes_of(layers, (W_1, W_2, W_3)) == own
    assert axes_of(layers + Trace(W_2), (W_1, W_2, W_3)) == {frozenset.union(*own)}
