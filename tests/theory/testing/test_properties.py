"""Each property passes what is right, finds an error that is planted, and says where in one sentence."""

import re
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Eq, Function, I, MatrixSymbol, Q, Rational, Trace, ZeroMatrix, exp, log, sqrt, symbols

from derivations import Ansatz, fixed_points, reduce_to_modes, stability
from theory import Flow, InputError, Loss, models, sg
from theory.statements import together
from theory.testing import (
    ErrorModel,
    check_model,
    check_study,
    eigenvalues_are_dense,
    elapsed,
    flows,
    gradient_is_differences,
    integrals_stay,
    losses,
    lowered_is_symbolic,
    reduction_is_matrix_flow,
    theory_meets_simulation,
)

n, m = symbols("n m", integer=True, positive=True)
alpha, eta, a = symbols("alpha eta a", positive=True)
x, y = symbols("x y", real=True)
P, W, A, B = (MatrixSymbol(name, *shape) for name, shape in zip("PWAB", [(m, m), (m, n), (n, n), (n, n)], strict=True))
LOSS = Loss(
    Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T),
    (P, W),
    mobility={P: alpha},
    decay={P: eta, W: eta},
    assumptions=(Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B)),
)
FLOW = LOSS.stop_gradient_flow()
FEW = 6  # examples


