"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Expr, Matrix, sympify

from derivations.catalogue.decay_stability import evidence
from derivations.catalogue.decay_stability.condition import boundary, condition
from derivations.catalogue.points import unit_point
from derivations.catalogue.written import by_powers, linear_lines, ordered
from derivations.checks import AtRandomPoints, Identity, Numerics
from derivations.closed_forms.decaying import UNITS, decaying, in_units, own_sector
from derivations.closed_forms.pair import PAIR, occupied_pair, pair_cubic, pair_sector, pair_sectors
from derivations.closed_forms.reduced import along, sectors
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import (
    V,
    c_0,
    c_1,
    c_2,
    chi_1,
    chi_2,
    chi_12,
    k,
    mu,
    mu_1,
    mu_2,
    mu_3,
    omega,
    omega_1,
    omega_2,
    s,
    v,
    w,
)
from theory.models.vocabulary import W, kappa, lam

PAIR_OF_DIRECTIONS, OTHERS = ("W_12",), ("v_13", "v_33", "W_33", "W_13")


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_states(), *_sectors(), *condition(), *boundary())


def characteristic(matrix: Matrix) -> Expr:
    """Its characteristic polynomial in s."""
    return matrix.charpoly(s).as_expr(s)


def _states() -> tuple[Step, ...]:
    whole, scaled = decaying().stop_gradient_flow(), in_units().stop_gradient_flow()
    single = along(in_units()).flow
    trace, determinant = own_sector()
    return (
        Step(
            "units",
            "Time in units of $1/\\lambda$, head and correlations in units of $\\sqrt\\lambda$ and amplitudes in units of "
            "$\\sqrt{\\kappa/\\gamma}$ leave one number, $k=\\kappa/\\lambda$. The mobility of the head is no part of it.",
            "Insert $t=t'/\\lambda$, $W=\\sqrt\\lambda\\,W'$, $\\mu=\\sqrt\\lambda\\,\\mu'$, $V=\\sqrt{\\kappa/\\gamma}\\,V'$; "
            "drop the primes.",
            before=velocity_lines(whole),
            after=velocity_lines(scaled),
            assumptions=("$H=D^{-1}$; $\\lambda,\\kappa,\\gamma>0$.",),
            check=lambda before, after: (
                before.equal(whole.velocity.values(), whole.context),
                AtRandomPoints(_in_units(before, after), unit_point),
            ),
        ),
        Step(
            "state",
            "A mode rests along a direction of its own. With $\\omega=w/\\sqrt\\lambda$ the correlation and the amplitude are "
            "functions of $\\omega$.",
            "Set both velocities of one mode in one direction to zero, $v\\ne0$.",
            before=velocity_lines(single),
            after=(Line(mu, omega + 1 / omega), Line(v**2, omega**2)),
            uses=("units",),
            check=lambda before, after: (
                before.equal(single.velocity.values()),
                Identity(tuple((e, 0) for e in _at_rest(before, after))),
            ),
        ),
        Step(
            "own_sector",
            "Its own head and amplitude return to rest iff $\\omega^2>1$: on the upper of the two solutions for $\\omega$.",
            "Trace and determinant of the Jacobian of the two velocities.",
            before=velocity_lines(single),
            after=(Line(r"\operatorname{tr}", trace), Line(r"\det", determinant)),
            uses=("state",),
            check=lambda before, after: (
                after.equal(_trace_and_determinant(before)),
                Numerics(lambda rng: evidence.own_sector(rng, *after.rights), 1e-9, "a dense Jacobian of one mode"),
            ),
        ),
    )


def _in_units(before: Lines, after: Lines) -> tuple:
    """Old velocities at scaled arguments, and new velocities in the old units."""
    rates = (lam * UNITS[V], lam * UNITS[W])
    arguments = {symbol: unit * symbol for symbol, unit in UNITS.items()}
    pairs = zip(before.rights, after.rights, rates, strict=True)
    return tuple((old.xreplace(arguments), rate * new.xreplace({k: kappa / lam})) for old, new, rate in pairs)


def _at_rest(before: Lines, after: Lines) -> list[Expr]:
    """Both velocities, the first without its factor v, where the lines after hold."""
    first, second = before.rights
    resting = {line.left: line.right for line in after}
    return [e.expand().xreplace(resting).subs(w, omega).expand() for e in ((first / v).expand(), second)]


def _trace_and_determinant(before: Lines) -> tuple[Expr, Expr]:
    matrix = Matrix(before.rights).jacobian([v, w]).subs({v: omega, w: omega, mu: omega + 1 / omega})
    return matrix.trace(), matrix.det()


