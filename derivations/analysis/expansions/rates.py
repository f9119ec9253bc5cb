r"""Rates and time scales as they are read and printed: exact ones with ``=``, truncated ones with ``≃`` and their O(...)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Abs, Add, Basic, Expr, Max, Min, Order, S, Symbol, oo
from sympy.core.relational import Relational

from derivations.analysis.algebra.algebraic import factor_constant
from derivations.analysis.algebra.zero import Region
from derivations.analysis.expansions.branch import Branch
from derivations.analysis.expansions.letters import Letters, assign_letters, introductions, relation_text
from derivations.analysis.expansions.moving import MovingRoot
from derivations.analysis.expansions.real_parts import NOTHING, Assumed, real_part
from derivations.analysis.expansions.remainder import SeriesRemainder
from derivations.typeset.rows import Row, conditions_row
from derivations.typeset.shown import Shown
from theory.abridging import Brief, Say
from theory.printing import exact_text, plain


@dataclass(frozen=True)
class RealPart(Brief):
    """The leading order of a real part; where the coefficient is None, only that it is O(ε**exponent)."""

    exponent: Expr
    coefficient: Expr | None
    assumed: Assumed = NOTHING


def leading_real_part(branch: Branch, region: Region, given: Mapping[Symbol, Expr]) -> RealPart:
    """The first term of the real part, and what it assumes; exponent oo and coefficient 0 where it vanishes identically."""
    assumed = NOTHING
    for exponent, coefficient in branch.terms:
        part, more = real_part(coefficient, region, given)
        assumed |= more
        if part is None or part != 0:
            return RealPart(exponent, None if part is None else factor_constant(part), assumed)
    return RealPart(branch.next_exponent, S.Zero if branch.exact else None, assumed)


@dataclass(frozen=True)
class Rate(Brief):
    """One eigenvalue of the Jacobian, or several that share one expression, for a small parameter that tends to 0.

    Attributes
    ----------
    branch
        its terms, and where they end.
    real
        the leading order of the real part.
    remainder
        what the series leaves out: stated and observed order.
    is_slow
        whether the real part vanishes faster than the largest rate does; None where that is not known.
    """

    branch: Branch
    small: Symbol
    real: RealPart
    remainder: SeriesRemainder
    is_slow: bool | None

    @property
    def exponent(self) -> Expr:
        """The exponent of the leading term; oo for a rate that is identically zero."""
        return self.branch.exponent

    @property
    def coefficient(self) -> Expr:
        """The coefficient of the leading term, exact."""
        return self.branch.coefficient

    @property
    def series(self) -> Expr:
        """The terms kept; the rate itself if :attr:`exact`."""
        return self.branch.series(self.small)

    @property
    def next_exponent(self) -> Expr:
        """The exponent of the first term left out; oo where the series is exact."""
        return self.branch.next_exponent

    @property
    def exact(self) -> bool:
        return self.branch.exact

    @property
    def multiplicity(self) -> int:
        return self.branch.multiplicity

    @property
    def timescale(self) -> Expr | None:
        """The leading order of 1/\\|Re s\\|; oo where the real part is zero, None where it is not known."""
        if self.real.coefficient is None:
            return None
        return self.small**-self.real.exponent / Abs(self.real.coefficient) if self.real.coefficient != 0 else oo

    @property
    def words(self) -> str:
        """Its speed, multiplicity and remainder."""
        speed = {True: "slow", False: "fast", None: "slow or fast"}[self.is_slow]
        times = f", {self.multiplicity} times" if self.multiplicity > 1 else ""
        return f"{speed}{times}; {self.remainder}"

    def text(self, letters: Letters, say: Say = plain) -> str:
        """The right side, with its relation, and what is known of it; roots of polynomials by letters."""
        return f"{_expansion_text(self.branch, self.small, letters, say)}; {self.words}"

    def to_dict(self, letters: Letters | None = None) -> dict[str, Any]:
        """Plain values; expressions as text, roots of polynomials by letters."""

        def text(expr: Expr) -> str:
            return exact_text(expr.xreplace(dict(letters or {})))

        return {
            "exponent": exact_text(self.exponent),
            "coefficient": text(self.coefficient),
            "series": text(self.series),
            "relation": "=" if self.exact else "≃",
            "next_exponent": exact_text(self.next_exponent),
            "exact": self.exact,
            "multiplicity": self.multiplicity,
            "is_slow": self.is_slow,
            "timescale": None if self.timescale is None else text(self.timescale),
            "remainder": self.remainder.to_dict(),
        }


@dataclass(frozen=True)
class Leading(Brief):
    """A leading order, coefficient * ε**exponent."""

    exponent: Expr
    coefficient: Expr


@dataclass(frozen=True)
class SpectralGap(Leading):
    """The largest slow rate over the smallest fast one, to leading order; (oo, 0) where slow rates are zero."""


@dataclass(frozen=True)
class TimeScales(Shown):
    """The rates at a fixed point from fast to slow.

    Attributes
    ----------
    small, order
        as given: every series has up to ``order`` non-zero terms.
    rates
        by rising exponent of the real part; equal exponents by size at the sample parameters.
    assumed
        relations between the parameters beyond what is known, outside which the expansion, or a real part, is another one.
    point
        the root that defines the point, where it stays a polynomial, as it moves with the small parameter.
    """

    small: Symbol
    order: int
    rates: tuple[Rate, ...]
    assumed: tuple[Relational, ...] = ()
    point: tuple[MovingRoot, ...] = ()

    def __iter__(self) -> Iterator[Rate]:
        return iter(self.rates)

    def __len__(self):
        return len(self.rates)

    def __getitem__(self, index):
        return self.rates[index]

    @property
    def slow(self) -> tuple[Rate, ...]:
        return tuple(r for r in self.rates if r.is_slow)

    @property
    def fast(self) -> tuple[Rate, ...]:
        return tuple(r for r in self.rates if r.is_slow is False)

    @property
    def spectral_gap(self) -> SpectralGap | None:
        """The gap of the real parts; None without slow or fast modes, or where a real part is not known."""
        if not self.slow or not self.fast or any(r.real.coefficient is None for r in self.rates):
            return None
        below, above = (_extreme_order(r, side) for r, side in ((self.slow, max), (self.fast, min)))
        if below.exponent is oo:
            return SpectralGap(oo, S.Zero)
        return SpectralGap(below.exponent - above.exponent, below.coefficient / above.coefficient)

    @property
    def _letters(self) -> dict[Expr, Symbol]:
        series = [*(r.series for r in self.rates), *(r.series(self.small) for r in self.point)]
        return assign_letters([*series, *self.assumed])

    def lines(self, say: Say) -> list[str]:
        letters = self._letters
        lines = [f"as {say(self.small)} -> 0+, fast to slow:"]
        lines += [f"at {r.symbol} {_expansion_text(r.branch, self.small, letters, say)}" for r in self.point]
        lines += [f"s_{k} {rate.text(letters, say)}" for k, rate in enumerate(self.rates, 1)]
        if gap := self.spectral_gap:
            size = (gap.coefficient * self.small**gap.exponent).xreplace(letters) if gap.coefficient != 0 else S.Zero
            lines.append(f"spectral gap: slow/fast {'=' if size == 0 else '≃'} {say(size)}")
        lines += [f"{letter}: {which}" for letter, which in introductions(letters, say).items()]
        if self.assumed:
            lines.append("assumed: " + ", ".join(relation_text(c.xreplace(letters), say) for c in self.assumed))
        return lines

    def rows(self) -> list[Row]:
        shown = [Row(self.small, S.Zero, r"\to", "as"), *(_series_row(r.symbol, r.branch, self.small) for r in self.point)]
        for k, rate in enumerate(self.rates, 1):
            shown += [Row.text(rate.words), _series_row(f"s_{{{k}}}", rate.branch, self.small)]
        if gap := self.spectral_gap:
            size, sign = gap.coefficient * self.small**gap.exponent, r"\simeq" if gap.coefficient != 0 else "="
            name = r"\frac{s_{\mathrm{slow}}}{s_{\mathrm{fast}}}"
            shown.append(Row(name, S.Zero if gap.coefficient == 0 else size, sign))
        return [*shown, *(replace(r, words="assuming") for r in conditions_row(self.assumed))]

    def to_dict(self) -> dict[str, Any]:
        """Plain values; expressions as text."""
        gap, letters = self.spectral_gap, self._letters

        def text(expr: Basic) -> str:
            return str(expr.xreplace(letters))

        return {
            "small": str(self.small),
            "order": self.order,
            "point": {str(r.symbol): text(r.series(self.small)) for r in self.point},
            "rates": [r.to_dict(letters) for r in self.rates],
            "spectral_gap": gap and {"exponent": exact_text(gap.exponent), "coefficient": text(gap.coefficient)},
            "roots": introductions(letters, exact_text),
            "assumed": [text(e) for e in self.assumed],
        }


def _extreme_order(rates: Sequence[Rate], side: Callable) -> Leading:
    """The largest or smallest leading order; among equal exponents the coefficients decide."""
    pick, choose = (min, Max) if side is max else (max, Min)
    exponent = pick(r.real.exponent for r in rates)
    sizes = [Abs(r.real.coefficient) for r in rates if r.real.exponent == exponent]
    return Leading(exponent, choose(*sizes))


# -- text ---------------------------------------------------------------------------------------------------------------


def _expansion_text(branch: Branch, small: Symbol, letters: Letters, say: Say) -> str:
    """A series in rising powers with its relation: what is left out has its O(...)."""
    text = _sum_text([c.xreplace(letters) * small**e for e, c in branch.terms], say)
    return f"= {text}" if branch.exact else f"≃ {text} + O({say(small**branch.next_exponent)})"


def _sum_text(terms: Sequence[Expr], say: Say) -> str:
    """Terms in their own order, signs in front."""
    signs = ["-" if t.could_extract_minus_sign() else "+" for t in terms]
    parts = [_term_text(-t if sign == "-" else t, say) for t, sign in zip(terms, signs, strict=True)]
    text = "".join(f" {sign} {part}" for sign, part in zip(signs, parts, strict=True))
    return (text[3:] if signs[0] == "+" else f"-{text[3:]}") if terms else "0"


def _term_text(term: Expr, say: Say) -> str:
    return f"({say(term)})" if isinstance(term, Add) else say(term)


def _series_row(name: Basic | str, branch: Branch, small: Symbol) -> Row:
    """The same as a row of a display."""
    if branch.exact:
        return Row(name, branch.series(small), by=(small,))
    terms = [c * small**e for e, c in branch.terms]
    return Row(name, Add(*terms, Order(small**branch.next_exponent, small), evaluate=False), r"\simeq", by=(small,))
