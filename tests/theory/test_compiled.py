"""Velocities of scalars in machine code against SymPy's numbers, against NumPy and against differences."""

import pickle
import warnings
from itertools import pairwise

import cloudpickle
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Abs,
    Dummy,
    E,
    Float,
    Heaviside,
    Integer,
    Max,
    Min,
    Rational,
    Symbol,
    cos,
    exp,
    log,
    pi,
    sign,
    sin,
    sqrt,
    tanh,
)

from tests.strategies import INNER, KINKED, MIDDLE, POSITIVE, SCALARS, rationals, scalar_functions, seeds, w, x, y
from tests.theory.oracles import assert_close, central_difference
from theory import CalculusError, Flow, Loss, compiled, translation
from theory.lowering import WIDE
from theory.scalars import logistic, softplus

pytest.importorskip("symengine")

POINTS = np.array([[0.7, -0.4, 1.3], [-1.2, 0.5, 0.3]])
numbers = st.tuples(*[st.floats(-1.5, 1.5)] * 3).map(np.array)


def both(flow, parameters=None):
    """A flow in machine code and in NumPy."""
    return flow.lower(parameters, backend="symengine"), flow.lower(parameters, backend="numpy")


def assert_same(flow, state, parameters=None):
    """Machine code gives the velocity and the Jacobian that NumPy gives."""
    code, reference = both(flow, parameters)
    assert code.backend == "symengine"
    with np.errstate(all="ignore"):
        assert_close(code.velocity(0.0, state), reference.velocity(0.0, state))
        assert_close(code.jacobian(0.0, state), reference.jacobian(0.0, state))


# -- values ------------------------------------------------------------------------------------------------------------


@given(st.tuples(*[scalar_functions(kinks=False)] * 3), numbers)
def test_smooth_flows_have_the_values_of_sympy_of_numpy_and_of_differences(velocities, state):
    flow = Flow(dict(zip(SCALARS, velocities, strict=True)))
    code, reference = both(flow)
    at = dict(zip(SCALARS, map(Float, state), strict=True))
    exact = [float(v.evalf(30, subs=at)) for v in velocities]
    found, jacobian = code.velocity(0.0, state), code.jacobian(0.0, state)
    assert_close(found, exact)
    assert_close(found, reference.velocity(0.0, state))
    assert_close(jacobian, reference.jacobian(0.0, state))
    for column, along in zip(jacobian.T, np.eye(3), strict=True):
        difference = central_difference(lambda z: reference.velocity(0.0, z), state, along, step=1e-3)
        assert_close(column, difference, rounding=1e-6)


@given(scalar_functions(), numbers)
def test_losses_with_kinks_have_the_values_of_numpy(expression, state):
    """The gradient is taken in symengine, where the Hessian is symmetric."""
    flow = Loss(expression, SCALARS).gradient_flow()
    assert_same(flow, state)


@given(scalar_functions(), rationals, rationals, numbers)
def test_mobilities_decays_and_parameters_are_in_machine_code(expression, rate, decay, state):
    gamma, lam = Symbol("gamma", positive=True), Symbol("lambda", positive=True)
    loss = Loss(expression * gamma, SCALARS, mobility={x: gamma, y: rate}, decay={x: lam, w: decay})
    flow = loss.gradient_flow()
    values = {"gamma": 0.4, "lambda": 0.3}
    assert_same(flow, state, {str(p): values[str(p)] for p in flow.parameters})


FUNCTIONS = (
    [f(sin(x)) for f in (*MIDDLE, *KINKED)]
    + [f(tanh(x) / 2) for f in INNER]
    + [f(1 + x**2) for f in POSITIVE]
    + [Max(x, y, x * y), Min(x, y, 1), sqrt(x**2), exp(2 * log(x**2)), 2**x, (1 + x**2) ** y, Heaviside(x, 0)]
)


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_every_function_is_compiled_also_for_batches(function):
    code, reference = both(Flow({x: function, y: function * y}))
    fixed = POINTS[:, :1].copy()
    fixed.flags.writeable = False
    for state in (
        POINTS[:, 0],
        POINTS,
        POINTS.reshape(2, 3, 1),
        np.asfortranarray(POINTS),
        POINTS[:, ::-1],
        fixed,
        fixed[:, 0],
    ):
        found = code.velocity(0.0, state)
        assert_close(found, reference.velocity(0.0, state))
        assert found.shape == state.shape
        assert found.flags.c_contiguous
    assert_close(code.jacobian(0.0, POINTS[:, 0]), reference.jacobian(0.0, POINTS[:, 0]))