def _linear(found: dict[tuple, Matrix], shown: tuple[str, ...]) -> Lines:
    """The linear velocities of the sectors that begin with the entries shown."""
    by_first = {str(names[0]): (names, matrix) for names, matrix in found.items()}
    return Lines(line for name in shown for line in linear_lines(*by_first[name]))


def _sectors() -> tuple[Step, ...]:
    velocities, found = velocity_lines(in_units().stop_gradient_flow()), pair_sectors()
    names, matrix = pair_sector()
    zero, one, two = pair_cubic()
    occupied = "Directions 1 and 2 hold modes 1 and 2, direction 3 is empty, mode 3 is absent: $v_3=0$."
    return (
        Step(
            "pair_sector",
            "Small entries off the diagonal move by pairs of directions. $W_{12}$, $W_{21}$, the component $v_{12}$ of mode 2 "
            "along direction 1, and $v_{21}$ move each other and nothing else.",
            "Linearise at rest. Turning a direction over, together with the mode on it, changes nothing: entries that change "
            "sign under different turns do not mix.",
            before=velocities,
            after=_linear(found, PAIR_OF_DIRECTIONS),
            uses=("state",),
            assumptions=(occupied, r"$\mu_l=\omega_l+1/\omega_l$, $v_l=\omega_le_l$; a turned mode is the same state."),
            check=lambda before, after: (
                after.equal(_velocities(before, PAIR_OF_DIRECTIONS)),
                Numerics(lambda rng: evidence.pair(rng, after.rights, names), 1e-10, "a dense Jacobian of all entries"),
            ),
        ),
        Step(
            "other_sectors",
            "An absent mode grows on direction 1 unless $\\omega_1(\\mu_1-\\mu_3)\\ge0$. An empty direction is stable: its "
            "eigenvalues are negative, but for the zero of a rotation.",
            "The remaining connected blocks of the same Jacobian.",
            before=velocities,
            after=(*_linear(found, OTHERS), Line(omega_1 * (mu_1 - mu_3), 1 + omega_1 * (omega_1 - mu_3))),
            uses=("state",),
            assumptions=(occupied,),
            check=lambda before, after: Identity(
                (
                    *zip(after.rights[:-1], _velocities(before, OTHERS), strict=True),
                    (sympify(after[-1].left).subs(mu_1, omega_1 + 1 / omega_1), after[-1].right),
                )
            ),
        ),
        Step(
            "cubic",
            "The characteristic polynomial of a pair is that of a rotation of both directions, which costs nothing, times a "
            "cubic in the product and the squared difference of the heads.",
            "Characteristic polynomial, symmetric in both heads: $p=\\omega_1\\omega_2$, $\\nu=(\\omega_1-\\omega_2)^2$.",
            before=_linear(found, PAIR_OF_DIRECTIONS),
            after=(
                Line(chi_12, s * ordered(s**3, c_2 * s**2, c_1 * s, c_0)),
                Line(c_2, by_powers(two, k)),
                Line(c_1, by_powers(one, k)),
                Line(c_0, zero),
            ),
            uses=("pair_sector",),
            check=lambda before, after: Identity(
                (
                    (
                        after[0].right.xreplace({line.left: line.right for line in after[1:]}).subs(PAIR),
                        characteristic(Matrix(before.rights).jacobian(names)),
                    ),
                    (after[0].left, chi_12),
                )
            ),
        ),
        Step(
            "spectrum",
            "Own, pair, empty and absent sectors hold all eigenvalues. Each further direction or mode adds its factors.",
            "Multiply the characteristic polynomials.",
            before=tuple(Line(c, ordered(s**2, k * (1 + o**2) * s, 2 * k * (o**2 - 1))) for c, o in _owners()),
            after=(Line(r"\det(s-\mathcal J)", _whole()),),
            uses=("own_sector", "other_sectors", "cubic"),
            assumptions=(occupied,),
            check=lambda before, after: Numerics(
                lambda rng: evidence.determinants(rng, after[0].right, before, s, {chi_12: characteristic(matrix)}),
                1e-9,
                "dense determinants of the Jacobian of all entries",
            ),
        ),
    )


def _velocities(before: Lines, shown: tuple[str, ...]) -> tuple[Expr, ...]:
    """The same linear velocities from the matrix velocities shown."""
    return _linear(sectors(before.rights, *occupied_pair()), shown).rights


def _owners():
    return (chi_1, omega_1), (chi_2, omega_2)


def _whole() -> Expr:
    empty = s * (s + k + 1)
    parts = (empty * (s + k * (1 + o**2)) * (s + o * (m - mu_3)) for o, m in ((omega_1, mu_1), (omega_2, mu_2)))
    first, second = parts
    return chi_1 * chi_2 * chi_12 * first * second * (s + k) * (s + 1)