def found(property_, *arguments, **options) -> str:
    """The sentence of a property that fails: one line, with what differs and where."""
    with pytest.raises(AssertionError) as caught:
        property_(*arguments, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert " but " in sentence or "eigenvalues for" in sentence
    assert ", at " in sentence
    return sentence


def planted(flow, **velocities):
    """A flow with other velocities of some blocks, by name."""
    blocks = {str(b): b for b in flow.state}
    return Flow(dict(flow.velocity) | {blocks[s]: v for s, v in velocities.items()}, flow.mobility, flow.assumptions)


# -- gradients ---------------------------------------------------------------------------------------------------------


def test_flows_of_a_loss_are_its_differences():
    gradient_is_differences(LOSS, examples=FEW)


@settings(max_examples=6)
@given(losses() | losses((x, y), (alpha,)) | losses((MatrixSymbol("F", n, m), x), (a, A)))
def test_flows_of_any_loss_are_its_differences(loss):
    gradient_is_differences(loss, examples=2)


WRONG_FLOWS = {
    "wrong sign of a decay": planted(FLOW, P=FLOW.velocity[P] + 2 * eta * P),
    "dropped factor": planted(FLOW, P=FLOW.velocity[P] / alpha),
    "dropped term": planted(FLOW, W=FLOW.velocity[W] - P.T * W * B),
    "transposed block": planted(FLOW, W=FLOW.velocity[W] - P.T * W * B + P * W * B),
    "nothing stopped": LOSS.gradient_flow(),
}


@pytest.mark.parametrize("wrong", WRONG_FLOWS)
def test_wrong_gradient_is_found(wrong):
    sentence = found(gradient_is_differences, LOSS, WRONG_FLOWS[wrong])
    smallest = 2 if wrong == "transposed block" else 1
    assert re.match(rf"d[PW]/dt has the entry \(\d, \d\) = .* by differences of the loss, at m = {smallest}, n = 1,", sentence)


def test_example_is_the_simplest():
    """Another sign of a decay shows at sizes of one, all ones."""
    sentence = found(gradient_is_differences, LOSS, WRONG_FLOWS["wrong sign of a decay"])
    assert sentence.endswith("at m = 1, n = 1, A = [[1]], B = [[1]], alpha = 1, eta = 1, P = [[1]], W = [[1]]")


def test_sentence_is_the_same_on_every_run():
    wrong = WRONG_FLOWS["wrong sign of a decay"]
    assert found(gradient_is_differences, LOSS, wrong) == found(gradient_is_differences, LOSS, wrong)


def test_targets_follow_their_sources():
    target = MatrixSymbol("T", m, n)
    loss = Loss(Trace((W - target) * (W - target).T) / 2, (W, target), follow={target: (eta, P * W)})
    gradient_is_differences(loss, examples=FEW)
    flow = loss.stop_gradient_flow()
    assert "towards its source" in found(gradient_is_differences, loss, planted(flow, T=2 * flow.velocity[target]))
    assert "towards its source" in found(gradient_is_differences, loss, planted(flow, T=eta * (P.T * W - target)))


def test_flow_of_other_blocks_is_refused():
    with pytest.raises(InputError, match="a flow of P, W"):
        gradient_is_differences(LOSS, Flow({P: P}))


# -- lowering ----------------------------------------------------------------------------------------------------------


@settings(max_examples=6)
@given(flows() | flows((MatrixSymbol("F", n, m), x), (a,)))
def test_lowered_flows_are_as_written(flow):
    lowered_is_symbolic(flow, examples=2)


@pytest.mark.parametrize("slip", [lambda v: -v, lambda v: v * 1.001, lambda v: v[::-1]], ids=["sign", "factor", "order"])
def test_wrong_lowering_is_found(monkeypatch, slip):
    from theory.lowering import LoweredFlow

    right = LoweredFlow.velocity
    monkeypatch.setattr(LoweredFlow, "velocity", lambda low, t, state: slip(right(low, t, state)))
    assert found(lowered_is_symbolic, Flow({x: y * x - 1, y: -a * x})).startswith("lowered d")


def test_wrong_lowered_jacobian_is_found(monkeypatch):
    from theory.lowering import LoweredFlow

    right = LoweredFlow.jacobian
    monkeypatch.setattr(LoweredFlow, "jacobian", lambda low, t, state: right(low, t, state).T)
    assert found(lowered_is_symbolic, Flow({x: y, y: -a * x})).startswith("the lowered Jacobian has the entry (1, 2)")


# -- integrals ---------------------------------------------------------------------------------------------------------

INTEGRAL = W * W.T - P.T * P / alpha


def test_integral_with_its_rate_stays():
    integrals_stay(FLOW, INTEGRAL, -2 * eta, examples=FEW)


@pytest.mark.parametrize(
    ("quantity", "rate"),
    [(INTEGRAL, -eta), (INTEGRAL, 0), (W * W.T - P.T * P, -2 * eta), (W * W.T - P * P.T / alpha, -2 * eta)],
    ids=["wrong rate", "no rate", "dropped factor", "transposed block"],
)
def test_wrong_integral_is_found(quantity, rate):
    assert "of SciPy's integration" in found(integrals_stay, FLOW, quantity, rate)


def test_integrals_hold_under_conditions_only():
    b = symbols("b", positive=True)
    flow = Flow({x: -a * y, y: b * x})
    integrals_stay(flow, x**2 + y**2, conditions=[Eq(a, b)], examples=FEW)
    found(integrals_stay, flow, x**2 + y**2)


# -- eigenvalues -------------------------------------------------------------------------------------------------------

PENDULUM = Flow({x: y, y: -a * x - 2 * y})


def test_eigenvalues_are_those_of_the_dense_jacobian():
    eigenvalues_are_dense(PENDULUM, {x: 0, y: 0}, [-1 + sqrt(1 - a), -1 - sqrt(1 - a)], examples=FEW)


@pytest.mark.parametrize(
    "eigenvalues",
    [[1 + sqrt(1 - a), 1 - sqrt(1 - a)], [-1 + sqrt(1 + a), -1 - sqrt(1 + a)], [-1 + sqrt(1 - a)], {-1 + sqrt(1 - a): 2}],
    ids=["wrong sign", "wrong sign inside", "one missing", "wrong multiplicity"],
)
def test_wrong_eigenvalues_are_found(eigenvalues):
    found(eigenvalues_are_dense, PENDULUM, {x: 0, y: 0}, eigenvalues)


def test_point_that_moves_is_found():
    assert "at a fixed point" in found(eigenvalues_are_dense, PENDULUM, {x: 1, y: 0}, [I, -I])


def test_eigenvalues_of_matrix_flows_come_with_multiplicities_of_any_size():
    at_zero = {P: ZeroMatrix(m, m), W: ZeroMatrix(m, n)}
    eigenvalues_are_dense(FLOW, at_zero, {-eta: m * m + m * n}, examples=FEW)
    assert "eigenvalues for a Jacobian" in found(eigenvalues_are_dense, FLOW, at_zero, {-eta: m * m})


def test_families_keep_what_is_free_in_them():
    family = Flow({x: -x * (x * y - 1), y: -y * (x * y - 1)})
    eigenvalues_are_dense(family, {x: 1 / y, y: y}, [0, -2], examples=FEW)


# -- reductions --------------------------------------------------------------------------------------------------------

REDUCTION = reduce_to_modes(FLOW, time_limit=None)


def with_flow(**velocities):
    return SimpleNamespace(flow=planted(REDUCTION.flow, **velocities), whole=FLOW, ansatz=REDUCTION.ansatz)


@pytest.mark.parametrize(("shift", "root"), [(0, True), (1, True), (0, False)])
def test_points_that_stay_roots_of_polynomials_are_tested_at_each_root(shift, root):
    """The roots of x³ - a x + 1, the eigenvalue 3x² - a there; a wrong eigenvalue and a wrong polynomial are found."""
    cubic = Flow({x: x**3 - a * x + 1, y: -y})
    point = SimpleNamespace(values={x: x, y: 0}, conditions=(), roots={x: x**3 - a * x + 1 if root else x**3 + 1})

    def eigenvalues(at):
        return [3 * at[x] ** 2 - at[a] + shift, -1]

    if shift == 0 and root:
        eigenvalues_are_dense(cubic, point, eigenvalues, examples=FEW)
    else:
        words = "the eigenvalues are" if root else "at a fixed point"
        assert words in found(eigenvalues_are_dense, cubic, point, eigenvalues)


def test_reduction_is_its_matrix_flow():
    reduction_is_matrix_flow(REDUCTION, examples=FEW)


def test_wrong_reduction_is_found():
    p, w = REDUCTION.flow.state
    velocity = REDUCTION.flow.velocity
    assert "by the matrix flow" in found(reduction_is_matrix_flow, with_flow(w=velocity[w] + eta * w))
    found(reduction_is_matrix_flow, with_flow(p=-velocity[p]))
    found(reduction_is_matrix_flow, with_flow(p=velocity[w], w=velocity[p]))


def test_ansatz_without_points_is_refused():
    ansatz = Ansatz(REDUCTION.ansatz.blocks, REDUCTION.ansatz.amplitudes, REDUCTION.ansatz.assumptions)
    with pytest.raises(InputError, match="points"):
        reduction_is_matrix_flow(SimpleNamespace(flow=REDUCTION.flow, whole=FLOW, ansatz=ansatz))


# -- theory and simulation ---------------------------------------------------------------------------------------------

GROWTH = Flow({x: a * x - x**3})
SOLUTION = sqrt(a) / sqrt(1 + (a / x**2 - 1) * exp(-2 * a * elapsed))


def test_closed_form_is_the_simulation():
    theory_meets_simulation(GROWTH, {x**2: SOLUTION**2}, until=3 / a, examples=FEW)


@pytest.mark.parametrize("wrong", [-(SOLUTION**2), 2 * SOLUTION**2, SOLUTION.subs(elapsed, 2 * elapsed) ** 2])
def test_wrong_prediction_is_found(wrong):
    assert "in the simulation" in found(theory_meets_simulation, GROWTH, {x**2: wrong}, until=1 / a)


def test_error_model_is_a_formula_and_says_why():
    decay = Flow({x: -x - eta * x})
    leading, start = {x: exp(-elapsed)}, {"until": 1, "starts": {x: 1}, "conditions": [eta < Rational(1, 10)]}
    theory_meets_simulation(decay, leading, ErrorModel(relative=2 * eta, absolute=0), **start, examples=FEW)
    sentence = found(theory_meets_simulation, decay, leading, ErrorModel(0, eta**2, "second order"), **start)
    assert "second order)" in sentence


def test_flow_that_runs_away_meets_no_finite_prediction():
    with pytest.raises(AssertionError, match="runs away"):
        theory_meets_simulation(Flow({x: x**2}), {x: 1}, until=50, starts={x: 1})


# -- ready tests -------------------------------------------------------------------------------------------------------

MODEL = """
state = ["x", "w"]
loss = "(w*x - sg(x))**2/2"
[parameters]
gamma = "positive"
[mobility]
w = "gamma"
"""


def test_model_is_checked_whole(tmp_path):
    path = tmp_path / "model.toml"
    path.write_text(MODEL)
    for model in (path, str(path), LOSS, FLOW):
        check_model(model, examples=2)()
    with pytest.raises(InputError, match="a Loss, a Flow or a model file"):
        check_model(42)


def test_error_planted_in_the_calculus_is_found(monkeypatch):
    right = Loss.stop_gradient_flow
    monkeypatch.setattr(Loss, "stop_gradient_flow", Loss.gradient_flow)
    found(check_model(LOSS))
    monkeypatch.setattr(Loss, "stop_gradient_flow", right)


def study_of(judged, conserved):
    states = tuple(SimpleNamespace(point=p, stability=s) for p, s in judged.items())
    subject = SimpleNamespace(flow=FLOW, loss=LOSS)
    return SimpleNamespace(
        subject=subject,
        reduction=REDUCTION,
        amplitudes=REDUCTION.flow,
        states=states,
        conserved=(SimpleNamespace(**conserved),),
        conserved_amplitudes=(),
    )


def test_study_is_checked_whole():
    points = fixed_points(REDUCTION.flow, time_limit=None)[:2]
    judged = {p: stability(REDUCTION.flow, p, time_limit=None) for p in points}
    wrong = {p: SimpleNamespace(eigenvalues_at=lambda numbers, s=s: -s.eigenvalues_at(numbers)) for p, s in judged.items()}
    right = {"quantity": INTEGRAL, "rate": -2 * eta}
    check_study(SimpleNamespace(findings=study_of(judged, right)), examples=1)()
    assert "with rate eta" in found(check_study(study_of(judged, right | {"rate": eta}), examples=2))
    assert "the eigenvalues are" in found(check_study(study_of(wrong, right), examples=2))


# -- what cannot be tested ---------------------------------------------------------------------------------------------


def test_no_example_is_a_sentence():
    with pytest.raises(InputError, match="none in all that were drawn"):
        integrals_stay(Flow({x: -a * x}, assumptions=(a > 5, a < 4)), x)


def test_points_stay_where_a_model_is_defined():
    gradient_is_differences(Loss(log(x) - x + abs(y - 1), (x, y)), examples=FEW)
    lowered_is_symbolic(models.simsiam().stop_gradient_flow(), examples=1)


def test_formulas_that_divide_by_zero_are_tested_elsewhere():
    integrals_stay(Flow({x: a * (x - 1), y: a * y}), y / (x - 1), conditions=[a < 1])


WRONG = {
    "a Loss, got Flow": lambda: gradient_is_differences(FLOW),
    "a Loss or a Flow": lambda: lowered_is_symbolic("x"),
    "as integral": lambda: integrals_stay(FLOW, "x"),
    "functions that have values": lambda: integrals_stay(Flow({x: Function("f")(x)}), x),
    "a value for each of x, y": lambda: eigenvalues_are_dense(PENDULUM, {x: 0}, [0, 0]),
    "a reduction": lambda: reduction_is_matrix_flow(FLOW),
    "as prediction": lambda: theory_meets_simulation(GROWTH, {x: "x"}, until=1),
    "a positive time of comparison": lambda: theory_meets_simulation(GROWTH, {x: x}, until=-1),
    "starts of x": lambda: theory_meets_simulation(GROWTH, {x: x}, until=1, starts={y: 0}),
    "a model file": lambda: check_model("nothing.toml"),
}


@pytest.mark.parametrize("expected", WRONG)
def test_what_is_no_claim_is_a_sentence(expected):
    with pytest.raises(InputError, match=expected):
        WRONG[expected]()


@pytest.mark.parametrize("count", [0, -1, 2.5])
def test_number_of_examples_is_positive(count):
    with pytest.raises(InputError, match="a number of examples"):
        gradient_is_differences(LOSS, examples=count)


@given(st.data())
def test_properties_stand_inside_tests_of_their_users(data):
    rate = data.draw(st.sampled_from([1, 2]))
    integrals_stay(Flow({x: -rate * x}), x, -rate, examples=1)
