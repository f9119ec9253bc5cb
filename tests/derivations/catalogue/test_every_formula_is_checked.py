"""Every formula shown is held by a check: a wrong one in its place, or a wrong engine behind it, makes its step fail.

A formula is put wrong as a slip of the pen does it: negated, halved, one term of a sum with the other sign, two right sides or
two left sides exchanged, another left side, a bound doubled, another relation between both sides, and for a zero something
else; a premise is left out; a step builds on another one than it says.  Where the wrong formula says the same as the right one,
:data:`EQUIVALENT` says why.
"""

import re
import sys
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import pytest
from sympy import Add, Integer, Trace, symbols

from derivations import closed_forms, derive, names
from derivations.catalogue.classifiable import steps as classifiable
from derivations.catalogue.model import derive_model
from derivations.catalogue.stop_gradient import evidence as stop_gradient_evidence
from derivations.catalogue.stop_gradient import steps as stop_gradient
from derivations.checks import Status
from derivations.closed_forms.reduced import all_modes, star_loss
from derivations.engine import Derivation, broken_link
from tests.derivations.catalogue.wrong_solvers import WRONG_SOLVERS
from tests.derivations.slips import wrong_lines
from theory import Coupling, Flow, Loss, sg
from theory.calculus import gradients
from theory.coupling.symmetric import Orbit
from theory.lowering import LoweredFlow
from theory.models import vocabulary
from theory.stopgrad import block_markers

x, y, w = symbols("x y w", real=True)
gamma = symbols("gamma", positive=True)
OWN = Loss((w * x - sg(y)) ** 2 / 2 + (w * y - sg(x)) ** 2 / 2, state=(x, y, w), mobility={w: gamma})
NAMES = (*names(), "own")
SIDES = ("after", "before", "given")

