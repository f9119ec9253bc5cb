"""Theory beside runs: what is right agrees, and each kind of planted error is a row that fails."""

from dataclasses import replace

import numpy as np
import pytest
from sympy import Eq, Rational, S, exp

from derivations.analysis.conserved import Conserved
from derivations.studies.comparison import compare_with_runs
from derivations.studies.drawn_models import draw_model
from derivations.studies.findings import Findings
from derivations.studies.following import Outcome
from derivations.studies.kept_quantities import quantity_agreements
from derivations.studies.thresholds import ThresholdStudy
from derivations.studies.whole_runs import Scene
from tests.derivations.studies import models


def _failing(found: Findings) -> list[str]:
    return [row.quantity for row in compare_with_runs(found).table if not row.holds]


@pytest.mark.parametrize("model", [models.pitchfork, models.one_mode, models.spectral, models.two_layers])
def test_closed_forms_agree_with_runs_of_the_whole_model(model):
    compared = compare_with_runs(model())
    assert not _failing(model())
    kinds = {row.quantity.split(",")[0].split(" ")[-1] for row in compared.table}
    assert len(compared.table) >= 4, kinds
    assert all(row.tolerance < 0.01 * max(1, abs(row.predicted.middle)) for row in compared.table)


def test_the_row_of_an_end_has_the_closed_form_at_the_numbers_of_its_mode():
    rows = {row.quantity.split(" (")[0]: row for row in compare_with_runs(models.spectral()).table}
    end = rows["f at rest in state 2"]
    (value,) = end.at.values()
    assert str(end.formula) == "sqrt(a)"
    assert abs(end.predicted.middle - float(value) ** 0.5) < 1e-14
    assert abs(end.simulated - float(value) ** 0.5) < 1e-7


def test_every_mode_of_a_whole_run_has_its_own_state_and_the_loss_falls():
    for run in compare_with_runs(models.spectral()).runs:
        for k, mode in enumerate(run.modes):
            if run.ends[k].state == 2:
                (f,) = (values[-1, k] for values in run.amplitudes.values())
                assert abs(f**2 - float(*mode.values())) < 1e-6
        assert (np.diff(run.loss) < 1e-9).all()


def _with_values(found: Findings, factor) -> Findings:
    """All states moved away from zero by a factor that is wrong."""
    points = tuple(replace(p, values={x: v * factor for x, v in p.values.items()}) for p in found.points)
    moved = replace(found.points, points=points)
    return replace(found, points=moved, states=tuple(replace(s, point=p) for s, p in zip(found.states, points, strict=True)))


@pytest.mark.parametrize("model", [models.pitchfork, models.spectral])
def test_a_state_that_is_off_by_a_thousandth_is_noticed(model):
    assert any("at rest in state 2" in quantity for quantity in _failing(_with_values(model(), Rational(1001, 1000))))


def test_an_eigenvalue_that_is_off_by_a_thousandth_is_noticed():
    found = models.pitchfork()
    wrong = tuple(
        replace(s, stability=replace(s.stability, eigenvalues=tuple(1001 * e / 1000 for e in s.stability.eigenvalues)))
        for s in found.states
    )
    assert _failing(replace(found, states=wrong)) == [
        "fastest growth, state 1",
        "slowest rate, state 2",
        "slowest rate, state 3",
    ]


def test_a_rate_of_a_sector_that_is_wrong_is_noticed():
    found = models.spectral()
    state = found.states[1]
    sectors = tuple(
        s and replace(s, eigenvalues=tuple(e + Rational(1, 100) for e in s.eigenvalues)) for s in state.whole.stabilities
    )
    wrong = replace(state, whole=replace(state.whole, stabilities=sectors))
    assert _failing(replace(found, states=(found.states[0], wrong, found.states[2]))) == [
        "slowest rate, state 2, two modes",
        "slowest rate, state 2, mode, absent mode",
        "fastest growth, state 2, empty direction, absent mode",
    ]


@pytest.mark.parametrize("factor", [Rational(98, 100), Rational(102, 100), Rational(3, 2)])
def test_a_threshold_that_is_off_by_two_hundredths_is_noticed(factor):
    found = models.one_mode()

    def wrong(bifurcation):
        return replace(bifurcation, critical=Eq(bifurcation.critical.lhs, factor * bifurcation.critical.rhs))

    states = tuple(
        replace(s, stability=replace(s.stability, bifurcations=tuple(map(wrong, s.stability.bifurcations))))
        for s in found.states
    )
    assert all(row.holds for row in ThresholdStudy(found, []).agreements())
    rows = list(ThresholdStudy(replace(found, states=states), []).agreements())
    assert not rows or not all(row.holds for row in rows)


def _quantity_rows(found: Findings, *kept: Conserved) -> list:
    held = replace(found, conserved=kept)
    return list(quantity_agreements(Scene(held, draw_model(held, np.random.default_rng(0)))))


@pytest.mark.parametrize("rate", [0, models.lam])
def test_quantities_stay_or_follow_their_rate_along_runs_of_the_matrices(rate):
    found = models.two_layers(decay=rate)
    U, V = found.subject.flow.state
    held, rest = U.T * U - V * V.T, -2 * rate
    (row,) = _quantity_rows(found, Conserved(held, S(rest)))
    assert row.holds
    assert row.tolerance < 1e-4 * abs(row.predicted.middle)
    assert row.formula.has(exp) is (rate != 0)
    (wrong,) = _quantity_rows(found, Conserved(held, S(rest) - Rational(1, 1000)))
    assert not wrong.holds
    (wrong,) = _quantity_rows(found, Conserved(held + U.T * U / 1000, S(rest)))
    assert not wrong.holds


def test_runs_that_do_not_rest_are_said_with_period_or_time():
    centre = compare_with_runs(models.findings_of(models.CENTRE, {"omega": 2}))
    assert "returns after T = 3.14159" in "".join(centre.table.notes)
    exploded = compare_with_runs(models.findings_of(models.EXPLOSION, {}))
    assert {run.ending.outcome for run in exploded.runs} <= {Outcome.BLOW_UP, Outcome.MOVING}
    assert "blew up at t = " in "".join(exploded.table.notes)


def test_a_comparison_is_text_latex_and_plain_values():
    import json

    compared = compare_with_runs(models.pitchfork())
    assert json.loads(json.dumps(compared.to_dict(), allow_nan=False))["table"]["holds"] is True
    assert "sqrt(r - c)" in str(compared.table)
    assert r"\sqrt" in compared.table.to_latex()
