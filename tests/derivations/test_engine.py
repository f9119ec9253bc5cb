"""The engine: what counts as checked, which orders of steps are refused, and what a verification says."""

import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, MatrixSymbol, sin, symbols

from derivations import Derivation, Line, Step, derive, names
from derivations.checks import CheckOutcome, Identity, Level, Numerics, Status
from derivations.lines import Lines, dot, number, velocity_lines
from derivations.verification import CheckedStep, Verification
from theory import Flow, InputError
from theory.latex import tex

x, y = symbols("x y", real=True)


def step(name="step", *, left=x + x, right=2 * x, uses=(), check=True):
    """A step that claims left = right, and checks just that; it starts from what the steps that it uses claim."""
    claim = (Line(left, right),)
    compare = (lambda before, after: Identity(((after[0].left, after[0].right),))) if check is True else check
    return Step(name, "It follows.", "Add.", after=claim, before=claim if uses else (), uses=uses, check=compare)


def derivation(*steps):
    return Derivation("toy", "A toy", "Nothing much.", steps)


# -- verdicts ---------------------------------------------------------------------------------------------------------


def test_a_derivation_of_true_steps_passes():
    verification = derivation(step("one"), step("two", uses=("one",))).verify()
    assert verification.passed
    assert [row.outcome.status for row in verification] == [Status.PASSED] * 2


@pytest.mark.parametrize("wrong", [-2 * x, x, 2 * x + 1], ids=str)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_false_step_makes_the_derivation_not_passed(place, wrong):
    steps = [step(f"step{k}", right=wrong if k == place else 2 * x) for k in range(3)]
    verification = derivation(*steps).verify()
    assert not verification.passed
    expected = [Status.FAILED if k == place else Status.PASSED for k in range(3)]
    assert [row.outcome.status for row in verification] == expected


def test_a_step_without_a_check_is_unchecked_and_the_derivation_not_passed():
    verification = derivation(step("one"), step("two", check=None)).verify()
    assert [row.outcome.status for row in verification] == [Status.PASSED, Status.UNCHECKED]
    assert not verification.passed


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("by nothing"), KeyError("x"), InputError("a", "b", "c"), RecursionError("deep")]
)
def test_a_check_that_raises_has_failed_with_the_error_named(error):
    def check(before, after):
        raise error

    row = step(check=check).verify()
    assert row.outcome.status is Status.FAILED
    assert row.outcome.detail == f"{type(error).__name__}: {error}"
    assert not derivation(step(check=check)).verify().passed


def test_a_check_that_raises_while_it_runs_has_failed():
    row = step(check=lambda before, after: Numerics(lambda rng: [(1 / 0, 1)], 1, "nothing")).verify()
    assert row.outcome.status is Status.FAILED
    assert "ZeroDivisionError" in row.outcome.detail


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_check_does_not_swallow_the_user_stopping_it(error):
    def check(before, after):
        raise error

    with pytest.raises(error):
        step(check=check).verify()


def test_a_check_sees_the_lines_that_are_shown():
    seen = []
    before, after = (Line("a", x),), (Line("b", y), Line("c", x))

    def check(start, end):
        seen.append((start, end))
        return Identity(((x, x),))

    Step("s", "", "", before=before, after=after, check=check).verify()
    assert seen == [(before, after)]


def test_a_check_sees_what_is_given_behind_what_comes_from_other_steps():
    seen = []

    def check(start, end):
        seen.append(start)
        return Identity(((x, x),))

    before, given_anew = Line(x, y), Line(y, Integer(1), ">")
    Step("s", "", "", before=(before,), given=(given_anew,), after=(Line(x, x),), check=check).verify()
    assert seen == [(before, given_anew)]


def test_what_is_given_is_shown_as_such():
    made = Step("s", "", "", before=(Line(x, y),), given=(Line(y, Integer(1), ">"),), after=(Line(x, Integer(2)),))
    assert "  x = y\nwith\n  y > 1\nleads to\n  x = 2" in str(derivation(made))
    assert [words for words, _ in made.view(CheckOutcome(Status.UNCHECKED, "none", "")).parts] == ["", "with", "leads to"]
    assert made.to_dict()["given"] == [Line(y, Integer(1), ">").to_dict()]


def test_a_derivation_without_steps_has_shown_nothing():
    try:
        passed = derivation().verify().passed
    except InputError:
        passed = False
    assert not passed


# -- links ------------------------------------------------------------------------------------------------------------