SQUARES = "enters by its square"
ONE_MASS = "both signs have one mass"
EVEN = "a determinant of two rows is even"
TURNED_OVER = "what rests does so under the loss turned over"
BOTH_ZERO = "both right sides are zero"
ROOTS = "enters by its roots"
AT_REST = "what rests does so under the velocity turned over"
A_MULTIPLE = "any multiple of a conserved quantity is conserved"
INEQUALITY = re.compile(r"\$[^$]*(<|>|\\le\b|\\ge\b|\\ll\b|\\gg\b|\\ne\b|\\succ)[^$]*\$")
EQUIVALENT = {
    "ageing/mass/given/0/negated": A_MULTIPLE,
    "cosine/rest/after/0-1/exchanged": "both right sides are zero",
    "cosine/rest/after/0-1/lefts-exchanged": "both right sides are zero",
    "cosine_head/ends/before/0/negated": SQUARES,
    "cosine_head/ends/before/1/negated": SQUARES,
    "cosine_head/integrals/after/0-1/exchanged": "both right sides are zero",
    "cosine_head/integrals/after/0-1/lefts-exchanged": "both right sides are zero",
    "cosine_head/integrals/given/3/negated": A_MULTIPLE,
    "cosine_head/integrals/given/4/negated": A_MULTIPLE,
    "cosine_head/rest/before/0/negated": AT_REST,
    "cosine_head/rest/before/1/negated": AT_REST,
    "cosine_head/spread/before/0/negated": SQUARES,
    "cosine_head/spread/before/1/negated": SQUARES,
    "cosine_head/collapsed/after/0-1/exchanged": "the two rates are numbered, not ordered",
    "cosine_head/collapsed/after/0-1/lefts-exchanged": "the two rates are numbered, not ordered",
    "decay_stability/rule/after/2-3/exchanged": "both right sides are zero",
    "decay_stability/rule/after/2-3/lefts-exchanged": "the conditions are a set",
    "frustration_pairs/two_time_scales/after/2-3/exchanged": "the two fast rates are numbered, not ordered",
    "frustration_pairs/two_time_scales/after/2-3/lefts-exchanged": "the two fast rates are numbered, not ordered",
    "frustration_pairs/separation/before/3/negated": SQUARES,
    "frustration_pairs/separation/before/4/negated": SQUARES,
    "frustration_pairs/separation/before/5/negated": SQUARES,
    "frustration_uniform/separation/before/2/negated": SQUARES,
    "frustration_uniform/separation/before/3/negated": SQUARES,
    "frustration_uniform/plateaus/before/0/negated": "the slow rate is zero where nothing is frustrated",
    "frustration_uniform/plateaus/before/2/negated": SQUARES,
    "frustration_uniform/plateaus/before/3/negated": SQUARES,
    "non_conservative/no_metric_beside_turned_heads/given/1/negated": "no head moves beside modes that are zero",
    "one_mode/hyperbola/given/1/negated": SQUARES,
    "one_mode/hyperbola/given/2/negated": SQUARES,
    "stop_gradient/equal_decays/before/0/negated": "any multiple of what decays falls at the same rate",
    "stop_gradient/zero_head/before/0/negated": "no mode moves beside a head that is zero",
    "plain_mobilities/own_sector/before/1/negated": ROOTS,
    "plain_mobilities/labels/before/0/negated": ROOTS,
    "plain_mobilities/labels/before/1/negated": SQUARES,
    "teacher_student/few_samples/before/0/negated": SQUARES,
    "teacher_student/few_samples/after/0-1/exchanged": "exact for one target and leading order for another, in one formula",
    "redundancy_reduction/apart/before/0/negated": EVEN,
    "redundancy_reduction/between/before/0/negated": TURNED_OVER,
    "redundancy_reduction/lengths/after/0-1/exchanged": BOTH_ZERO,
    "redundancy_reduction/lengths/after/0-1/lefts-exchanged": BOTH_ZERO,
    "redundancy_reduction/lengths/before/0/negated": TURNED_OVER,
    "redundancy_reduction/tilted/before/0/negated": TURNED_OVER,
    "variance_hinge/apart/before/0/negated": EVEN,
    "variance_hinge/equal/before/0/negated": EVEN,
    "variance_hinge/equal/before/2/negated": SQUARES,
    "variance_hinge/kink/after/3-4/exchanged": BOTH_ZERO,
    "variance_hinge/shared/before/0/negated": TURNED_OVER,
    "weak_frustration/leading_order/before/0/negated": "a matrix and its negative take the same patterns to zero",
    "weight_decay/heads/after/2-3/exchanged": "two forms of one amplitude",
    "weight_decay/heads/before/0/negated": AT_REST,
    "weight_decay/heads/before/1/negated": AT_REST,
    "weight_decay/simplex/before/0/negated": SQUARES,
    "phase_line/potential/given/3/negated": "the hop enters squared",
    "single_site/closure/before/0/negated": SQUARES,
    "single_site/linear/after/0-1/exchanged": ONE_MASS,
    "single_site/linear/after/0-1/lefts-exchanged": ONE_MASS,
    "single_site/linear/after/3-4/exchanged": ONE_MASS,
    "single_site/linear/after/3-4/lefts-exchanged": ONE_MASS,
    "own/first_integrals/after/0/negated": A_MULTIPLE,
    "own/first_integrals/after/0/halved": A_MULTIPLE,
}


@dataclass(frozen=True)
class Slip:
    """A step with one formula put wrong."""

    place: str
    derivation: str
    step: str
    changes: dict[str, tuple]

    def __str__(self):
        return self.place

    def status(self) -> Status:
        return replace(derived(self.derivation)[self.step], **self.changes).verify().outcome.status


@cache
def derived(name: str) -> Derivation:
    return derive_model(OWN, name) if name == "own" else derive(name)


@cache
def slips(name: str) -> tuple[Slip, ...]:
    """Each right side of a derivation put wrong in each way, and each left side that is a formula."""
    return tuple(
        Slip(f"{name}/{step.name}/{side}/{where}", name, step.name, {side: lines})
        for step in derived(name).steps
        for side in SIDES
        for where, lines in wrong_lines(getattr(step, side), side)
    )


ENDS: dict[str, object] = {}


