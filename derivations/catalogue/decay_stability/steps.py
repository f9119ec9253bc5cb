"""The steps of the derivation, with their checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, ImmutableMatrix, Matrix, S, Symbol

from derivations.analysis.modes.reduction import Reduction
from derivations.catalogue.decay_stability import evidence
from derivations.catalogue.decay_stability.condition import boundary_steps, coefficients, condition_steps
from derivations.catalogue.decay_stability.cycle import cycle_steps
from derivations.catalogue.points import unit_point
from derivations.catalogue.written import matrix_lines, ordered_sum
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics
from derivations.closed_forms.decaying import UNITS, decaying_modes, flow_in_units, own_sector
from derivations.closed_forms.pair import PAIR, pair_sector, pair_sectors
from derivations.closed_forms.reduced import flow_along, jacobian_sectors
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    V,
    c_0,
    c_1,
    c_2,
    chi_1,
    chi_2,
    chi_12,
    chi_J,
    delta,
    k,
    mu,
    mu_1,
    mu_2,
    mu_3,
    nu,
    omega,
    omega_1,
    omega_2,
    p,
    s,
    tau,
    v,
    w,
)
from theory.models.vocabulary import W, kappa, lam

PAIR_OF_DIRECTIONS, OTHERS = ("W_12",), ("v_13", "v_33", "W_33", "W_13")
PAIR_LINES = tuple(Line(q, e) for q, e in PAIR.items())
GROWS = omega_1 * (mu_1 - mu_3)
OCCUPIED = "Directions 1 and 2 hold modes 1 and 2, direction 3 is empty, mode 3 is absent: $v_3=0$."


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    states = _state_steps()
    known = Lines(line for step in states for line in step.after)
    return (*states, *_sector_steps(known), *condition_steps(), *boundary_steps(), *cycle_steps())


def characteristic_polynomial(matrix: Matrix) -> Expr:
    """Its characteristic polynomial in s."""
    return matrix.charpoly(s).as_expr(s)


def _state_steps() -> tuple[Step, ...]:
    reduction = flow_along(flow_in_units())
    moving = velocity_lines(flow_in_units().stop_gradient_flow())
    at_rest = (*velocity_lines(reduction.flow), Line(mu, omega + 1 / omega), Line(v**2, omega**2), Line(w, omega))
    return (_units_step(moving), _state_step(reduction, moving, at_rest), _own_sector_step(at_rest))


def _units_step(moving: Lines) -> Step:
    whole = decaying_modes().stop_gradient_flow()
    return Step(
        "units",
        "Time in units of $1/\\lambda$, head and correlations in units of $\\sqrt\\lambda$ and amplitudes in units of "
        "$\\sqrt{\\kappa/\\gamma}$ leave one number, $k$. The mobility of the head is no part of it.",
        "Insert $t=t'/\\lambda$, $W=\\sqrt\\lambda\\,W'$, $\\mu=\\sqrt\\lambda\\,\\mu'$, $V=\\sqrt{\\kappa/\\gamma}\\,V'$; "
        "drop the primes.",
        given=(*velocity_lines(whole), Line(k, kappa / lam)),
        after=moving,
        assumptions=("The modes with both decays, mobilities inverse to the degrees: see the derivation of weight decay.",),
        check=lambda given, after: (
            Descent(decaying_modes(), given.of(dot(V), dot(W)).rights, unit_point, stopped=True),
            AtRandomPoints(_velocities_in_units(given, after), unit_point),
        ),
    )


def _state_step(reduction: Reduction, moving: Lines, at_rest: tuple[Line, ...]) -> Step:
    return replace(
        reduction.step,
        name="state",
        statement="A mode rests along a direction of its own: there its correlation and its amplitude are functions of its "
        "head $\\omega$, which is $w/\\sqrt\\lambda$ in other units.",
        reason="Insert the form, and set both velocities to zero where the amplitude is not.",
        before=moving,
        given=reduction.step.given[len(moving) :],
        after=at_rest,
        uses=("units",),
        assumptions=(),
        check=lambda premises, after: (
            *reduction.check(premises, after),
            Identity(tuple((velocity, 0) for velocity in _rest_velocities(after))),
        ),
    )


def _own_sector_step(at_rest: tuple[Line, ...]) -> Step:
    return Step(
        "own_sector",
        "Its own head and amplitude return to rest on the upper of the two solutions for $\\omega$, and only there.",
        "Trace $\\tau$ and determinant $\\delta$ of the Jacobian of the two velocities; the trace is negative.",
        before=at_rest,
        given=(Line(omega**2, S.One, ">"),),
        after=(*map(Line, (tau, delta), own_sector()), Line(delta, S.Zero, ">")),
        uses=("state",),
        check=lambda before, after: (
            after[:2].same(_trace_and_determinant(before)),
            Numerics(
                lambda rng: evidence.own_sector(rng, before, after),
                1e-9,
                "a dense Jacobian of one mode, whose eigenvalues are negative where and only where it is assumed",
                reads=after.bounds,
            ),
        ),
    )


def _velocities_in_units(given: Lines, after: Lines) -> tuple:
    """Old velocities at scaled arguments, and new velocities in the old units."""
    arguments = {symbol: unit * symbol for symbol, unit in UNITS.items()}
    return tuple((given[dot(b)].xreplace(arguments), lam * UNITS[b] * after[dot(b)].xreplace({k: given[k]})) for b in (V, W))


def _rest_velocities(known: Lines) -> list[Expr]:
    """Both velocities, the first without its factor v, at rest."""
    resting = {v**2: known[v**2], mu: known[mu]}
    return [e.expand().xreplace(resting).subs(w, known[w]).expand() for e in ((known[dot(v)] / v).expand(), known[dot(w)])]


def _trace_and_determinant(known: Lines) -> Lines:
    """Those of the Jacobian of head and amplitude at rest."""
    matrix = Matrix(known.of(dot(v), dot(w)).rights).jacobian([v, w])
    found = (e.expand().subs(v**2, known[v**2]).subs({w: known[w], mu: known[mu]}) for e in (matrix.trace(), matrix.det()))
    return Lines(map(Line, (tau, delta), found))


def _linear_lines(found: dict[tuple, Matrix], shown: tuple[str, ...]) -> Lines:
    """The linear velocities of the sectors that begin with the entries shown."""
    by_first = {str(names[0]): (names, matrix) for names, matrix in found.items()}
    return Lines(line for name in shown for line in matrix_lines(*by_first[name]))


def _sector_steps(known: Lines) -> tuple[Step, ...]:
    found = pair_sectors()
    grows = Line(GROWS, 1 + omega_1 * (omega_1 - mu_3))
    turning, others = _linear_lines(found, PAIR_OF_DIRECTIONS), (*_linear_lines(found, OTHERS), grows)
    cubic = (Line(chi_12, s * ordered_sum(s**3, c_2 * s**2, c_1 * s, c_0)), *coefficients())
    return (
        _pair_sector_step(known, turning),
        _other_sectors_step(known, others),
        _cubic_step(turning, cubic),
        _spectrum_step(known.of(tau, delta)[:2], others, cubic),
    )


def _pair_sector_step(known: Lines, turning: Lines) -> Step:
    names, _ = pair_sector()
    return Step(
        "pair_sector",
        "Small entries off the diagonal move by pairs of directions. $W_{12}$, $W_{21}$, the component $v_{12}$ of mode 2 "
        "along direction 1, and $v_{21}$ move each other and nothing else.",
        "Linearise at rest. Turning a direction over, together with the mode on it, changes nothing: entries that change "
        "sign under different turns do not mix.",
        before=known.of(dot(V), dot(W), mu, w),
        given=(Line(v, omega),),
        after=turning,
        uses=("units", "state"),
        assumptions=(OCCUPIED, r"A turned mode is the same state."),
        check=lambda before, after: (
            after.same(_linear_lines(_at_pair(before), PAIR_OF_DIRECTIONS)),
            Numerics(lambda rng: evidence.pair_matrices(rng, after, names), 1e-10, "a dense Jacobian of all entries"),
        ),
    )


def _other_sectors_step(known: Lines, others: tuple[Line, ...]) -> Step:
    return Step(
        "other_sectors",
        "An absent mode grows on direction 1 where $\\omega_1(\\mu_1-\\mu_3)$ is negative. An empty direction is stable: "
        "its eigenvalues are negative, but for the zero of a rotation.",
        "The remaining connected blocks of the same Jacobian.",
        before=known.of(dot(V), dot(W), mu, w),
        given=(Line(v, omega),),
        after=others,
        uses=("units", "state"),
        assumptions=(OCCUPIED,),
        check=lambda before, after: (
            after[:-1].same(_linear_lines(_at_pair(before), OTHERS)),
            Identity(((GROWS.subs(mu_1, before[mu].subs(omega, omega_1)), after[GROWS]),)),
        ),
    )


def _cubic_step(turning: Lines, cubic: tuple[Line, ...]) -> Step:
    names, _ = pair_sector()
    return Step(
        "cubic",
        "The characteristic polynomial of a pair is that of a rotation of both directions, which costs nothing, times a "
        "cubic in the product and the squared difference of the heads.",
        "Characteristic polynomial, symmetric in both heads.",
        before=turning,
        given=PAIR_LINES,
        after=cubic,
        uses=("pair_sector",),
        check=lambda before, after: Identity(
            (
                (
                    after[chi_12].xreplace(after.of(c_2, c_1, c_0).mapping).subs(before.of(p, nu).mapping),
                    characteristic_polynomial(_matrix(before, names)),
                ),
            )
        ),
    )


def _spectrum_step(own: Lines, others: tuple[Line, ...], cubic: tuple[Line, ...]) -> Step:
    return Step(
        "spectrum",
        "Own, pair, empty and absent sectors hold all eigenvalues. Each further direction or mode adds its factors.",
        "Multiply the characteristic polynomials.",
        before=(*own, *others, *cubic),
        given=PAIR_LINES,
        after=(*_of_owners(own), Line(chi_J, _whole_determinant())),
        uses=("own_sector", "other_sectors", "cubic"),
        assumptions=(OCCUPIED,),
        check=lambda before, after: (
            after[:2].same(_of_owners(before)),
            Identity(((after[chi_J], chi_1 * chi_2 * chi_12 * _of_others(before)),)),
            Numerics(
                lambda rng: evidence.determinants(rng, before, after), 1e-9, "dense determinants of the Jacobian of all entries"
            ),
        ),
    )


def _at_pair(known: Lines) -> dict[tuple, Matrix]:
    """The blocks of the Jacobian where two modes rest and a third is absent."""
    rest, head, correlations = (
        ImmutableMatrix.diag(*(known[e].subs(omega, o) for o in (omega_1, omega_2)), last)
        for e, last in ((v, 0), (w, 0), (mu, mu_3))
    )
    return jacobian_sectors(known.of(dot(V), dot(W)).rights, rest, head, correlations)


def _matrix(known: Lines, names: Sequence[Symbol]) -> Matrix:
    """The matrix of linear velocities of some entries."""
    return Matrix(known.of(*map(dot, names)).rights).jacobian(names)


def _of_owners(known: Lines) -> Lines:
    """The characteristic polynomials of both directions with their own modes."""
    trace, determinant = (known[e] for e in (tau, delta))
    own = ordered_sum(s**2, -trace * s, determinant)
    return Lines(Line(chi, own.subs(omega, o)) for chi, o in ((chi_1, omega_1), (chi_2, omega_2)))


def _of_others(known: Lines) -> Expr:
    """Those of the empty direction, and of the absent mode, with both occupied ones."""
    names = {str(block[0]): block for block in pair_sectors()}
    absent, aside, head, turned = (characteristic_polynomial(_matrix(known, names[first])) for first in OTHERS)
    first = (absent - known[GROWS] + GROWS).expand() * turned
    return first * first.subs({omega_1: omega_2, mu_1: mu_2}) * aside * head


def _whole_determinant() -> Expr:
    empty = s * (s + k + 1)
    parts = (empty * (s + k * (1 + o**2)) * (s + o * (m - mu_3)) for o, m in ((omega_1, mu_1), (omega_2, mu_2)))
    first, second = parts
    return chi_1 * chi_2 * chi_12 * first * second * (s + k) * (s + 1)
