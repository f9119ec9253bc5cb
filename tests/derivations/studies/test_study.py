"""Studies: a model, all that is found of it, and what is said where nothing is."""

import json
from fractions import Fraction

import pytest
from sympy import I, MatrixSymbol, Q, Rational, Symbol, Trace, exp, eye, simplify, sqrt, symbols, sympify

from derivations import Verdict, fixed_points, study
from derivations.studies import finding
from derivations.studies.renaming import put_symbols
from theory import Flow, InputError, Loss, sg
from theory.errors import UnfinishedError
from theory.statements import together

x, y = symbols("x y", real=True)
r = symbols("r", real=True)
a = symbols("a", positive=True)


def read_back(found, text):
    """A formula of the JSON, by the symbols that it names."""
    known = {n: Symbol(n, **({said["is"]: True} if said.get("is") else {})) for n, said in found["symbols"].items()}
    return sympify(text, locals=known)


@pytest.fixture(scope="module")
def pitchfork():
    return study(Flow({x: r * x - x**3, y: -a * y + x**2}), small=a, simulated=False)


def test_every_step_passes_its_check(pitchfork):
    assert pitchfork.verification.passed, str(pitchfork.verification)
    assert pitchfork.passed
    assert not pitchfork.gaps


def test_all_states_are_found_and_their_images_named(pitchfork):
    states = pitchfork.findings.states
    assert [s.image_of for s in states].count(None) == 2
    (image,) = (s for s in states if s.image_of)
    assert states[image.image_of - 1].point.values[x] == -image.point.values[x]
    assert image.stability is states[image.image_of - 1].stability


def test_the_json_says_what_the_objects_say(pitchfork):
    found = json.loads(pitchfork.to_json())
    for state, said in zip(pitchfork.findings.states, found["fixed_points"], strict=True):
        assert said["verdict"] == state.stability.verdict.value
        for name, text in said["values"].items():
            assert read_back(found, text) == state.point.values[Symbol(name, real=True)]
    (lost, *_) = found["fixed_points"][0]["bifurcations"]
    assert (lost["kind"], lost["parameter"], lost["critical"]) == ("pitchfork", "r", "0")
    assert {row["status"] for row in found["checks"]} == {"passed"}
    assert found["completeness"]["status"] == "proved complete"


def test_names_that_are_words_of_python_are_read_back():
    lam = symbols("lambda", positive=True)
    found = study(Flow({x: lam - x}), simulated=False).to_dict()
    assert found["fixed_points"][0]["values"] == {"x": "lambda_"}
    assert read_back(found, "lambda_") == Symbol("lambda_", positive=True)


def test_a_gap_is_a_sentence_and_no_result():
    made = study(Flow({x: -x * exp(x**2)}), simulated=False)
    assert not made.findings.points
    assert any("States at rest" in gap for gap in made.gaps)
    assert made.verification.passed


def test_names_that_are_words_of_python_are_read_back_from_every_part():
    lam, mu = symbols("lambda mu", positive=True)
    made = study(Flow({x: lam * x - mu * x**3}), small=lam)
    text = json.dumps({key: value for key, value in made.to_dict().items() if key != "choices"})
    assert "lambda_" in text
    assert "lambda" not in text.replace("lambda_", "")


def test_an_unexpected_error_ends_its_stage_and_the_study_does_not_pass(monkeypatch):
    def broken(*_, **__):
        raise TypeError("no such thing")

    monkeypatch.setattr(finding, "integrals_with_rates", broken)
    made = study(Flow({x: a * x - x**3}), simulated=False)
    assert made.findings.faults == ("What is conserved: an error inside, TypeError: no such thing.",)
    assert made.findings.faults[0] in made.gaps
    assert made.verification.passed
    assert not made.passed