# -- as they stand ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_every_step_of_the_catalogue_passes(checked, name):
    for row in checked[name][1]:
        outcome = row.outcome
        assert outcome.status is Status.PASSED, (row.step, outcome.detail)
        assert outcome.residual is None or 0 <= outcome.residual <= outcome.tolerance, row.step


def test_every_derivation_of_the_catalogue_passes(checked):
    assert {name: verification.passed for name, (_, verification) in checked.items()} == dict.fromkeys(names(), True)


def test_the_derivation_of_a_loss_of_ones_own_passes():
    verification = derived("own").verify()
    assert verification.passed, str(verification)


@pytest.fixture
def ends_made_once(monkeypatch):
    """Where simulations end that a step is compared with depends on no formula of the step: each is made once."""
    made, make = ENDS, stop_gradient_evidence._ModalEnd

    def remembered(rng):
        start = str(rng.bit_generator.state)
        if start not in made:
            made[start] = make(rng)
        return made[start]

    monkeypatch.setattr(stop_gradient_evidence, "_ModalEnd", remembered)


# -- with a slip of the pen -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("ends_made_once")
@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_formula_makes_its_step_fail(name):
    found = {str(slip): slip.status() for slip in slips(name) if str(slip) not in EQUIVALENT}
    assert {place: status for place, status in found.items() if status is not Status.FAILED} == {}


def test_equivalent_formulas_still_pass():
    """One that does not is no longer equivalent, and has to go from the table; one that is put wrong nowhere too."""
    slip_of = {str(slip): slip for name in NAMES for slip in slips(name)}
    assert {place: slip_of[place].status() for place in EQUIVALENT} == dict.fromkeys(EQUIVALENT, Status.PASSED)


@pytest.mark.parametrize("name", NAMES)
def test_slips_are_told_apart_by_their_names(name):
    assert len(set(map(str, slips(name)))) == len(slips(name)) > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_shown_line_is_put_wrong_somewhere(name):
    shown = {f"{name}/{s.name}/{side}/{k}" for s in derived(name).steps for side in SIDES for k in range(len(getattr(s, side)))}
    assert shown <= {str(slip).rsplit("/", 1)[0] for slip in slips(name)}


@pytest.mark.parametrize("name", NAMES)
def test_left_sides_are_formulas(name):
    """What a left side is called in words alone cannot be looked up by a check."""
    in_words = [f"{s.name}/{side}: {line.left}" for s in derived(name).steps for side in SIDES for line in getattr(s, side)
                if isinstance(line.left, str)]  # fmt: skip
    assert in_words == []


@pytest.mark.parametrize("name", NAMES)
def test_inequalities_are_lines(name):
    """None stands in a statement or among the assumptions, where nothing checks it."""
    said = [(s.name, text) for s in derived(name).steps for text in (s.statement, *s.assumptions) if INEQUALITY.search(text)]
    assert said == []


@pytest.mark.parametrize("name", NAMES)
def test_a_step_builds_on_what_it_says(name):
    derivation = derived(name)
    for step in derivation.steps:
        used = {name: derivation[name].after for name in step.uses}
        assert broken_link(step, used) is None, step.name
        others = [s for s in derivation.steps if s.name not in step.uses and not any(line in step.before for line in s.after)]
        for other in others:
            assert broken_link(step, used | {other.name: other.after}), (step.name, other.name)
        for name in step.uses:
            without = {known: lines for known, lines in used.items() if known != name}
            again = any(line in lines for lines in without.values() for line in derivation[name].after if line in step.before)
            assert again or broken_link(step, without), (step.name, name)


# -- with a wrong engine ----------------------------------------------------------------------------------------------


def _doubled_energy(a, b):
    """The coupling energy without its halves."""
    return Trace(a * vocabulary.D_x * a.T) - 2 * Trace(a * vocabulary.J * b.T) + Trace(b * vocabulary.D_y * b.T)


def _downhill_for_up(expression, symbols, context):
    return {symbol: -slope for symbol, slope in gradients(expression, symbols, context).items()}


