"""Amplitudes move as the matrices do: the scalar flow is held against the matrix flow written out in NumPy, and what is no
invariant ansatz is refused."""

from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Add, Basic, Eq, Identity, MatrixSymbol, OneMatrix, Q, Rational, Symbol, Trace, ZeroMatrix, symbols

from derivations.analysis.modes.ansatz import Ansatz, mode_ansatz, whole_model_ansatz
from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.checks import Status
from derivations.engine import Derivation
from theory import Coupling, Flow, Loss, models, sg
from theory.errors import InputError, UnfinishedError
from theory.models.vocabulary import W, X, d, gamma, kappa, lam

M = Symbol("M", integer=True, positive=True)
V, MU = MatrixSymbol("V", d, M), MatrixSymbol(r"\mu", M, M)
e, f, g = MatrixSymbol("e", d, 1), MatrixSymbol("f", M, 1), MatrixSymbol("g", M, 1)
p, q = symbols("p q", real=True)
mu = Symbol("mu", positive=True)
UNIT_E, UNIT_F = Eq(e.T * e, Identity(1)), Eq(f.T * f, Identity(1))

layouts = st.sampled_from([(1,), (2,), (3,), (1, 0), (0, 1), (1, 1), (2, 1), (1, 0, 1)])
seeds = st.integers(0, 2**32 - 1)
stops = st.booleans()


def modes_loss():
    """The shared predictor in mode amplitudes, with decays."""
    energy = Trace(W * V * V.T * W.T) / 2 - Trace(W * V * MU * sg(V).T) + Trace(sg(V) * sg(V).T) / 2
    mobility, decay = {W: gamma}, {V: lam, W: kappa}
    return Loss(energy, state=(V, W), mobility=mobility, decay=decay, assumptions=(Q.diagonal(MU),))


MODES, WHOLE = modes_loss(), models.projection_head()


def directions_of(sizes):
    """Correlations of so many modes in each direction."""
    names = iter(symbols(f"m_1:{sum(sizes) + 1}", positive=True))
    return [[next(names) for _ in range(size)] for size in sizes]


@cache
def reduced_modes(sizes, stopped):
    """The reduction of the modes along so many directions."""
    flow = MODES.stop_gradient_flow() if stopped else MODES.gradient_flow()
    return reduce_to_modes(flow, mode_ansatz(V, W, MU, directions_of(sizes)))


@cache
def reduced_whole(sizes, stopped):
    """The same of the whole model."""
    flow = WHOLE.stop_gradient_flow() if stopped else WHOLE.gradient_flow()
    return reduce_to_modes(flow, whole_model_ansatz(directions_of(sizes)))


def expected(directions, amplitudes, heads, stopped):
    """The scalar velocities of the notes, mode by mode."""
    velocities, moving = {}, iter(amplitudes)
    for w, correlations in zip(heads, directions, strict=True):
        velocities[w] = -kappa * w
        for m in correlations:
            v = next(moving)
            velocities[v] = -w * (w - m) * v - lam * v - (0 if stopped else (1 - m * w) * v)
            velocities[w] -= gamma * (w - m) * v**2
    return velocities


# -- the scalar flow --------------------------------------------------------------------------------------------------


@given(layouts, stops)
@settings(max_examples=8)
def test_modes_along_directions_follow_the_notes_in_both_models(sizes, stopped):
    for reduction in (reduced_modes(sizes, stopped), reduced_whole(sizes, stopped)):
        state, count = reduction.flow.state, sum(sizes)
        wanted = expected(directions_of(sizes), state[:count], state[count:], stopped)
        assert {a: (f - wanted[a]).expand() for a, f in reduction.flow.velocity.items()} == dict.fromkeys(wanted, 0)


def unit_columns(rng, rows, columns):
    return np.linalg.qr(rng.standard_normal((rows, columns)))[0]


def scalar_velocity(flow, values, amplitudes):
    known = {str(s) for s in flow.parameters}
    return flow.lower({name: x for name, x in values.items() if name in known}).velocity(0, amplitudes)


