r"""The families of couplings that treat all labels alike: sectors, rates and frustration, with symbols (§2 of the notes).

The frustration of a class mode is the product of the rates of its sector at mobilities inverse to the degrees.

>>> frustration("uniform"), frustration("pairs")
(phi, K*phi/(2*(K - 1)))
"""

from __future__ import annotations

from functools import cache

from sympy import Add, Expr, Integer, Rational, Symbol, solve, sqrt

from derivations.analysis.expansions.rates import TimeScales
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.modes.sectors import Sector, Sectors, sectors
from derivations.vocabulary import eta_x, eta_y, m, n, n_0, phi, psi, q, u, v
from theory.coupling.symmetric import pairs, uniform
from theory.errors import InputError
from theory.models.vocabulary import K

UNIFORM = uniform(K, n, phi)
PAIRS = pairs(K, n_0, m, q)


@cache
def uniform_sectors() -> Sectors:
    """The sectors of ``uniform``, with mobilities of samples and labels."""
    return sectors(UNIFORM, eta_x, eta_y)


@cache
def pairs_sectors() -> Sectors:
    """The sectors of ``pairs``, the same."""
    return sectors(PAIRS, eta_x, eta_y)


@cache
def uniform_rates() -> tuple[Expr, Expr]:
    """The two decay rates of the class-difference sector of ``uniform``, slow one first."""
    matrix = uniform_sectors().difference.matrix
    trace, determinant = matrix.trace().factor(), matrix.det().factor()
    return (trace - sqrt(trace**2 - 4 * determinant)) / 2, (trace + sqrt(trace**2 - 4 * determinant)) / 2


@cache
def uniform_time_scales() -> TimeScales:
    """The same as series in the frustrated fraction."""
    return time_scales(uniform_sectors().difference.flow, {v: 0, u: 0}, small=phi, order=2, time_limit=None)


@cache
def pairs_at_degrees() -> Sector:
    """The class-difference sector of ``pairs`` at mobilities inverse to the degrees."""
    return sectors(PAIRS, (Integer(1), 1 / (2 * q)), 1 / PAIRS.label_degree).difference


@cache
def pairs_counts() -> dict[Symbol, Expr]:
    """How many samples of each kind ``pairs`` has, by the fraction of all that is frustrated."""
    (counts,) = solve((n_0 - (1 - phi) * n, PAIRS.orbits[1].samples(K) - phi * n * K), (n_0, m), dict=True)
    return counts


@cache
def frustration(family: str) -> Expr:
    r""":math:`\psi` of the class modes of a family, in phi and K.

    Raises
    ------
    InputError
        for another family.
    """
    if family == "uniform":
        return uniform_sectors().difference.matrix.subs({eta_x: 1, eta_y: 1 / UNIFORM.label_degree}).det().factor()
    if family == "pairs":  # the third rate is one
        return pairs_at_degrees().matrix.det().subs({**pairs_counts(), q: Rational(1, 2)}).factor()
    raise InputError("a family among ('uniform', 'pairs')", repr(family), "choose one of these")


@cache
def correlation_of(family: str) -> Expr:
    """The canonical correlation of the class modes of a family, in phi and K."""
    return sqrt(1 - frustration(family))


@cache
def in_fraction(formula: Expr, correlation: Symbol, family: str, order: int = 2) -> Expr:
    """The leading terms, in the frustrated fraction, of a function of the correlation of the class modes of a family.

    >>> from derivations.vocabulary import mu
    >>> in_fraction(1 / (1 - mu), mu, "uniform"), in_fraction(1 - mu, mu, "pairs")
    (-phi/8 - 1/2 + 2/phi, K*phi/(4*(K - 1)))
    """
    terms = formula.subs(correlation, sqrt(1 - psi)).series(psi, 0, order).removeO()
    return Add(*(term.subs(psi, frustration(family)).factor() for term in Add.make_args(terms)))