def _doubled_targets(expression):
    blocked, contents = block_markers(expression)
    return blocked, {symbol: 2 * content for symbol, content in contents.items()}


def _without_mobilities(loss):
    return loss_flow(loss.with_parts(mobility={}))


def _last_term_turned(integrals):
    def changed(flow, degree=2):
        return tuple(q.func(*q.args[:-1], -q.args[-1]) for q in integrals(flow, degree))

    return changed


def _without_frustrated_samples(orbit, labels):
    return label_degree_of(orbit, labels) if orbit.size == 1 else Integer(0)


def _with_both_counted(orbit, labels):
    return orbit.count_containing(labels, 1)


loss_flow, integrals_of, derivative_along, curl_form, jacobian_of = (
    Loss.gradient_flow, Flow.conserved, Flow.time_derivative, Flow._curl_form, Flow.jacobian,
)  # fmt: skip
lowered_velocity, modes_of, label_degree_of = LoweredFlow.velocity, Coupling.modes, Orbit.label_degree

WRONG_ENGINES = {
    "coupling energy without its halves, embeddings": (
        [(import_module("theory.models.embedding"), "coupling_energy", _doubled_energy)],
        {
            "embedding": ["loss"],
            "classifiable": ["class_flow"],
            "frustration_uniform": ["spectrum", "rates"],
            "weight_decay": ["critical_fraction"],
            "plain_mobilities": ["equal_rates"],
        },
    ),
    "coupling energy without its halves, head": (
        [(import_module("theory.models.head"), "coupling_energy", _doubled_energy)],
        {
            "projection_head": ["loss", "modes"],
            "stop_gradient": ["loss", "mode_flow"],
            "plain_mobilities": ["flow"],
        },
    ),
    "coupling energy without its halves, two views": (
        [(import_module("theory.models.two_views"), "coupling_energy", _doubled_energy)],
        {"whitening": ["modes", "spectrum", "collapse", "squared_distances", "critical_fraction"]},
    ),
    "gradient of the wrong sign": (
        [(import_module("theory.loss"), "gradients", _downhill_for_up)],
        {
            "cosine_head": ["flow", "small_angles", "rates", "angles", "apart", "decay"],
            "embedding": ["flow"],
            "classifiable": ["class_rates"],
            "projection_head": ["gradient_flow", "contraction"],
            "stop_gradient": ["stop_gradient_flow", "deleted"],
            "stop_gradient_stability": ["perturbation", "spectrum", "absent_modes"],
            "decay_stability": ["state", "pair_sector", "spectrum", "slow_decay"],
            "teacher_student": ["flow", "modes"],
            "dmft": ["samples"],
        },
    ),
    "targets that come back doubled": (
        [(import_module("theory.loss"), "block_markers", _doubled_targets)],
        {
            "cosine_head": ["rates", "following", "angles"],
            "stop_gradient": ["stop_gradient_flow", "deleted", "mode_flow"],
            "weight_decay": ["mode_flow", "heads", "own_sector", "saddle_node", "collapse"],
            "decay_stability": ["state", "own_sector", "pair_sector", "cubic", "spectrum", "slow_decay"],
            "plain_mobilities": ["flow"],
        },
    ),
    "mobilities forgotten": (
        [(Loss, "gradient_flow", _without_mobilities)],
        {"embedding": ["flow", "laplacian"], "projection_head": ["gradient_flow"]},
    ),
    "first integrals with a wrong sign": (
        [(Flow, "conserved", _last_term_turned(integrals_of))],
        {
            "embedding": ["centroids"],
            "classifiable": ["centroids", "no_collapse"],
            "stop_gradient": ["conserved_matrix", "equal_decays"],
            "one_mode": ["hyperbola", "survival"],
        },
    ),
    "half the derivative along the flow": (
        [(Flow, "time_derivative", lambda flow, q: derivative_along(flow, q) / 2)],
        {"cosine": ["lengths"], "embedding": ["dissipation"], "whitening": ["descent"]},
    ),
    "curl of the wrong sign": (
        [(Flow, "_curl_form", lambda flow, *blocks: -curl_form(flow, *blocks))],
        {"non_conservative": ["curl"]},
    ),
    "jacobian of the wrong sign": (
        [(Flow, "jacobian", lambda flow: -jacobian_of(flow))],
        {"classifiable": ["class_rates"], "frustration_uniform": ["spectrum", "rates", "normalised_rates", "collapse"]},
    ),
    "lowered velocity of the wrong sign": (
        [(LoweredFlow, "velocity", lambda lowered, t, state: -lowered_velocity(lowered, t, state))],
        {
            "cosine": ["clock", "ring", "angles"],
            "cosine_head": ["angles", "decay", "without_stop"],
            "projection_head": ["modes", "decay"],
            "stop_gradient": ["mode_flow"],
            "mean_field_head": ["finite_steps"],
            "whitening": ["modes", "collapse", "squared_distances"],
            "redrawn_labels": ["flow"],
            "coding_rates": ["modes", "decay"],
            "spectral_contrastive": ["modes"],
        },
    ),
    "canonical correlations squared": (
        [(Coupling, "modes", lambda coupling, k=None: modes_of(coupling, k) ** 2)],
        {
            "frustration_uniform": ["normalised_rates"],
            "frustration_pairs": ["normalised_rates"],
            "plain_mobilities": ["equal_rates", "heads"],
        },
    ),
    "labels without the pull of the frustrated samples": (
        [(Orbit, "label_degree", _without_frustrated_samples)],
        {
            "frustration_uniform": ["common_sector", "difference_sector", "spectrum"],
            "frustration_pairs": ["common_sector", "difference_sector", "spectrum", "two_time_scales"],
            "weight_decay": ["critical_fraction"],
            "plain_mobilities": ["critical_fraction"],
        },
    ),
    "pairs that contain both labels counted as separating them": (
        [(Orbit, "count_separating", _with_both_counted)],
        {"frustration_pairs": ["counting", "difference_sector", "spectrum", "two_time_scales", "separation"]},
    ),
    "star with doubled energy": (
        [(classifiable, "star_loss", lambda: star_loss().with_parts(expression=2 * star_loss().expression))],
        {"classifiable": ["class_flow", "class_rates", "wrong_labels"]},
    ),
    "modes without their targets' part": (
        [(stop_gradient, "all_modes", lambda: all_modes().with_parts(expression=Add(*all_modes().expression.args[1:])))],
        {"stop_gradient": ["mode_flow"]},
    ),
}

