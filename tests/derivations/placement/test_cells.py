"""The placement table against the notes, against finite sums over arrays, dense Jacobians and simulations."""

import json

import numpy as np
import pytest
from sympy import S

from derivations.analysis.points.fixed_points import Completeness
from derivations.placement import PlacementOutcome, placement_table
from derivations.placement.balance import undamped_flow
from derivations.placement.cells import HEADS, STOPS
from derivations.placement.deriving import stop_embedding, u, v, w
from derivations.vocabulary import mu
from tests.theory.oracles import assert_close, evaluate, pair_energy
from theory import Coupling, InputError, models, simulate
from theory.models import vocabulary

NOTES = {
    "none": ("C", "F", "F", "C"),
    "samples": ("C", "F", "F*", "C"),
    "labels": ("C†", "F*", "F", "C†"),
    "both": ("C†", "F*", "F*", "C†"),
    "shared": ("C", "C", "C", "non-collapsed"),
}
CELLS = [(head, stop) for head in HEADS for stop in STOPS]
every_cell = pytest.mark.parametrize(("head", "stop"), CELLS, ids=["-".join(cell) for cell in CELLS])


@pytest.fixture(scope="module")
def table():
    return placement_table()


def random_point(rng):
    samples, labels, dimension = 4, 3, 3
    J = rng.uniform(0.1, 1, (samples, labels))
    at = {vocabulary.N: samples, vocabulary.K: labels, vocabulary.d: dimension, vocabulary.J: J}
    at |= {vocabulary.D_x: np.diag(J.sum(1)), vocabulary.D_y: np.diag(J.sum(0))}
    return at | {B: rng.standard_normal([at[n] for n in B.shape]) for B in (vocabulary.X, vocabulary.Y, vocabulary.W)}


# -- verdicts ----------------------------------------------------------------------------------------------------------


@every_cell
def test_marks_are_those_of_the_notes_for_weak_frustration(table, head, stop):
    cell = table[head, stop]
    weak = cell.raw_kept.subs(mu, S(4) / 5) if cell.outcome is PlacementOutcome.COLLAPSES else S.false
    mark = cell.mark.rstrip("†‡") + ("†" if weak == S.true else "")
    assert mark == NOTES[head][list(STOPS).index(stop)]


def test_labels_of_strongly_frustrated_modes_are_left_behind_by_a_dead_head_with_the_label_target_stopped(table):
    cell = table["shared", "labels"]
    assert cell.raw_kept.subs(mu, S(1) / 3) == S.true
    assert [p.mark for p in table].count("C‡") == 1
    coupling = Coupling.uniform(3, 30, 0.9)
    model, how = models.projection_head("shared", "labels"), {"method": "direct", "solver": "LSODA", "rtol": 1e-10}
    run = simulate(model, coupling, dimension=3, times=[0, 1e4], seed=1, **how)
    projected = run.head[-1] @ run.labels[-1]
    assert coupling.modes()[1] < 0.5
    assert run.min_separation[-1] > 0.1 * run.min_separation[0]
    assert np.abs(projected - projected.mean(1, keepdims=True)).max() < 0.05 * run.min_separation[-1]
    assert np.linalg.svd(run.head[-1], compute_uv=False)[-1] < 1e-2


@every_cell
def test_simulation_ends_as_derived(table, head, stop):
    cell = table[head, stop]
    assert cell.is_witnessed
    if cell.outcome is PlacementOutcome.FROZEN and vocabulary.Y in cell.frozen:
        np.testing.assert_allclose(cell.witness.raw, 1)
    if cell.unfrozen:
        assert cell.mark == "F*"
        assert cell.unfrozen_witness.projected[-1] < 1e-6


# -- balances ----------------------------------------------------------------------------------------------------------


@every_cell
@pytest.mark.parametrize("embedding_alone", [False, True], ids=["as it is", "embedding alone stopped"])
def test_balance_holds_at_random_arrays(table, head, stop, embedding_alone):
    cell = table[head, stop]
    loss = stop_embedding(head, stop) if embedding_alone else models.projection_head(head, stop)
    balance = cell.unfrozen if embedding_alone else cell.balance
    if balance is None:
        return
    at = random_point(np.random.default_rng(0))
    velocity = undamped_flow(loss).velocity
    left = sum(float(c) * np.sum(at[B] * evaluate(velocity[B], at)) for B, c in balance.weights.items())
    squares = [pair_energy(at[vocabulary.J], *(evaluate(side, at) for side in link)) for link in balance.links]
    assert_close(left, -2 * sum(squares))