def linked(**changes):
    """The outcome of a step that starts from what an earlier one leads to, or from something else."""
    claim, other = Line(y, 2 * x), Line(x, y / 2)
    held = {"before": (claim,), "uses": ("first",), "after": (other,)} | changes
    true = lambda before, after: Identity(((x, x),))  # noqa: E731
    steps = (
        Step("first", "", "", after=(claim,), check=true),
        Step("unrelated", "", "", after=(Line(x, Integer(7)),), check=true),
        Step("second", "", "", check=true, **held),
    )
    return derivation(*steps).verify().rows[-1].outcome


def test_a_step_that_starts_from_lines_of_the_steps_that_it_uses_passes():
    assert linked().status is Status.PASSED


@pytest.mark.parametrize(
    "changes",
    [
        {"before": (Line(y, 3 * x),)},
        {"before": (Line(x, 2 * x),)},
        {"before": (Line(y, 2 * x, r"\simeq"),)},
        {"before": (Line(y, 2 * x), Line(x, y))},
        {"uses": ("unrelated",)},
        {"uses": ("first", "unrelated")},
        {"uses": ()},
        {"before": ()},
    ],
    ids=["right", "left", "relation", "one-more", "unrelated", "one-too-many", "none", "idle"],
)
def test_a_step_that_does_not_start_from_what_it_says_fails(changes):
    outcome = linked(**changes)
    assert (outcome.status, outcome.kind) == (Status.FAILED, "uses")


def test_what_no_step_leads_to_can_be_given():
    assert linked(given=(Line(x, 2 * x),)).status is Status.PASSED


# -- order ------------------------------------------------------------------------------------------------------------


def test_a_name_used_twice_is_refused():
    with pytest.raises(InputError, match="twin"):
        derivation(step("twin"), step("other"), step("twin"))


@pytest.mark.parametrize(
    "steps",
    [
        [step("one", uses=("nobody",))],
        [step("one", uses=("two",)), step("two")],
        [step("one", uses=("one",))],
        [step("one", uses=("two",)), step("two", uses=("one",))],
    ],
    ids=["unknown", "later", "itself", "each-other"],
)
def test_building_on_what_does_not_come_before_is_refused(steps):
    with pytest.raises(InputError, match=steps[0].uses[0]):
        derivation(*steps)


@st.composite
def orders(draw):
    """For each step the set of earlier ones it builds on."""
    return [draw(st.sets(st.integers(0, k - 1), max_size=3)) if k else set() for k in range(draw(st.integers(1, 7)))]


@given(orders())
def test_the_graph_has_an_edge_for_each_use_and_no_other(order):
    made = derivation(*(step(f"s{k}", uses=tuple(f"s{u}" for u in sorted(used))) for k, used in enumerate(order)))
    assert set(made.graph.nodes) == {f"s{k}" for k in range(len(order))}
    assert set(made.graph.edges) == {(f"s{u}", f"s{k}") for k, used in enumerate(order) for u in used}
    import networkx as nx

    assert nx.is_directed_acyclic_graph(made.graph)


# Derivations of several arguments that take no line from each other: what a stop or lengths do beside what rests, small angles
# of all couplings beside large ones of a family; constant states of a wide head, from its equations at constants;
# a cycle, from its normal form.
ARGUMENTS = {
    "homogeneous": 3,
    "whitening": 2,
    "info_nce": 4,
    "variance_hinge": 2,
    "cosine": 4,
    "redundancy_reduction": 2,
    "wide_head": 2,
    "decay_stability": 2,
}


@pytest.mark.parametrize("name", names())
def test_each_derivation_of_the_catalogue_follows_from_its_first_steps(name):
    import networkx as nx

    graph = derive(name).graph
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.number_weakly_connected_components(graph) == ARGUMENTS.get(name, 1)
    order = {step: place for place, step in enumerate(s.name for s in derive(name).steps)}
    assert all(order[a] < order[b] for a, b in graph.edges)


def test_a_step_is_found_by_its_name():
    first, second = step("one"), step("two")
    assert derivation(first, second)["two"] is second


def test_asking_for_a_step_that_is_not_there_is_a_lookup_error():
    with pytest.raises((LookupError, InputError)):
        derivation(step("one"))["two"]


def test_derivations_steps_and_lines_are_frozen():
    made = derivation(step())
    for thing, attribute in ((made, "steps"), (made.steps[0], "check"), (made.steps[0].after[0], "right")):
        with pytest.raises(FrozenInstanceError):
            setattr(thing, attribute, None)


# -- levels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["", "QUICK", "slow", "unchecked", None, 3])
def test_an_unknown_level_is_refused(level):
    with pytest.raises(InputError, match="'quick' or 'full'"):
        derivation(step()).verify(level)


@pytest.mark.parametrize("level", ["quick", "full"])
def test_a_level_reaches_every_check(level):
    counted = step(check=lambda before, after: Numerics(lambda rng: [(1, 1)], 0, "one"))
    (row,) = derivation(counted).verify(level)
    assert row.outcome.detail.startswith(f"{Level[level.upper()].value} cases")