def test_choices_that_cannot_be_used_are_said():
    d, n = symbols("d n", integer=True, positive=True)
    W, A, B = MatrixSymbol("W", d, n), MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)
    energy = Trace(W * A * W.T) / 2 - Trace(W * B * W.T) / 2 + Trace(W * W.T * W * W.T) / 4
    loss = Loss(energy, (W,), assumptions=(Q.symmetric(A), Q.symmetric(B)))
    made = study(loss, small="a", numbers={"b": 1}, simulated=False)
    assert "There are no amplitudes in which a, b could be used." in made.gaps


def test_a_model_without_a_state_at_rest_is_refused():
    with pytest.raises(InputError, match="a model with a state at rest"):
        study(Flow({x: 1 + x**2}), simulated=False)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"small": "q"}, "for the small parameter a parameter among a, r"),
        ({"plane": ("r", "q")}, "for the plane a parameter among a, r"),
        ({"plane": ("r", "r")}, "two parameters of the plane"),
        ({"numbers": {"q": 1}}, "for a number a parameter among a, r"),
        ({"numbers": {"a": "one"}}, "an exact number for a"),
        ({"numbers": {"a": "1/0"}}, "an exact number for a"),
        ({"numbers": {"a": -1}}, "a"),
        ({"time_limit": 0}, "time"),
    ],
)
def test_choices_that_are_none_are_refused(choice, words):
    with pytest.raises(InputError, match=words):
        study(Flow({x: r * x - x**3, y: -a * y + x**2}), simulated=False, **choice)


@pytest.mark.parametrize("number", [Fraction(4, 5), "4/5", 0.8, "0.8", Rational(4, 5)])
def test_numbers_are_exact(number):
    made = study(Flow({x: a - x}), numbers={"a": number}, simulated=False)
    assert made.findings.numbers == {a: Rational(4, 5)}


def test_results_have_other_symbols_in_all_their_parts(pitchfork):
    (scales,) = next(s.time_scales for s in pitchfork.findings.states if s.time_scales)
    other = symbols("q", positive=True)
    moved = put_symbols(scales, lambda s: other if s == a else s)
    assert moved.small == other
    assert not any(rate.series.has(a) for rate in moved.rates)
    assert put_symbols(moved, lambda s: a if s == other else s) == scales


def test_a_point_that_stays_a_root_has_time_scales_on_each_branch():
    """The roots of x³ - x² + a are 1 and ±√a for small a."""
    made = study(Flow({x: x**3 - x**2 + a, y: -y}), small=a, simulated=False, time_limit=None)
    assert not made.gaps
    assert made.verification.passed, str(made.verification)
    (state,) = made.findings.states
    first = [scales.point[0].series(a).as_leading_term(a) for scales in state.time_scales]
    assert set(first) == {1, sqrt(a), -sqrt(a)}
    assert len(made.to_dict()["time_scales"]) == 3


def test_time_scales_are_those_of_signs_at_which_the_state_exists(monkeypatch):
    """Where signs must be chosen, the numbers choose them only if the state is there."""
    found, tried = finding.time_scales, []

    def undecided(flow, point, small, **options):
        tried.append(flow)
        if len(tried) == 1:
            raise UnfinishedError("whether something is zero depends on the parameters")
        return found(flow, point, small, **options)

    flow = Flow({x: r * x - x**3, y: -a * y})
    point = next(p for p in fixed_points(flow, time_limit=None) if p.values[x] != 0)
    monkeypatch.setattr(finding, "time_scales", undecided)
    (scales,) = finding.expand_rates(flow, a, {r: Rational(-1), a: Rational(1, 10)}, point)
    assert (r > 0) in scales.assumed
    assert (r < 0) not in scales.assumed