@pytest.mark.parametrize(
    "number",
    [
        pi,
        E,
        Float(0.1),
        Integer(10) ** 30,
        Rational(10**400, 10**399 + 1),
        Rational(1, 3),
        sqrt(2),
        log(3),
        Rational(-7, 5) ** 3,
    ],
    ids=lambda e: str(e)[:20],
)
def test_numbers_of_any_kind_are_compiled(number):
    assert_same(Flow({x: number * x + x**2, y: y + number}), POINTS[:, 0])


@pytest.mark.parametrize("value", [-800.0, -40.0, -1e-9, 0.0, 40.0, 800.0])
def test_sigmoids_keep_their_precision_far_out(value):
    """A logarithm of 1 + exp(-40) would be zero, and a slope through exponentials not a number."""
    code, reference = both(Flow({x: softplus(x), y: logistic(x), w: logistic(x) * (1 - logistic(x))}))
    state = np.array([value, 0.0, 0.0])
    with np.errstate(under="ignore"):
        np.testing.assert_allclose(code.velocity(0.0, state), reference.velocity(0.0, state), rtol=1e-14, atol=1e-300)
        np.testing.assert_allclose(code.jacobian(0.0, state), reference.jacobian(0.0, state), rtol=1e-14, atol=1e-300)


@pytest.mark.parametrize("function", [Abs(x), sign(x), Heaviside(x), Max(x, y), Min(x, y), Max(x, 1) * y, sign(x) * x])
@pytest.mark.parametrize("value", [np.nan, 0.0, -0.0, np.inf, -np.inf])
def test_kinks_treat_zero_and_what_is_no_number_as_numpy_does(function, value):
    code, reference = both(Flow({x: function, y: y}))
    with np.errstate(all="ignore"):
        for state in ([value, 0.0], [0.5, value]):
            np.testing.assert_array_equal(code.velocity(0.0, np.array(state)), reference.velocity(0.0, np.array(state)))
            np.testing.assert_array_equal(code.jacobian(0.0, np.array(state)), reference.jacobian(0.0, np.array(state)))


@pytest.mark.parametrize("velocity", [log(x), 1 / x, exp(1000 * (1 + x**2)), sqrt(x - 1), x * log(x)], ids=str)
def test_what_is_not_finite_is_reported_as_numpy_reports_it(velocity):
    reports = []
    for lowered in both(Flow({x: velocity, y: -y})):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = lowered.velocity(0.0, np.zeros(2))
            assert not np.isfinite(found).all()
        reports.append([(w.category, str(w.message)) for w in caught])
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(lowered.velocity(0.0, np.zeros(2)), found)
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            lowered.velocity(0.0, np.zeros(2))
    assert reports[0] == reports[1] != []


# -- names -------------------------------------------------------------------------------------------------------------


@given(seeds)
def test_names_are_those_of_nobody_else(seed):
    """Those of the common subexpressions of symengine, of symbols with other assumptions, and of a dummy."""
    x0, x1, x2 = (Symbol(f"x{k}", real=True) for k in range(3))
    odd, dummy = Symbol("x0", positive=True), Dummy("x1")
    flow = Flow({x0: x2 * sin(x2), x1: x2 * sin(x2) + odd, x2: dummy * x2 * sin(x2)})
    assert_same(flow, np.random.default_rng(seed).standard_normal(3), {odd: 0.7, dummy: -2.0})


@pytest.mark.parametrize("name", ["lambda", "x y", r"\mu_{1}^{2}", "argument_1", "function_0", ""])
def test_symbols_of_any_name_are_compiled(name):
    odd = Symbol(name, real=True)
    assert_same(Flow({odd: -Abs(odd) * y, y: odd}), POINTS[:, 0])


# -- what is compiled --------------------------------------------------------------------------------------------------


