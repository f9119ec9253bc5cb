r"""The equations of a head in the mean field of its modes, as functions of any arithmetic: numbers, arrays and symbols.

Symbols as in :mod:`theory.dmft.mean_field`, which solves them, and in the derivations ``mean_field_head`` and ``ageing``, which
prove them.  Squared growths are in units of initial variances, whose masses are those of the modes.

>>> head_rate(2 * mode_pull(0.5, 1.0), 1.0, gamma=0.5, kappa=0.0)
-0.5
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def growth_rate(correlation: Any, head: Any, lam: Any) -> Any:
    r""":math:`\dot g_\mu/g_\mu`."""
    return -(head * (head - correlation) + lam)


def mode_growth(correlation: Any, gain: Any, decays: Any, exp: Callable[[Any], Any]) -> Any:
    r""":math:`g_\mu`, by which modes have grown."""
    return exp(correlation * gain - decays)


def logarithmic_rates(head: Any, lam: Any) -> tuple[Any, Any]:
    r""":math:`\dot A` and :math:`\dot B`."""
    return head**2 + lam, head


def mode_pull(correlation: Any, head: Any) -> Any:
    """The pull of a mode at the head, for each unit of its mass and of its squared growth."""
    return head - correlation


def head_rate(pulls: Any, head: Any, gamma: Any, kappa: Any) -> Any:
    r""":math:`\dot w`, from the sum of all pulls."""
    return -gamma * pulls - kappa * head


def critical_decay(edge: Any) -> Any:
    r""":math:`\lambda_c`."""
    return edge**2 / 4


def resting_heads(edge: Any, lam: Any, sqrt: Callable[[Any], Any]) -> tuple[Any, Any]:
    """The upper and the lower head; the lower one without the difference of numbers that are nearly equal."""
    twice = edge + sqrt(edge**2 - 4 * lam)
    return twice / 2, 2 * lam / twice


def resting_mass(head: Any, gamma: Any, lam: Any, kappa: Any) -> Any:
    """The mass of the modes at the edge, at a head at rest."""
    return kappa * head**2 / (gamma * lam)


def ageing_coefficient(edge: Any, lam: Any, sqrt: Callable[[Any], Any]) -> Any:
    r"""By which the gap of the head to its limit exceeds 1/t."""
    return 3 / (4 * sqrt(edge**2 - 4 * lam))