@given(layouts, st.integers(0, 2), st.integers(0, 2), seeds, stops)
def test_mode_velocities_are_those_of_the_matrices(sizes, more_rows, more_modes, seed, stopped):
    rng, reduced = np.random.default_rng(seed), reduced_modes(sizes, stopped).flow
    count, place = sum(sizes), np.repeat(np.arange(len(sizes)), sizes)
    basis = unit_columns(rng, len(sizes) + more_rows, len(sizes))
    vectors, mu_ = np.eye(count + more_modes)[:, :count], rng.uniform(-1, 1, count + more_modes)
    rate, decay, head_decay = rng.uniform(0.2, 2, 3)

    def blocks(amplitudes):
        v, w = amplitudes[:count], amplitudes[count:]
        return basis[:, place] * v @ vectors.T, basis * w @ basis.T

    amplitudes = rng.standard_normal(count + len(sizes))
    v, w = blocks(amplitudes)
    rest = w @ v - v * mu_
    deleted = 0 if stopped else v - w @ v * mu_
    names = {"gamma": rate, "lambda": decay, "kappa": head_decay} | {f"m_{i + 1}": mu_[i] for i in range(count)}
    moved = blocks(scalar_velocity(reduced, names, amplitudes))
    np.testing.assert_allclose(moved[0], -w.T @ rest - deleted - decay * v, atol=1e-12)
    np.testing.assert_allclose(moved[1], -rate * rest @ v.T - head_decay * w, atol=1e-12)


class Whole:
    """The whole model with mobilities inverse to the degrees, in NumPy, and the ansatz on singular vectors."""

    def __init__(self, coupling, rng, sizes):
        self.J = np.asarray(coupling.data["J"], dtype=float)
        self.rows, self.columns = self.J.sum(axis=1), self.J.sum(axis=0)
        left, self.mu, right = np.linalg.svd(self.J / np.sqrt(np.outer(self.rows, self.columns)))
        self.count, self.place = sum(sizes), np.repeat(np.arange(len(sizes)), sizes)
        self.a = left[:, : self.count] / np.sqrt(2 * self.rows)[:, None]
        self.b = right[: self.count].T / np.sqrt(2 * self.columns)[:, None]
        self.basis = unit_columns(rng, len(sizes) + 1, len(sizes))
        self.rate, self.decay, self.head_decay = rng.uniform(0.2, 1, 3)

    @property
    def parameters(self):
        rates = {"gamma": self.rate, "lambda": self.decay, "kappa": self.head_decay}
        return rates | {f"m_{i + 1}": self.mu[i] for i in range(self.count)}

    def blocks(self, amplitudes):
        v, w = amplitudes[: self.count], amplitudes[self.count :]
        along = self.basis[:, self.place] * v
        return along @ self.a.T, along @ self.b.T, self.basis * w @ self.basis.T

    def velocity(self, x, y, w, stopped=True):
        to_labels, to_samples = w @ x * self.rows - y @ self.J.T, w @ y * self.columns - x @ self.J
        head = -self.rate * (to_labels @ x.T + to_samples @ y.T) - self.head_decay * w
        pulls = [w.T @ to_labels, w.T @ to_samples]
        if not stopped:
            pulls[0] += x * self.rows - w @ y @ self.J.T
            pulls[1] += y * self.columns - w @ x @ self.J
        return -pulls[0] / self.rows - self.decay * x, -pulls[1] / self.columns - self.decay * y, head


couplings = st.sampled_from(
    [
        Coupling.uniform(classes=4, samples=16, fraction=0.5),
        Coupling.pairs(classes=3, samples=24, fraction=0.5),
        Coupling(np.array([[1.0, 0, 0.5], [0, 2, 0.1], [0.3, 0, 1], [1, 1, 1]])),
    ]
)