def chain(size):
    """A loss of neighbours, and its state."""
    state = [Symbol(f"s{i}", real=True) for i in range(size)]
    return sum((b - tanh(a)) ** 2 + cos(a * b) for a, b in pairwise(state)), state


def test_entries_that_vanish_are_not_compiled():
    expression, state = chain(12)
    gradient, velocity = Loss(expression, state).gradient_flow(), Flow({s: 2 * expression.diff(s) for s in state})
    for flow, results in ((gradient, 12 + 11), (velocity, 12 + 2 * 11)):
        code = flow.lower(backend="symengine")
        at = np.linspace(-1, 1, 12)
        sparse = code.sparse_jacobian(0.0, at)
        assert code._compiled_jacobian.compiled.results == results
        assert sparse.nnz == 12 + 2 * 11
        assert_close(sparse.toarray(), code.jacobian(0.0, at))
        assert_close(code.jacobian(0.0, at), flow.lower(backend="numpy").jacobian(0.0, at))


def test_jacobians_of_many_numbers_are_applied_without_their_zeros(monkeypatch):
    expression, state = chain(100)
    code, reference = both(Loss(expression, state).gradient_flow())
    at, along = np.random.default_rng(0).standard_normal((2, 100))
    expected = reference.jacobian(0.0, at) @ along
    for lowered in (code, reference):
        monkeypatch.setattr(type(lowered), "jacobian", None)
        assert_close(lowered.jacobian_vector(0.0, at, along), expected)
        monkeypatch.undo()


NETWORK = [Symbol(f"s{i}", real=True) for i in range(10)]


def network(seed, functions):
    """Functions of dense linear forms of ten numbers, some coefficients floats, and of one number more."""
    rng, rate = np.random.default_rng(seed), Symbol("rate", positive=True)
    weights = [[Rational(int(c), 7) if c % 2 else Float(c / 8) for c in rng.integers(1, 9, len(NETWORK))] for _ in functions]
    forms = [1 + rate + sum(c * s for c, s in zip(row, NETWORK, strict=True)) for row in weights]
    return sum(f(u / 9) * sin(s) for f, u, s in zip(functions, forms, NETWORK, strict=False)) + NETWORK[0] ** 3


CURVES = [*MIDDLE, *KINKED, softplus, lambda u: Max(u, 1) ** 2]


@pytest.mark.parametrize("functions", [CURVES[k::5] for k in range(5)])
def test_functions_of_dense_linear_forms_are_compiled_in_these(functions):
    """Of losses, also with mobilities, and of velocities; also for batches."""
    expression, state = network(1, functions), np.random.default_rng(1).standard_normal((10, 3)) / 5
    mobility = dict.fromkeys(NETWORK[:3], Rational(1, 3))
    for flow in (Loss(expression, NETWORK).gradient_flow(), Loss(expression, NETWORK, mobility).gradient_flow()):
        parameters = {str(p): 0.3 for p in flow.parameters}
        assert_same(flow, state[:, 0], parameters)
        code, reference = both(flow, parameters)
        found = code.velocity(0.0, state)
        assert_close(found, reference.velocity(0.0, state))
        assert_close(code.velocity(0.0, state[:, :, None]), found[:, :, None])
        assert len(code._compiled_jacobian.compiled.forms) >= len({*functions})
        assert code._compiled_jacobian.compiled.results < len(NETWORK) ** 2


def test_linear_forms_of_sparse_jacobians_are_written_out():
    """Where one velocity alone holds all numbers, the others' slopes stay few."""
    flow = Flow({s: (sum(NETWORK) if s == NETWORK[0] else 0) - sin(s) for s in NETWORK})
    code, reference = both(flow)
    assert code.sparse_jacobian(0.0, np.ones(10)).nnz == 10 + 9
    assert_close(code.jacobian(0.0, np.ones(10)), reference.jacobian(0.0, np.ones(10)))
    assert not code._compiled_jacobian.compiled.forms.size


def test_a_jacobian_may_vanish():
    code = Flow({x: 1, y: 2}).lower(backend="symengine")
    np.testing.assert_array_equal(code.jacobian(0.0, np.zeros(2)), np.zeros((2, 2)))
    assert_close(code.velocity(0.0, np.zeros((2, 3))), [[1.0] * 3, [2.0] * 3])


