r"""Squared distances against the coding rates of both views: which modes survive, as the engine finds it.

>>> critical_alpha(), survivor_moment()
(2*epsilon**2*(1 - mu_k)/d, alpha/(2 - 2*mu_k) - epsilon**2/d)

The derivation ``coding_rates`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Expr, S, integrate

from derivations.closed_forms.amplitude import critical_value, square_at_rest
from derivations.closed_forms.views import by_distance, even_in, one_mode_of, view_modes, with_decay
from derivations.vocabulary import m, mu_k, v, v_0
from theory import Flow, Loss, models
from theory.models.two_views import alpha
from theory.models.vocabulary import lam


@cache
def coding_modes() -> Loss:
    """The loss in modes."""
    return view_modes(models.coding_rate())


@cache
def coding_amplitude(decay: Expr = S.Zero) -> Flow:
    """One mode alone along a direction, both views alike, beside a decay."""
    return one_mode_of(with_decay(coding_modes()).xreplace({lam: decay}).gradient_flow())


@cache
def survivor_moment(decay: Expr = S.Zero) -> Expr:
    """The second moment, over the pairs, of a mode that survives along its direction."""
    moment = square_at_rest(coding_amplitude(decay)) / m  # linear in alpha
    return alpha / (1 / moment.diff(alpha)).factor().expand() + moment.subs(alpha, 0).factor()


@cache
def critical_alpha(decay: Expr = S.Zero) -> Expr:
    """The weight of the coding rates at which the mode that is absent loses its stability."""
    return critical_value(coding_amplitude(decay), alpha)


@cache
def return_rate() -> Expr:
    """How fast a survivor comes back to its length."""
    return by_distance(even_in(-coding_amplitude().velocity[v].diff(v), {v: m * survivor_moment()}))


@cache
def time_to_grow() -> Expr:
    """The time in which a mode without frustration grows from one amplitude to another, both positive."""
    pace = (1 / coding_amplitude().velocity[v].subs(mu_k, 1)).factor().expand()
    grown = integrate(pace, v)
    return grown - grown.subs(v, v_0)
