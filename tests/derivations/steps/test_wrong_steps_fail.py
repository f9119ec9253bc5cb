"""Steps of analyses hold, and a slip of the pen in any of their formulas makes them fail.

Where the wrong formula says the same as the right one, or something else that is true, :data:`EQUIVALENT` says why.
"""

import re
from dataclasses import replace

import mpmath
import pytest

from derivations.checks import Status
from derivations.steps.places import eigenvalues_of
from tests.derivations.slips import wrong_lines
from tests.derivations.steps.models import account

KINDS = [
    ("state", "one_mode", 1),
    ("state", "predictor", 2),
    ("state", "lorenz", 2),
    ("state", "competition", 4),
    ("state", "competition", 5),
    ("state", "quintic", 1),
    ("states", "competition", 0),
    ("stability", "predictor", 2),
    ("stability", "lorenz", 2),
    ("stability", "competition", 2),
    ("stability", "no_decay", 1),
    ("stability", "sanger", 4),
    ("bifurcation", "predictor", 2),
    ("bifurcation", "lorenz", 2),
    ("bifurcation", "competition", 4),
    ("bifurcation", "cubic", 1),
    ("rates", "one_mode", 2),
    ("certificate", "one_mode", 2),
    ("integrals", "predictor", 0),
    ("integrals", "predictor of matrices", 0),
    ("curl", "predictor of matrices", 0),
    ("curl", "lorenz", 0),
    ("whole", "spectral", 2),
    ("flow", "predictor of matrices", 0),
]
ANOTHER = "another state, by a symmetry"
NUMBERED = "eigenvalues are numbered, not ordered"
BOTH_ZERO = "both right sides are zero"
EQUAL = "both right sides are the same"
MIRRORED = "the same bifurcation with both species exchanged"
SCALE = "a polynomial that vanishes has no sign"
SET = "the conditions are a set"
EVERYWHERE = "a condition that always holds, where random numbers never meet the one that it stands for"
MULTIPLE = "a multiple of what fades at a rate fades at that rate"
ORDER = "what is left out has no sign"
EQUIVALENT = {
    "state/one_mode/1/state_1/0-1/exchanged": BOTH_ZERO,
    "state/one_mode/1/state_1/0-1/lefts-exchanged": BOTH_ZERO,
    "state/predictor/2/state_2/1/negated": ANOTHER,
    "state/lorenz/2/state_2/0-1/exchanged": EQUAL,
    "state/lorenz/2/state_2/0-1/lefts-exchanged": EQUAL,
    "state/competition/4/state_4/2/negated": EVERYWHERE,
    "state/competition/4/state_4/2/left-negated": EVERYWHERE,
    "state/competition/4/state_4/3-4/exchanged": BOTH_ZERO,
    "state/competition/4/state_4/3-4/lefts-exchanged": SET,
    "state/competition/5/state_5/1-2/exchanged": EQUAL,
    "state/competition/5/state_5/1-2/lefts-exchanged": EQUAL,
    "state/competition/5/state_5/1-3/exchanged": EQUAL,
    "state/competition/5/state_5/2-3/exchanged": EQUAL,
    "state/quintic/1/state_1/0-1/exchanged": BOTH_ZERO,
    "state/quintic/1/state_1/1/left-negated": SCALE,
    "stability/predictor/2/stability_2/0-1/exchanged": NUMBERED,
    "stability/predictor/2/stability_2/0-1/lefts-exchanged": NUMBERED,
    "stability/lorenz/2/stability_2/0-1/exchanged": BOTH_ZERO,
    "stability/lorenz/2/stability_2/0/left-negated": SCALE,
    "stability/competition/2/stability_2/0-1/exchanged": NUMBERED,
    "stability/competition/2/stability_2/0-1/lefts-exchanged": NUMBERED,
    "bifurcation/competition/4/bifurcation_4_1/0-1/exchanged": EQUAL,
    "bifurcation/competition/4/bifurcation_4_1/0-1/lefts-exchanged": MIRRORED,
    "bifurcation/competition/4/bifurcation_4_2/0-1/exchanged": EQUAL,
    "bifurcation/competition/4/bifurcation_4_2/0-1/lefts-exchanged": MIRRORED,
    "rates/one_mode/2/time_scales_2/0/term-2-negated": ORDER,
    "rates/one_mode/2/time_scales_2/1/term-2-negated": ORDER,
    "integrals/predictor/0/first_integrals/0/halved": MULTIPLE,
    "integrals/predictor/0/first_integrals/0/negated": MULTIPLE,
    "integrals/predictor of matrices/0/first_integrals/0/halved": MULTIPLE,
    "integrals/predictor of matrices/0/first_integrals/0/negated": MULTIPLE,
    "whole/spectral/2/whole_2/3-4/exchanged": EQUAL,
}


def slips(kind, name, number):
    for step in account(kind, name, number).steps:
        for where, lines in wrong_lines(step.after, "after"):
            yield f"{kind}/{name}/{number}/{step.name}/{where}", replace(step, after=tuple(lines))


@pytest.mark.parametrize(("kind", "name", "number"), KINDS)
def test_a_step_holds(kind, name, number):
    found = account(kind, name, number)
    assert found.steps
    for step in found.steps:
        outcome = step.verify().outcome
        assert outcome.status is Status.PASSED, (step.name, outcome)


@pytest.mark.parametrize(("kind", "name", "number"), KINDS)
def test_a_wrong_line_makes_it_fail(kind, name, number):
    found = {place: step.verify().outcome.status for place, step in slips(kind, name, number)}
    passed = {place for place, status in found.items() if status is Status.PASSED}
    assert passed == {place for place in EQUIVALENT if place.startswith(f"{kind}/{name}/{number}/")}


@pytest.mark.parametrize("diagonal", [-35, 2])
def test_eigenvalues_are_found_where_the_iteration_stands_still(diagonal):
    with mpmath.workdps(40):
        beside = mpmath.mpf("3.62663930309706240223030671249")
        circulant = mpmath.matrix(3, 3) + beside
        for i in range(3):
            circulant[i, i] = mpmath.mpf(diagonal)
        found = sorted(mpmath.re(v) for v in eigenvalues_of(circulant))
        expected = sorted([diagonal + 2 * beside, diagonal - beside, diagonal - beside])
        assert max(abs(f - e) for f, e in zip(found, expected, strict=True)) < mpmath.mpf(10) ** -30


def test_names_and_words_hold_no_mathematics_that_no_check_reads():
    for kind in KINDS:
        for step in account(*kind).steps:
            assert not re.search(r"\$[^$]*(<|>|\\le\b|\\ge\b|\\ne\b)[^$]*\$", step.statement), step.name