def test_verify_is_quick_unless_asked():
    made = derivation(step(check=lambda before, after: Numerics(lambda rng: [(1, 1)], 0, "one")))
    assert [r.outcome for r in made.verify()] == [r.outcome for r in made.verify("quick")]


# -- what a verification says -----------------------------------------------------------------------------------------

OUTCOMES = [
    CheckOutcome(Status.PASSED, "identity", "2 exact"),
    CheckOutcome(Status.PASSED, "numerics", "3 cases", 1e-12, 1e-9),
    CheckOutcome(Status.FAILED, "numerics", "3 cases", 0.5, 1e-9),
    CheckOutcome(Status.FAILED, "error", "KeyError: 'x'"),
    CheckOutcome(Status.UNCHECKED, "none", "no check"),
]


def table(outcomes):
    return Verification("toy", tuple(CheckedStep(f"step_number_{k}", outcome, 0.25) for k, outcome in enumerate(outcomes)))


@given(st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=6))
def test_a_verification_passes_just_when_every_row_does(outcomes):
    assert table(outcomes).passed == all(outcome.status is Status.PASSED for outcome in outcomes)


def test_the_table_shows_each_step_with_its_status_and_what_was_found():
    title, *lines = str(table(OUTCOMES)).splitlines()
    assert title == "toy"
    for k, (line, outcome) in enumerate(zip(lines, OUTCOMES, strict=True)):
        assert line.split()[:2] == [f"step_number_{k}", outcome.status.value]
        assert line.endswith(f"{outcome.kind}: {outcome.detail}")
    assert "1.0e-12" in lines[1]
    assert "1e-09" in lines[1]


@pytest.mark.parametrize("residual", [None, 0.0, 0.5, float("nan"), float("inf")])
def test_a_verification_as_plain_values_is_strict_json(residual):
    failed = CheckOutcome(Status.FAILED, "numerics", "3 cases", residual, 1e-9)
    read = json.loads(json.dumps(table([*OUTCOMES, failed]).to_dict(), allow_nan=False))
    assert read["derivation"] == "toy"
    assert read["passed"] is False
    assert [row["status"] for row in read["steps"]] == [o.status.value for o in [*OUTCOMES, failed]]
    told = {"step", "status", "kind", "detail", "residual", "tolerance", "seconds"}
    assert all(set(row) == told for row in read["steps"])


# -- lines ------------------------------------------------------------------------------------------------------------


def test_velocity_lines_have_one_line_for_each_block():
    lines = velocity_lines(Flow({x: x * y - x, y: -y}))
    assert [line.left for line in lines] == [dot(x), dot(y)]
    assert [tex(line.left) for line in lines] == [r"\dot{x}", r"\dot{y}"]
    assert lines.rights == (x * (y - 1), -y)
    assert {line.relation for line in lines} == {"="}


def test_velocity_lines_leave_matrix_velocities_as_they_are():
    A = MatrixSymbol("A", 2, 2)
    flow = Flow({A: -A * A + A})
    assert velocity_lines(flow).rights == tuple(flow.velocity.values())


def test_a_right_side_is_found_by_what_stands_on_its_left():
    lines = Lines((Line(x, y), Line(y, Integer(2)), Line(x, Integer(0), ">"), Line(x, x * x, ">")))
    assert (lines[x], lines[y]) == (y, 2)
    assert lines.of(y, x) == (lines[1], lines[0], *lines[2:])
    assert lines.mapping == {x: y, y: 2}
    assert lines.bounds == lines[2:]


@pytest.mark.parametrize("lines", [(), (Line(y, x),), (Line(x, Integer(0), ">"),), (Line(x, y), Line(x, 2 * y))], ids=str)
def test_what_no_line_or_more_than_one_defines_is_not_found(lines):
    with pytest.raises((LookupError, ValueError)):
        Lines(lines)[x]


@pytest.mark.parametrize(
    ("line", "true"),
    [
        (Line(x, y, "<"), (1, 2)),
        (Line(x, y, r"\ge"), (2, 2)),
        (Line(x, y, r"\ne"), (1, 2)),
        (Line(x * y, Integer(3), ">"), (2, 2)),
    ],
    ids=str,
)
def test_bounds_that_do_not_hold_are_found(line, true):
    values = dict(zip((x, y), true, strict=True))
    lines = Lines((Line(x, y), line))
    assert lines.violations(values) == ()
    contrary = {"<": r"\ge", r"\ge": "<", r"\ne": "=", ">": r"\le"}[line.relation]
    turned = replace(line, relation=contrary)
    assert contrary == "=" or Lines((turned,)).violations(values) == (turned,)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_a_formula_has_its_value_where_what_it_holds_has_theirs(a, b):
    """Products are known as wholes, and as parts of longer ones."""
    assert number(x * y + 1, {x: a, y: b}) == pytest.approx(a * b + 1)
    assert number(1 + sin(x) * sin(y), {sin(x) * sin(y): a}) == pytest.approx(1 + a)
    assert number(2 * sin(x) * sin(y), {sin(x) * sin(y): a}) == pytest.approx(2 * a)
    with pytest.raises(TypeError):
        number(x * y + 1, {x: 1 + abs(a)})