OTHERS = [
    np.array([2, 3]), np.array([0.5, 0.25], dtype=np.float32), [1, 2], [0.5, 2.0], np.ones((2, WIDE + 1)), np.ones((2, 0)),
]  # fmt: skip


@pytest.mark.parametrize("state", OTHERS, ids=range(len(OTHERS)))
def test_other_types_and_wide_batches_are_answered_alike(state):
    code, reference = both(Flow({x: x / y, y: sin(x)}))
    np.testing.assert_allclose(code.velocity(0.0, state), reference.velocity(0.0, state), rtol=1e-15)
    assert code.velocity(0.0, state).dtype == float


def test_states_of_another_length_are_refused_as_by_numpy():
    for lowered in both(Flow({x: y, y: x})):
        with pytest.raises(TypeError):
            lowered.velocity(0.0, np.zeros(3))


def test_machine_code_crosses_to_other_processes():
    code = Flow({x: x * y, y: sin(x)}).lower()
    expected = code.velocity(0.0, POINTS[:, 0]), code.jacobian(0.0, POINTS[:, 0])
    for library in (pickle, cloudpickle):
        moved = library.loads(library.dumps(code))
        assert_close(moved.velocity(0.0, POINTS[:, 0]), expected[0])
        assert_close(moved.jacobian(0.0, POINTS[:, 0]), expected[1])


# -- checks ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def _forgotten():
    """What was compiled before is compiled anew, and what is compiled wrongly is forgotten."""
    caches = compiled._translated, compiled.compile_velocity, compiled.compile_jacobian
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


@pytest.mark.usefixtures("_forgotten")
def test_a_wrong_value_is_an_error(monkeypatch):
    monkeypatch.setattr(translation, "_write_out", lambda engine, expr, u: u)
    with pytest.raises(CalculusError, match=r'velocity of Abs\(x\).*backend="numpy"'):
        Flow({x: Abs(x), y: -y}).lower(backend="symengine").velocity(0.0, -np.ones(2))


@pytest.mark.usefixtures("_forgotten")
@pytest.mark.parametrize("place", [0, 1])
def test_a_wrong_slope_is_an_error(monkeypatch, place):
    """Also by what symengine differentiates, and where the wrong entries are symmetric."""
    right = compiled.Translation.differentiate
    monkeypatch.setattr(
        compiled.Translation, "differentiate", lambda self, e, k: right(self, e, k) * (1 + (str(k) == f"argument_{place}"))
    )
    code = Flow({x: x * sin(y), y: x - y}).lower(backend="symengine")
    code.velocity(0.0, np.ones(2))
    with pytest.raises(CalculusError, match="slope of"):
        code.jacobian(0.0, np.ones(2))


@pytest.mark.usefixtures("_forgotten")
@pytest.mark.parametrize(("what", "error"), [("velocity", 1e-9), ("slope", 1e-6)])
def test_a_wrong_coefficient_of_a_linear_form_is_an_error(monkeypatch, what, error):
    code = Loss(network(0, [sin, tanh]), NETWORK).gradient_flow().lower({"rate": 0.3}, backend="symengine")
    if what == "slope":
        code.velocity(0.0, np.ones(10))
    right = compiled.Translation.forms.fget
    monkeypatch.setattr(compiled.Translation, "forms", property(lambda self: right(self) * (1 + error)))
    with pytest.raises(CalculusError, match=f"{what} of"):
        (code.velocity if what == "velocity" else code.jacobian)(0.0, np.ones(10))


@pytest.mark.usefixtures("_forgotten")
def test_ill_conditioned_flows_are_no_wrong_ones():
    """Cancellation, saturation and values beyond floats are in what roundings may do."""
    flows = [
        Flow({x: (x + 10**12) ** 2 - 10**24 - 2 * 10**12 * x, y: y}),
        Flow({x: 1000 * tanh(40 * x), y: 1 - tanh(30 * y) ** 2}),
        Flow({x: exp(900 * x**2) * exp(-900 * x**2 + y), y: log(-exp(x)) + y}),
    ]
    for flow in flows:
        with np.errstate(all="ignore"):
            flow.lower(backend="symengine").velocity(0.0, np.ones(2))
            flow.lower(backend="symengine").jacobian(0.0, np.ones(2))
