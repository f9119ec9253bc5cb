"""Checks pass for what is true, fail for what is wrong by a sign or a factor, and say how closely they looked."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import (
    Eq,
    Integer,
    MatrixSymbol,
    Q,
    Rational,
    Sum,
    SympifyError,
    Trace,
    Transpose,
    ZeroMatrix,
    cos,
    exp,
    sin,
    sqrt,
    symbols,
)

from derivations.checks import (
    AtRandomPoints,
    CheckOutcome,
    Descent,
    Identity,
    Level,
    Numerics,
    SeveralChecks,
    Status,
    random_values,
)
from derivations.lines import Line, Lines
from tests.strategies import SCALARS, matrix_polynomials, scalar_polynomials, seeds
from theory import Loss, sg
from theory.evaluate import Point
from theory.words import Context

x, y, w = SCALARS
gamma, eta = symbols("gamma eta", positive=True)
lam = symbols("lambda", nonnegative=True)
r, n = symbols("r n", integer=True, positive=True)
i, j = symbols("i j", integer=True, nonnegative=True)
A, B, C = (MatrixSymbol(name, r, n) for name in "ABC")
M, H = MatrixSymbol("M", r, r), MatrixSymbol("H", n, n)


def status(check, level=Level.QUICK):
    return check.run(level).status


def passes(check):
    return status(check) is Status.PASSED


def fails(check):
    return status(check) is Status.FAILED


def equal(left, right, *assumptions):
    return Identity(((left, right),), Context(assumptions))


def random_point(rng):
    """Numbers for all symbols above; H diagonal and positive, M well away from singular."""
    rows, columns = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    matrices = {s: random_values(rng, (rows, columns), -2, 2) for s in (A, B, C)}
    head = random_values(rng, (rows, rows), -1, 1) + 3 * np.eye(rows, dtype=object)
    rates = np.where(np.eye(columns) == 1, random_values(rng, (columns, columns), 0.5, 2), mpmath.mpf(0))
    scalars = {s: random_values(rng, (), 0.2, 2) for s in (x, y, w, gamma, eta, lam)}
    return Point({r: rows, n: columns, M: head, H: rates, **matrices, **scalars})


# -- identities -------------------------------------------------------------------------------------------------------


SHORT = scalar_polynomials(degree=2, most_terms=2)


@given(SHORT, SHORT, SHORT)
def test_identity_recognises_equal_rational_functions(p, q, f):
    assume(q != 0)
    assert passes(equal((p * q + f) / q, p + f / q))
    assert passes(equal(1 / (1 + q**2) - 1, -(q**2) / (1 + q**2)))


@settings(max_examples=10)  # showing that something is not zero takes SymPy a tenth of a second
@given(SHORT, SHORT)
def test_identity_tells_rational_functions_apart(p, q):
    assume(q != 0)
    assert fails(equal((p * q + 1) / q, p + 2 / q))
    assert fails(equal(1 / (1 + q**2) - 1, q**2 / (1 + q**2)))


@given(scalar_polynomials())
def test_identity_sees_a_sign_and_a_factor_of_two_in_scalars(p):
    assume(p.expand() != 0)
    assert passes(equal(p, p.expand()))
    assert fails(equal(p, -p.expand()))
    assert fails(equal(p, p.expand() / 2))


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        (sin(x) ** 2 + cos(x) ** 2, 1, True),
        (sin(x) ** 2 - cos(x) ** 2, 1, False),
        (sqrt(gamma**2), gamma, True),
        (sqrt(x**2), x, False),
        ((sqrt(x**2 + 1) - 1) * (sqrt(x**2 + 1) + 1), x**2, True),
        ((sqrt(x**2 + 1) - 1) * (sqrt(x**2 + 1) + 1), x**2 / 2, False),
        (exp(x) * exp(y), exp(x + y), True),
        (exp(x) * exp(y), exp(x - y), False),
    ],
    ids=str,
)
def test_identity_decides_elementary_functions(left, right, holds):
    assert status(equal(left, right)) is (Status.PASSED if holds else Status.FAILED)


@given(matrix_polynomials(), matrix_polynomials(), matrix_polynomials())
def test_identity_decides_matrix_polynomials(f, g, h):
    assert passes(equal((f + g) * h, f * h + g * h))
    assert passes(equal(Transpose(f * g), Transpose(g) * Transpose(f)))
    assert passes(equal(Trace(f * g), Trace(g * f)))
    assert passes(equal(Trace(f + g), Trace(g) + Trace(Transpose(f))))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (A + B, A - B),
        (A, A / 2),
        (A * A.T, B * A.T),
        (A * A.T, A * B.T),
        (M * M.T, M.T * M),
        (M.I * A, M * A),
        (M, M.T),
        (A, ZeroMatrix(r, n)),
    ],
    ids=str,
)
def test_identity_fails_for_different_matrices(left, right):
    assert fails(equal(left, right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Trace(M), -Trace(M)),
        (Trace(M * M), Trace(M * M) / 2),
        (Trace(A * B.T), Trace(A * C.T)),
        (Trace(M * M), Trace(M * M.T)),
        (Trace(A * H * A.T), Trace(A * A.T)),
        (Trace(A * H * A.T) - Trace(A * B.T), Trace(A * H * A.T) + Trace(A * B.T)),
        (Trace((A - B) * (A - B).T), Trace(A * A.T) - Trace(A * B.T) + Trace(B * B.T)),
        (-x * Trace(A * A.T) - Trace(M * M), x * Trace(A * A.T) + Trace(M * M)),
        (Trace(M * M) ** 2, Trace(M * M * M * M)),
        (Trace(A * A.T), 0),
    ],
    ids=str,
)
def test_identity_fails_for_different_traces(left, right):
    assert fails(equal(left, right))


def test_identity_names_the_pair_that_differs():
    outcome = Identity(((x + x, 2 * x), (x + y, x - y))).run(Level.QUICK)
    assert outcome == CheckOutcome(Status.FAILED, "identity", "x + y differs from x - y")


def test_pairs_are_made_one_by_one_and_none_after_one_that_differs():
    made = []

    def pairs(*rights):
        for right in rights:
            made.append(right)
            yield x + x, right

    differs = Identity(lambda: pairs(2 * x, 3 * x, x + x + 0 * y)).run(Level.QUICK)
    assert (differs.status, made) == (Status.FAILED, [2 * x, 3 * x])
    for _ in range(2):
        assert Identity(lambda: pairs(2 * x, 2 * x)).run(Level.QUICK).detail == "2 exact"
    assert Identity(lambda: pairs()).run(Level.QUICK).detail == "nothing to compare"


def test_identity_uses_what_its_context_assumes():
    assert fails(equal(H, H.T))
    assert passes(equal(H, H.T, Q.symmetric(H)))
    assert passes(equal(H.I.T, H.I, Q.diagonal(H)))
    assert fails(equal(A * H, B))
    assert passes(equal(A * H * A.T, B * A.T, Eq(A * H, B)))
    assert fails(equal(A * H * A.T, -B * A.T, Eq(A * H, B)))


def test_identity_cancels_inverses():
    assert passes(equal(M.I * M * A, A))
    assert passes(equal(M.T.I * (M.T * A - M.T * B), A - B))
    assert fails(equal(M.T.I * (M.T * A - M.T * B), A + B))


# -- random points ----------------------------------------------------------------------------------------------------

SQUARES = Sum((A[i, j] - B[i, j]) ** 2, (i, 0, r - 1), (j, 0, n - 1)) / 2
EXPANDED = Trace(A * A.T) / 2 - Trace(A * B.T) + Trace(B * B.T) / 2
AT_POINTS = {
    "sum-of-squares": (SQUARES, EXPANDED),
    "matrix": ((A + B) * H, A * H + B * H),
    "inverse": (M.I * (M * A + B), A + M.I * B),
    "scalar": (sqrt(x**2 + 2 * x * y + y**2), x + y),
}


@pytest.mark.parametrize(("left", "right"), AT_POINTS.values(), ids=AT_POINTS)
@pytest.mark.parametrize("level", Level)
def test_random_points_agree_with_what_is_true(left, right, level):
    outcome = AtRandomPoints(((left, right),), random_point).run(level)
    assert outcome.status is Status.PASSED
    assert 0 <= outcome.residual <= outcome.tolerance == pytest.approx(1e-30)
    assert outcome.detail == f"{level.value} points, 40 digits"


@pytest.mark.parametrize(("left", "right"), AT_POINTS.values(), ids=AT_POINTS)
@pytest.mark.parametrize(("factor", "residual"), [(-1, 2), (Rational(1, 2), 0.5), (2, 0.5)])
def test_random_points_see_a_sign_and_a_factor_of_two(left, right, factor, residual):
    outcome = AtRandomPoints(((left, factor * right),), random_point).run(Level.QUICK)
    assert outcome.status is Status.FAILED
    assert outcome.residual == pytest.approx(residual)


@pytest.mark.parametrize("dropped", range(3))
def test_random_points_see_a_missing_term(dropped):
    terms = [term for place, term in enumerate(EXPANDED.args) if place != dropped]
    assert fails(AtRandomPoints(((SQUARES, sum(terms)),), random_point))


def test_random_points_see_an_error_far_below_double_precision():
    assert fails(AtRandomPoints(((x, x * (1 + Rational(1, 10**25))),), random_point))
    assert passes(AtRandomPoints(((x, x * (1 + Rational(1, 10**35))),), random_point))
    assert passes(AtRandomPoints(((x, x * (1 + Rational(1, 10**25))),), random_point, digits=30))


def test_every_pair_is_compared_at_random_points():
    assert fails(AtRandomPoints(((x, x), (x + y, x - y), (y, y)), random_point))


# -- descent ----------------------------------------------------------------------------------------------------------

GAP = w * x - sg(y)
SCALAR = Loss(GAP**2 / 2, state=(x, y, w), mobility={x: eta, w: gamma}, decay={x: lam, y: lam, w: 1})
ERROR = w * x - y
SCALAR_FREE = (-eta * w * ERROR - lam * x, ERROR - lam * y, -gamma * x * ERROR - w)
SCALAR_STOPPED = (-eta * w * ERROR - lam * x, -lam * y, -gamma * x * ERROR - w)
SCALAR_DELETED = (Integer(0), ERROR, Integer(0))

MATRIX_GAP = M * A - sg(B)
MATRIX = Loss(
    Trace(MATRIX_GAP * MATRIX_GAP.T) / 2,
    state=(A, B, M),
    mobility={A: H, M: gamma},
    decay={A: lam},
    assumptions=(Q.diagonal(H),),
)
MISMATCH = M * A - B
MATRIX_FREE = (-M.T * MISMATCH * H - lam * A, MISMATCH, -gamma * MISMATCH * A.T)
MATRIX_STOPPED = (-M.T * MISMATCH * H - lam * A, ZeroMatrix(r, n), -gamma * MISMATCH * A.T)
MATRIX_DELETED = (ZeroMatrix(r, n), MISMATCH, ZeroMatrix(r, r))

DESCENTS = {
    "scalar-free": (SCALAR, SCALAR_FREE, {"stopped": False}),
    "scalar-stopped": (SCALAR, SCALAR_STOPPED, {"stopped": True}),
    "scalar-deleted": (SCALAR, SCALAR_DELETED, {"stopped": True, "targets_only": True}),
    "matrix-free": (MATRIX, MATRIX_FREE, {"stopped": False}),
    "matrix-stopped": (MATRIX, MATRIX_STOPPED, {"stopped": True}),
    "matrix-deleted": (MATRIX, MATRIX_DELETED, {"stopped": True, "targets_only": True}),
}


def wrong_velocities():
    """Each velocity that does not vanish, negated and halved."""
    for name, (_, velocities, _) in DESCENTS.items():
        for place, velocity in enumerate(velocities):
            if velocity not in (0, ZeroMatrix(r, n), ZeroMatrix(r, r)):
                yield pytest.param(name, place, -velocity, id=f"{name}-{place}-negated")
                yield pytest.param(name, place, velocity / 2, id=f"{name}-{place}-halved")


@pytest.mark.parametrize(("loss", "velocities", "kind"), DESCENTS.values(), ids=DESCENTS)
def test_a_velocity_worked_out_by_hand_descends(loss, velocities, kind):
    outcome = Descent(loss, velocities, random_point, **kind).run(Level.QUICK)
    assert outcome.status is Status.PASSED
    assert 0 <= outcome.residual <= outcome.tolerance


@pytest.mark.parametrize(("name", "place", "wrong"), list(wrong_velocities()))
def test_descent_sees_a_sign_and_a_factor_of_two(name, place, wrong):
    loss, velocities, kind = DESCENTS[name]
    changed = [wrong if here == place else velocity for here, velocity in enumerate(velocities)]
    assert fails(Descent(loss, changed, random_point, **kind))


@pytest.mark.parametrize(
    ("loss", "free", "stopped"), [(SCALAR, SCALAR_FREE, SCALAR_STOPPED), (MATRIX, MATRIX_FREE, MATRIX_STOPPED)]
)
def test_descent_tells_the_two_flows_apart(loss, free, stopped):
    assert fails(Descent(loss, stopped, random_point, stopped=False))
    assert fails(Descent(loss, free, random_point, stopped=True))
    assert fails(Descent(loss, free, random_point, stopped=True, targets_only=True))


def test_descent_does_not_multiply_decays_by_mobilities():
    multiplied = (-eta * (w * ERROR + lam * x), *SCALAR_FREE[1:])
    assert fails(Descent(SCALAR, multiplied, random_point, stopped=False))


def test_descent_sees_a_forgotten_mobility():
    assert fails(Descent(MATRIX.with_parts(mobility={A: H}), MATRIX_FREE, random_point, stopped=False))
    assert fails(Descent(MATRIX.with_parts(mobility={M: gamma}), MATRIX_FREE, random_point, stopped=False))


def test_descent_wants_a_velocity_for_each_block():
    with pytest.raises(ValueError, match="shorter"):
        Descent(SCALAR, SCALAR_FREE[:2], random_point, stopped=False).run(Level.QUICK)


# -- numbers ----------------------------------------------------------------------------------------------------------


def numbers(*pairs, tolerance=1e-6):
    return Numerics(lambda rng: iter(pairs), tolerance, "the other way")


@given(st.floats(0.5, 2), st.floats(-1e-3, 1e-3), st.floats(1e-9, 1e-2))
def test_numerics_passes_within_its_tolerance_and_reports_the_gap(value, error, tolerance):
    outcome = numbers((value, value * (1 + error)), tolerance=tolerance).run(Level.QUICK)
    gap = abs(value - value * (1 + error)) / max(value, value * (1 + error))
    assert outcome.residual == pytest.approx(gap, abs=1e-15)
    assert outcome.tolerance == tolerance
    assert (outcome.status is Status.PASSED) == (outcome.residual <= tolerance)


@pytest.mark.parametrize("wrong", [-2.0, 1.0, 2.1])
def test_numerics_fails_when_any_pair_disagrees(wrong):
    for place in range(3):
        pairs = [(2.0, 2.0)] * 3
        pairs[place] = (2.0, wrong)
        assert fails(numbers(*pairs))


def test_numerics_compares_arrays_entry_by_entry():
    assert passes(numbers((np.array([1.0, 2.0]), [1.0, 2.0])))
    assert fails(numbers((np.array([1.0, 2.0]), [2.0, 1.0])))


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", ["first", "last", "inside"])
def test_numerics_fails_for_what_is_not_finite(wrong, place):
    good, bad = (1.0, 1.0), (wrong, 2.0)
    pairs = {"first": [bad, good], "last": [good, bad], "inside": [([1.0, wrong], [1.0, 2.0])]}
    assert fails(numbers(*pairs[place]))


def test_numerics_says_how_many_cases_it_took_against_what():
    for level in Level:
        outcome = numbers((1, 1)).run(level)
        assert outcome.detail == f"{level.value} cases against the other way"


def test_cases_are_drawn_from_different_generators():
    seen = []

    def cases(rng):
        seen.append(rng.random())
        yield seen[-1], seen[-1]

    Numerics(cases, 0, "itself").run(Level.FULL)
    assert len(seen) == len(set(seen)) == Level.FULL.value > Level.QUICK.value


# -- together ---------------------------------------------------------------------------------------------------------


def test_together_passes_when_all_do_and_reports_the_tightest():
    loose, tight = numbers((1.0, 1.001), tolerance=1), numbers((1.0, 1.0001), tolerance=1e-3)
    outcome = SeveralChecks((loose, equal(x + x, 2 * x), tight, loose)).run(Level.QUICK)
    assert outcome.status is Status.PASSED
    assert (outcome.residual, outcome.tolerance) == (tight.run(Level.QUICK).residual, 1e-3)
    assert outcome.kind == "numerics + identity"
    assert "1 exact" in outcome.detail


def test_together_reports_the_check_that_failed():
    wrong = equal(x, -x)
    for place in range(3):
        checks = [numbers((1, 1)), equal(x, x), numbers((2, 2))]
        checks[place] = wrong
        assert SeveralChecks(checks).run(Level.QUICK) == wrong.run(Level.QUICK)


# -- nothing to check -------------------------------------------------------------------------------------------------

EMPTY = {
    "identity": lambda: Identity(()),
    "random-points": lambda: AtRandomPoints((), random_point),
    "numerics": lambda: numbers(),
    "together": lambda: SeveralChecks(()),
}


@pytest.mark.parametrize("made", EMPTY.values(), ids=EMPTY)
def test_nothing_to_compare_is_no_evidence(made):
    try:
        passed = passes(made())
    except ValueError:  # refused when made or when run
        passed = False
    assert not passed


# -- repeatability ----------------------------------------------------------------------------------------------------

EVERY_KIND = {
    "identity": equal(x + x, 2 * x),
    "random-points": AtRandomPoints(((SQUARES, EXPANDED),), random_point),
    "descent": Descent(MATRIX, MATRIX_STOPPED, random_point, stopped=True),
    "numerics": Numerics(lambda rng: [(1.0, 1.0 + 1e-9 * rng.random())], 1e-6, "noise"),
    "together": SeveralChecks((equal(x, x), Numerics(lambda rng: [(1.0, 1.0 + 1e-9 * rng.random())], 1e-6, "noise"))),
    "a failing one": AtRandomPoints(((SQUARES, 2 * EXPANDED),), random_point),
}


@pytest.mark.parametrize("check", EVERY_KIND.values(), ids=EVERY_KIND)
def test_two_runs_have_equal_outcomes(check):
    np.random.seed(0)  # noqa: NPY002 -- global state must not matter
    first = check.run(Level.QUICK)
    np.random.seed(1)  # noqa: NPY002
    mpmath.mp.dps = 15
    assert check.run(Level.QUICK) == first


@pytest.mark.parametrize("check", EVERY_KIND.values(), ids=EVERY_KIND)
def test_a_check_leaves_the_working_precision_alone(check):
    before = mpmath.mp.dps
    check.run(Level.QUICK)
    assert mpmath.mp.dps == before


# -- random values ----------------------------------------------------------------------------------------------------


@given(seeds, st.sampled_from([(), (3,), (2, 4)]), st.floats(-3, 0), st.floats(0.5, 3))
def test_random_values_lie_between_their_bounds_in_the_asked_shape(seed, shape, low, high):
    with mpmath.workdps(40):
        values = random_values(np.random.default_rng(seed), shape, low, high)
        assert np.shape(values) == shape
        assert all(low <= v <= high for v in np.ravel(values))


def test_random_values_use_digits_beyond_double_precision():
    with mpmath.workdps(40):
        values = random_values(np.random.default_rng(0), (20,), -1, 1)
        assert all(v != mpmath.mpf(float(v)) for v in values)


# -- text --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "read",
    [
        lambda text: passes(Identity(((text, text),))),
        lambda text: passes(AtRandomPoints(((text, text),), random_point)),
        lambda text: Lines([Line(text, Integer(1), ">")]).violations({}),
    ],
    ids=["identity", "random points", "bounds"],
)
def test_text_is_never_evaluated(read, tmp_path):
    trace = tmp_path / "evaluated"
    with pytest.raises(SympifyError):
        read(f"open({str(trace)!r}, 'w').close() or 2")
    assert not trace.exists()


def test_differences_of_the_loss_are_held_against_the_rate_of_a_target():
    loss = Loss((x - sg(w)) ** 2 / 2, (x, w), follow={w: (eta, x**2)})
    good = loss.stop_gradient_flow().velocity

    def draw(rng):
        return Point({s: rng.uniform(0.5, 2) for s in (x, w, eta)})

    for velocity, passes in ((good[w], True), (good[w] + x / 100, False), (-good[w], False)):
        outcome = Descent(loss, (good[x], velocity), draw, stopped=True).run(Level.QUICK)
        assert (outcome.status is Status.PASSED) is passes