WRONG_ENGINES |= WRONG_SOLVERS


def forget_closed_forms():
    """What was derived or solved before was so by the right engine, and what is now is not to be kept."""
    forms = [import_module(found.name) for found in iter_modules(closed_forms.__path__, f"{closed_forms.__name__}.")]
    evidence = [module for name, module in sys.modules.items() if name.startswith("derivations.catalogue.")]
    for module in (*forms, *evidence):
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@pytest.fixture
def engine_on_trial():
    forget_closed_forms()
    yield
    forget_closed_forms()


def freshly_derived(name: str) -> Derivation:
    """What the catalogue has made before was made by the right engine."""
    return derive.__wrapped__(name)


@pytest.mark.usefixtures("engine_on_trial")
@pytest.mark.parametrize(("changes", "caught"), WRONG_ENGINES.values(), ids=WRONG_ENGINES)
def test_a_wrong_engine_makes_steps_fail(monkeypatch, changes, caught):
    for change in changes:
        monkeypatch.setattr(*change)
    for name, steps in caught.items():
        wrong = freshly_derived(name)
        assert {step: wrong[step].verify().outcome.status for step in steps} == dict.fromkeys(steps, Status.FAILED)


@pytest.mark.usefixtures("engine_on_trial")
def test_a_flow_that_stops_nothing_cannot_be_derived(monkeypatch):
    monkeypatch.setattr(Loss, "stop_gradient_flow", loss_flow)
    with pytest.raises(ValueError, match="unpack"):  # the conserved matrix is gone
        assert freshly_derived("stop_gradient").steps