@given(couplings, layouts, seeds, stops)
def test_velocities_of_the_whole_model_are_those_of_all_embeddings(coupling, sizes, seed, stopped):
    rng = np.random.default_rng(seed)
    whole = Whole(coupling, rng, sizes)
    reduced = reduced_whole(sizes, stopped).flow
    amplitudes = rng.standard_normal(whole.count + len(sizes))
    moved = whole.blocks(scalar_velocity(reduced, whole.parameters, amplitudes))
    for found, wanted in zip(moved, whole.velocity(*whole.blocks(amplitudes), stopped), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_run_of_all_embeddings_is_a_run_of_the_amplitudes():
    sizes, rng = (2, 1), np.random.default_rng(0)
    whole = Whole(Coupling.uniform(classes=4, samples=16, fraction=0.25), rng, sizes)
    lowered = reduced_whole(sizes, stopped=True).flow.lower(whole.parameters)
    shapes = [block.shape for block in whole.blocks(np.zeros(5))]
    ends = np.cumsum([np.prod(s) for s in shapes])

    def flat(blocks):
        return np.concatenate([b.reshape(-1) for b in blocks])

    def velocity(t, y):
        return flat(whole.velocity(*(b.reshape(s) for b, s in zip(np.split(y, ends[:-1]), shapes, strict=True))))

    start = rng.uniform(0.5, 1, 5)
    end, scalar_end = (
        scipy.integrate.solve_ivp(move, (0, 2), begin, rtol=1e-10, atol=1e-12).y[:, -1]
        for move, begin in ((velocity, flat(whole.blocks(start))), (lowered.velocity, start))
    )
    np.testing.assert_allclose(end, flat(whole.blocks(scalar_end)), atol=1e-8)


def test_amplitudes_may_share_a_block_and_be_told_apart_in_another():
    h = MatrixSymbol("h", d, 1)
    A, B = MatrixSymbol("A", d, 1), MatrixSymbol("B", d, 1)
    reduced = reduce_to_modes(Flow({A: -A, B: -2 * B}), Ansatz({A: (p + q) * h, B: (p - q) * h}, (p, q))).flow
    assert reduced.velocity == {p: -3 * p / 2 + q / 2, q: p / 2 - 3 * q / 2}


def test_a_parameter_may_stand_in_the_ansatz():
    s = Symbol("s", positive=True)
    ansatz = Ansatz({V: (1 + s) * p * e * f.T}, (p,), (UNIT_E, UNIT_F))
    assert reduce_to_modes(Flow({V: -V * V.T * V}), ansatz).flow.velocity[p].equals(-((1 + s) ** 2) * p**3)


def test_traces_of_the_constants_become_numbers():
    reduced = reduce_to_modes(Flow({W: -Trace(W.T * W) * W}), Ansatz({W: p * e * e.T}, (p,), (UNIT_E,))).flow
    assert reduced.velocity[p] == -(p**3)


# -- what the scalar flow inherits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [MODES, WHOLE], ids=["modes", "whole"])
def test_a_gradient_flow_reduces_to_a_gradient_flow_in_the_inherited_metric(loss):
    ansatz = mode_ansatz(V, W, MU) if loss is MODES else whole_model_ansatz()
    assert reduce_to_modes(loss.gradient_flow(), ansatz).flow.is_gradient()
    assert not reduce_to_modes(loss.stop_gradient_flow(), ansatz).flow.is_gradient()


def test_the_metric_counts_the_length_of_the_constants():
    ansatz = mode_ansatz(V, W, MU)
    (v, w), longer = ansatz.amplitudes, {V: 3 * ansatz.blocks[V], W: ansatz.blocks[W]}
    reduced = reduce_to_modes(MODES.gradient_flow(), replace(ansatz, blocks=longer)).flow
    assert dict(reduced.mobility) == {v: Rational(1, 9), w: gamma}
    assert reduced.is_gradient()


def test_a_metric_that_is_not_diagonal_is_not_given():
    rules = (UNIT_E, UNIT_F, Eq(g.T * g, Identity(1)), Eq(f.T * g, ZeroMatrix(1, 1)))
    ansatz = Ansatz({V: p * e * f.T + q * e * (f + g).T}, (p, q), rules)
    assert not reduce_to_modes(Flow({V: -V}), ansatz).flow.mobility


def test_assumptions_on_scalars_are_carried_and_those_on_matrices_are_not():
    small = lam < Rational(1, 4)
    flow = MODES.stop_gradient_flow()
    flow = Flow(flow.velocity, flow.mobility, (*flow.assumptions, small))
    assert reduce_to_modes(flow, mode_ansatz(V, W, MU)).flow.assumptions == (small,)


# -- the step ---------------------------------------------------------------------------------------------------------


@given(layouts, stops)
@settings(max_examples=6)
def test_steps_pass(sizes, stopped):
    for reduction in (reduced_modes(sizes, stopped), reduced_whole(sizes, stopped)):
        verification = Derivation("own", "", "", (reduction.step,)).verify()
        assert verification.passed, str(verification)


def slips(step):
    """Every line put wrong: negated, and after the step halved, a term turned, two velocities exchanged."""
    for side in ("before", "after"):
        lines = getattr(step, side)
        for i, line in enumerate(lines):
            for kind, wrong in wrong_lines(line, thorough=side == "after"):
                yield f"{side}/{i}/{kind}", replace(step, **{side: (*lines[:i], wrong, *lines[i + 1 :])})
    for i, j in combinations(range(len(step.after)), 2):
        order = {i: j, j: i}
        exchanged = tuple(replace(line, right=step.after[order.get(k, k)].right) for k, line in enumerate(step.after))
        yield f"after/{i}-{j}/exchanged", replace(step, after=exchanged)


def wrong_lines(line, thorough):
    right = line.right
    if isinstance(line.left, Basic):
        yield "left-negated", replace(line, left=-line.left)
    yield "wrong", replace(line, right=OneMatrix(*right.shape) if isinstance(right, ZeroMatrix) else -right)
    if thorough:
        yield "halved", replace(line, right=right / 2)
        for turned, term in enumerate(right.args if isinstance(right, Add) else ()):
            yield f"term-{turned}-negated", replace(line, right=right - 2 * term)


SHOWN = {
    "modes": (MODES, mode_ansatz(V, W, MU, directions_of((1, 1)))),
    "whole": (WHOLE, whole_model_ansatz()),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_line_put_wrong_fails_the_step(name):
    loss, ansatz = SHOWN[name]
    for place, slip in slips(reduce_to_modes(loss.stop_gradient_flow(), ansatz).step):
        assert slip.verify().outcome.status is Status.FAILED, place


@pytest.mark.parametrize("name", SHOWN)
def test_numbers_alone_notice_wrong_velocities_and_rules(name):
    loss, ansatz = SHOWN[name]
    whole = reduce_to_modes(loss.stop_gradient_flow(), ansatz).step
    step = replace(whole, check=lambda before, after: whole.check(before, after)[-1])
    assert (step.verify().outcome.status, step.verify().outcome.kind) == (Status.PASSED, "numerics")
    blocks = len(loss.state)
    form = tuple(f"before/{i}/" for i in range(blocks, 2 * blocks))  # the sign of an amplitude is free
    for place, slip in slips(step):
        assert place.startswith(form) or slip.verify().outcome.status is Status.FAILED, place


def test_rules_that_do_not_hold_are_noticed_by_the_numbers():
    ansatz = whole_model_ansatz()
    (wrong,) = (rule for rule in ansatz.rules if rule.rhs == Identity(1) / 2 and rule.lhs.has(X.cols))
    changed = replace(ansatz, assumptions=tuple(Eq(r.lhs, Identity(1)) if r == wrong else r for r in ansatz.assumptions))
    outcome = reduce_to_modes(WHOLE.stop_gradient_flow(), changed).step.verify().outcome
    assert (outcome.status, outcome.kind) == (Status.FAILED, "numerics")


def test_points_that_break_the_rules_are_noticed():
    ansatz = mode_ansatz(V, W, MU)

    def longer(rng):
        at = ansatz.points(rng)
        return at | {e: 1.01 * at.values[e]}

    outcome = reduce_to_modes(MODES.stop_gradient_flow(), replace(ansatz, points=longer)).step.verify().outcome
    assert (outcome.status, outcome.kind) == (Status.FAILED, "numerics")


def test_an_ansatz_without_points_is_checked_by_algebra():
    ansatz = replace(whole_model_ansatz(), points=None)
    outcome = reduce_to_modes(WHOLE.stop_gradient_flow(), ansatz).step.verify().outcome
    assert (outcome.status, outcome.kind) == (Status.PASSED, "identity")


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_an_isotropic_head_is_not_invariant():
    ansatz = Ansatz({V: p * e * f.T, W: q * Identity(d)}, (p, q), (UNIT_E, UNIT_F, Eq(MU * f, mu * f)))
    with pytest.raises(InputError, match=r"velocity of W .* gamma.*e\*e\.T.* left over"):
        reduce_to_modes(MODES.stop_gradient_flow(), ansatz)


def test_a_mode_that_is_no_eigenvector_is_not_invariant():
    ansatz = Ansatz({V: p * e * f.T, W: q * e * e.T}, (p, q), (UNIT_E, UNIT_F))
    with pytest.raises(InputError, match=r"velocity of V .*p\*q.*e\*f\.T\*\\mu left over"):
        reduce_to_modes(MODES.stop_gradient_flow(), ansatz)


@pytest.mark.parametrize("rule", whole_model_ansatz(directions_of((1, 1))).rules, ids=str)
def test_each_rule_of_the_whole_model_is_needed(rule):
    ansatz = whole_model_ansatz(directions_of((1, 1)))
    kept = tuple(r for r in ansatz.assumptions if r != rule)
    with pytest.raises(InputError, match=r"left over|velocity of w"):
        reduce_to_modes(WHOLE.stop_gradient_flow(), replace(ansatz, assumptions=kept))


def test_blocks_that_disagree_are_refused():
    with pytest.raises(InputError, match=r"same velocities .*\(X, Y\).* left over in X"):
        reduce_to_modes(models.projection_head(stop="labels").stop_gradient_flow(), whole_model_ansatz())


def test_a_trace_that_no_rule_makes_a_number_is_refused():
    with pytest.raises(InputError, match="rules that make the velocity of p a number"):
        reduce_to_modes(Flow({W: -Trace(W) * W}), Ansatz({W: p * MatrixSymbol("B", d, d)}, (p,)))


ONE = p * e * f.T


@pytest.mark.parametrize(
    ("blocks", "amplitudes", "rules", "message"),
    [
        ({V: p**2 * e * f.T}, (p,), (), "linear"),
        ({V: ONE + e * f.T}, (p,), (), "linear"),
        ({V: p * q * e * f.T}, (p, q), (), "linear"),
        ({V: p * e * e.T}, (p,), (), "shape of V"),
        ({V: p}, (p,), (), "shape of V"),
        ({V: ONE}, (p, p), (), "own name"),
        ({V: ONE}, (p,), (Eq(e.T * e, p * Identity(1)),), "rules between constants"),
        ({V: ONE}, (p,), (Eq(e.T * e + f.T * f, Identity(1)),), "single product"),
        ({V: ONE}, (p, q), (), "linearly independent"),
        ({V: ONE + q * e * f.T}, (p, q), (), "linearly independent"),
        ({W: p * e * e.T}, (p,), (), "each block"),
        ({V: ONE, W: p * e * e.T}, (p,), (), "each block"),
        ({V: p * V}, (p,), (), "names of its own"),
        ({V: lam * e * f.T}, (lam,), (), "names of its own"),
    ],
)
def test_what_does_not_fit_is_refused(blocks, amplitudes, rules, message):
    with pytest.raises(InputError, match=message):
        reduce_to_modes(Flow({V: -lam * V}), Ansatz(blocks, amplitudes, rules))


@pytest.mark.parametrize("directions", [[], [[]], [[mu], [mu]], [[mu, mu]]])
def test_directions_without_modes_or_with_one_symbol_for_two_are_refused(directions):
    with pytest.raises(InputError, match="a mode, and a correlation of its own"):
        mode_ansatz(V, W, MU, directions)
    with pytest.raises(InputError, match="a mode, and a correlation of its own"):
        whole_model_ansatz(directions)


def test_the_time_limit_ends_a_reduction():
    with pytest.raises(UnfinishedError, match="time limit"):
        reduce_to_modes(WHOLE.stop_gradient_flow(), whole_model_ansatz(directions_of((4, 4, 4))), time_limit=0.2)