def test_frozen_sides_have_no_velocity(table):
    for cell in table:
        at = random_point(np.random.default_rng(1))
        velocity = undamped_flow(models.projection_head(cell.head, cell.stop)).velocity
        still = tuple(B for B in (vocabulary.X, vocabulary.Y) if not np.any(evaluate(velocity[B], at)))
        assert still == cell.frozen


# -- one mode ----------------------------------------------------------------------------------------------------------


def pair_velocity(head, stop, correlation, gamma):
    """One mode by hand: forces as slopes of the two directed terms, the target held where it is stopped."""

    def term(left, right, hold_left, hold_right):
        """Slopes of ((left)^2 - 2 mu left right + (right)^2)/2; each side is a tuple (value, by u, by v, by w)."""
        slopes = [0.0, 0.0, 0.0]
        for (value, *by), (other, *_), held in ((left, right, hold_left), (right, left, hold_right)):
            for i, b in enumerate(by):
                slopes[i] += 0 if held else (value - correlation * other) * b
        return np.array(slopes)

    def velocity(a, b, c):
        sample = {True: (c * a, c, 0, a), False: (a, 1, 0, 0)}
        label = {True: (c * b, 0, c, b), False: (b, 0, 1, 0)}
        if head == "shared":
            force = term(sample[True], label[False], False, stop in ("labels", "both"))
            force = force + term(sample[False], label[True], stop in ("samples", "both"), False)
        else:
            left, right = sample[head in ("samples", "both")], label[head in ("labels", "both")]
            if stop == "both":
                force = term(left, right, False, True) + term(left, right, True, False)
            else:
                force = term(left, right, stop == "samples", stop == "labels")
        return -force * np.array([1, 1, gamma])

    return velocity


@every_cell
def test_one_mode_moves_by_the_slopes_of_its_terms(table, head, stop):
    flow = table[head, stop].mode
    rng = np.random.default_rng(2)
    values, gamma, correlation = rng.standard_normal(3), 0.7, 0.4
    expected = pair_velocity(head, stop, correlation, gamma)(*values)
    at = dict(zip((u, v, w), values, strict=True)) | {mu: correlation, vocabulary.gamma: gamma}
    actual = [float(flow.velocity[x].subs(at)) for x in flow.state]
    assert_close(actual, expected[: len(actual)])


@every_cell
def test_fixed_points_are_complete_and_their_stability_is_that_of_dense_jacobians(table, head, stop):
    cell = table[head, stop]
    assert cell.points.completeness is Completeness.PROVED
    rng = np.random.default_rng(3)
    for judged in cell.stabilities:
        for _ in range(10):
            at = {x: rng.standard_normal() for x in cell.mode.state}
            at |= {mu: rng.uniform(0.05, 0.95), vocabulary.gamma: rng.uniform(0.2, 2)}
            place = {x: float(value.subs(at)) for x, value in judged.point.items()}
            assert max(abs(float(f.subs(at | place))) for f in cell.mode.velocity.values()) < 1e-12
            jacobian = np.array(cell.mode.jacobian().subs(at | place), dtype=float)
            moving = sorted(np.linalg.eigvals(jacobian), key=abs)[len(judged.zero_modes) :]
            if judged.verdict.value in ("stable", "depends on the conditions"):
                assert all(c.subs(at) == S.true for c in judged.conditions) == all(s.real < 0 for s in moving)


# -- shown -------------------------------------------------------------------------------------------------------------


def test_table_is_shown_as_text_latex_and_json(table):
    lines = str(table).splitlines()
    assert lines[5].split() == ["shared", "predictor", "C", "C‡", "C", "non-collapsed"]
    latex = table.to_latex()
    assert latex.count("{") == latex.count("}")
    assert latex.count("dagger") == 5
    cells = json.loads(table.to_json())["placements"]
    assert [(c["head"], c["stop"]) for c in cells] == CELLS
    assert all(c["witnessed"] for c in cells)


@every_cell
def test_simulated_numbers_are_never_shown_as_exact(table, head, stop):
    rows = table[head, stop].rows()
    measured = [r for r in rows if r.right is not None and not r.right.is_Integer and r.right.is_Float]
    assert {r.left for r in measured} == {"Y", "WY"}
    assert {r.sign for r in measured} == {r"\simeq"}


# -- refused -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coupling", [Coupling(np.eye(2)), Coupling([[1.0]])], ids=["classifiable", "one label"])
def test_coupling_without_anything_to_collapse_is_refused(coupling):
    with pytest.raises(InputError, match="connected coupling of at least two labels"):
        placement_table(coupling)


def test_unknown_cell_is_refused(table):
    with pytest.raises(InputError, match="choose one of each"):
        table["mlp", "both"]