@pytest.mark.parametrize(("number", "is_complex"), [(2, False), (-2, True)])
def test_time_scales_are_those_on_the_side_of_the_numbers(number, is_complex):
    """The eigenvalues -1/2 ± √(1/4 + r) are complex only where r < -1/4, and no root of a negative number is shown."""
    flow = Flow({x: r * y - a * x, y: x - y})
    point = fixed_points(flow, time_limit=None)[0]  # another asks for an equation between parameters
    (scales,) = finding.expand_rates(flow, a, {r: Rational(number), a: Rational(1, 10)}, point)
    at = {r: number, a: Rational(1, 10**6)}
    assert all(c.xreplace(at) == True for c in scales.assumed)  # noqa: E712  a relation of SymPy
    for rate in scales:
        assert rate.series.has(I) is is_complex
        slopes = flow.jacobian().xreplace(at)
        assert abs((slopes - rate.series.xreplace(at) * eye(2)).det().evalf()) < 1e-9


@pytest.fixture(scope="module")
def predictor():
    n, m = symbols("n m", integer=True, positive=True)
    alpha, eta = symbols("alpha eta", positive=True)
    P, W, A, B = (MatrixSymbol(s, *shape) for s, shape in zip("PWAB", [(m, m), (m, n), (n, n), (n, n)], strict=True))
    loss = Loss(
        Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T),
        (P, W),
        mobility={P: alpha},
        decay={P: eta, W: eta},
        assumptions=(Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B)),
    )
    return study(loss, small="eta", numbers={"a": 1, "b": "4/5", "alpha": 1, "eta": "1/10"})


def test_the_linear_predictor_has_its_published_states(predictor):
    found = predictor.to_dict()
    assert found["completeness"]["status"] == "proved complete"
    values = [{k: read_back(found, v) for k, v in s["values"].items()} for s in found["fixed_points"]]
    p_plus = read_back(found, "(b + sqrt(b**2 - 4*a*eta))/(2*a)")
    alpha = read_back(found, "alpha")
    away = [v for v in values if v["p"] != 0]
    assert len(away) == 4
    assert all(simplify(v["w"] ** 2 - v["p"] ** 2 / alpha) == 0 for v in away)
    assert sum(simplify(v["p"] - p_plus) == 0 for v in away) == 2
    lost = {(b["kind"], b["parameter"], b["critical"]) for s in found["fixed_points"] for b in s["bifurcations"]}
    assert ("saddle-node", "eta", "b**2/(4*a)") in lost


def test_the_linear_predictor_conserves_its_balance_up_to_its_decay(predictor):
    found = predictor.to_dict()
    rates = {q["rate"] for q in found["conserved"] if q["of"] == "reduction"}
    assert rates == {"-2*eta"}
    (scalar,) = (read_back(found, q["quantity"]) for q in found["conserved"] if q["of"] == "reduction")
    p, w, alpha = (read_back(found, s) for s in ("p", "w", "alpha"))
    ratio = simplify(scalar / (w**2 - p**2 / alpha))
    assert not ratio.free_symbols & {p, w}


def test_states_that_are_not_always_there_are_certified_near_the_numbers(predictor):
    found = {s.number: s.certificate for s in predictor.findings.states}
    assert found[1] is None
    assert [cell.status.value for cell in found[2].cells] == ["proved stable"]
    assert [cell.status.value for cell in found[4].cells] == ["proved unstable"]
    for p, (low, high) in found[2].box.items():
        assert low < predictor.findings.numbers[p] < high
    assert "certificate_2" in [step.name for step in predictor.derivation.steps]


def test_a_box_stays_within_what_is_assumed():
    g = symbols("g", positive=True)
    flow = Flow({x: -x + g * y, y: g * x - y - y**3}, assumptions=[g < 1])
    made = study(flow, numbers={"g": "99/100"}, simulated=False)
    assert made.verification.passed
    assert not made.gaps


def test_the_whole_model_is_simulated_beside(predictor):
    assert predictor.agreement.holds, str(predictor.agreement)
    assert len(predictor.agreement) >= 3
    assert predictor.verification.passed, str(predictor.verification)
    assert predictor.findings.states[0].whole.verdict is Verdict.STABLE