@given(st.integers(0, 2**32 - 1))
def test_numbers_are_drawn_where_the_bounds_hold(seed):
    lines = Lines((Line(x**2, 4 * y, r"\ge"), Line(y, Integer(0), ">"), Line(x, y)))
    values = lines.draw(np.random.default_rng(seed), {x: (-1, 1), y: (-1, 1)})
    assert values[x] ** 2 >= 4 * values[y] > 0


def test_bounds_that_hold_nowhere_make_a_step_fail():
    contrary = (Line(x, Integer(2), ">"),)
    made = Step(
        "s",
        "",
        "",
        given=contrary,
        after=(Line(y, x),),
        check=lambda start, end: start.draw(np.random.default_rng(0), {x: (0, 1)}),
    )
    assert made.verify().outcome.status is Status.FAILED


@pytest.mark.parametrize("other", [Line(y, 2 * x), Line(x, 3 * x), Line(x, 2 * x, r"\le")], ids=str)
def test_lines_are_the_same_with_both_sides_and_the_relation(other):
    mine = Lines((Line(x, x + x),))
    same = lambda lines: Step("s", "", "", after=mine, check=lambda start, end: end.same(lines)).verify().outcome.status  # noqa: E731
    assert same((Line(x, 2 * x),)) is Status.PASSED
    assert same((other,)) is Status.FAILED


# -- the catalogue ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "Embedding", "embedding ", "__init__", "points", "../embedding", None])
def test_an_unknown_derivation_is_refused_with_the_names_there_are(name):
    with pytest.raises(InputError) as refused:
        derive(name)
    assert all(known in str(refused.value) for known in names())


@pytest.mark.parametrize("name", names())
def test_a_derivation_carries_its_own_name_and_says_what_it_does(name):
    made = derive(name)
    assert made.name == name
    assert made.title
    assert made.summary
    assert all(s.statement and s.reason and s.after for s in made.steps)


@pytest.mark.parametrize("name", names())
def test_a_derivation_says_that_the_model_is_a_reconstruction(name):
    assert any("reconstruction" in reference and "2604.09979" in reference for reference in derive(name).references)


def chained(*names):
    """Steps, each of which builds on the one before."""
    lines = [Line(x**k, x ** (k + 1)) for k in range(len(names))]
    return tuple(
        Step(n, "", "", (lines[k],), lines[k - 1 : k] if k else (), uses=names[k - 1 : k] if k else ())
        for k, n in enumerate(names)
    )


def test_steps_are_added_dropped_and_renamed():
    whole = Derivation("d", "", "", chained("a", "b", "c"))
    more = whole.with_steps(Step("own", "", "", (Line(y, x),), whole["c"].after, uses=("c",)))
    assert [s.name for s in more.steps] == ["a", "b", "c", "own"]
    assert [s.name for s in more.without("b").steps] == ["a"]
    assert [s.name for s in more.without("own").steps] == ["a", "b", "c"]
    with pytest.raises(KeyError):
        more.without("none")
    joined = more.with_steps(*whole.under("other_").steps)
    assert joined["other_c"].uses == ("other_b",)
    assert joined.graph.number_of_edges() == more.graph.number_of_edges() + whole.graph.number_of_edges()


# -- what objects show of themselves ------------------------------------------------------------------------------------


def test_a_derivation_says_what_it_is_without_being_derived():
    made = []
    derivation = Derivation("d", "A title", "A summary.", lambda: made.append(1) or ())
    assert repr(derivation) == "<derivation d: A title>"
    assert not made


@pytest.mark.parametrize("ending", ["html", "tex"])
def test_a_derivation_writes_whole_documents(tmp_path, ending):
    derivation = derive("classifiable")
    path = derivation.save(tmp_path / f"mine.{ending}")
    text = path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == [f"mine.{ending}"]
    assert text.lstrip().lower().startswith({"html": "<!doctype html", "tex": r"\documentclass"}[ending])
    assert derivation.title in text


def test_other_endings_of_documents_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"a file with an ending among \.html, \.tex, \.pdf, got '\.doc'"):
        derive("classifiable").save(tmp_path / "mine.doc")
    assert not list(tmp_path.iterdir())
