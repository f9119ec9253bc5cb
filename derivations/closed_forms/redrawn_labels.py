r"""Softmax over labels of which a fraction is redrawn: loss, pull and margin at rest of classes along a simplex.

>>> print(margin_at_rest())
log(K*(1 - phi)/phi + 1)

The derivation ``redrawn_labels`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Add, Dummy, Expr, exp, log, solve

from derivations.vocabulary import margin, n, phi
from theory.models.vocabulary import K

OWN_FREQUENCY, OTHER_FREQUENCY = 1 - phi + phi / K, phi / K
_ODDS = Dummy("odds", positive=True)  # exp of the margin


def cross_entropy() -> Expr:
    """The loss of scores of which that of the right label exceeds the others by the margin."""
    return log(1 + (K - 1) * exp(-margin)) + (1 - OWN_FREQUENCY).factor() * margin


@cache
def pull() -> Expr:
    """How the loss pulls at an amplitude for each of the other, by the margin: n samples a class move in K - 1 directions."""
    return _pull_by_odds().subs(_ODDS, exp(margin))


@cache
def margin_at_rest() -> Expr:
    """The margin at which nothing pulls."""
    (odds,) = solve(_pull_by_odds(), _ODDS)
    return log(1 + K / phi * ((odds - 1) * phi / K).expand())


@cache
def balanced_rate() -> Expr:
    """How fast the margin comes back where samples and labels have one amplitude, whose square it is."""
    slope = -pull().diff(margin).subs(exp(margin), _ODDS).together()
    (odds,) = solve(_pull_by_odds(), _ODDS)
    found, shown = slope.subs(exp(-margin), 1 / _ODDS).subs(_ODDS, odds), phi * (K * (1 - phi) + phi) / (K**2 * n)
    return 2 * margin_at_rest() * shown * (found / shown).cancel()


def _pull_by_odds() -> Expr:
    terms = (-term / (K - 1) for term in Add.make_args(cross_entropy().diff(margin)))
    return Add(*(term.subs(exp(-margin), 1 / _ODDS).cancel() for term in terms)) / n
