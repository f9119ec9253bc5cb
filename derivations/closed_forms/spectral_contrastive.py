r"""The spectral contrastive loss of two views in modes: what survives, with and without decay, as the engine finds it.

>>> survivor_product(), survivor_product(lam), critical_decay()
(mu_k, -lambda*m/2 + mu_k, 2*mu_k/m)

The derivation ``spectral_contrastive`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Expr, S

from derivations.closed_forms.amplitude import critical_value, square_at_rest
from derivations.closed_forms.views import even_in, one_mode_of, view_modes, with_decay
from derivations.vocabulary import m, v
from theory import Flow, Loss, models
from theory.models.vocabulary import lam


@cache
def contrasted_modes() -> Loss:
    """The loss in modes."""
    return view_modes(models.spectral_contrastive())


@cache
def contrasted_amplitude(decay: Expr = S.Zero) -> Flow:
    """One mode alone along a direction, both views alike, beside a decay."""
    return one_mode_of(with_decay(contrasted_modes()).xreplace({lam: decay}).gradient_flow())


@cache
def survivor_product(decay: Expr = S.Zero) -> Expr:
    """The scalar product of both views of a mode that survives, over the total weight of the pairs."""
    return (square_at_rest(contrasted_amplitude(decay)) / m).expand()


@cache
def return_rate(decay: Expr = S.Zero) -> Expr:
    """How fast both views of a survivor, alike, come back to their length."""
    velocity = contrasted_amplitude(decay).velocity[v]
    return even_in(-velocity.diff(v), {v: m * survivor_product(decay)}).expand()


@cache
def critical_decay() -> Expr:
    """The decay at which the mode that is absent becomes stable."""
    return critical_value(contrasted_amplitude(lam), lam)
