r"""The two-time equations of a mode beside a wide random head, as functions of any arithmetic: numbers, arrays and symbols.

Embeddings of :math:`d\to\infty` dimensions, few modes, :math:`W(0)=w_0\mathbb 1+g\,\xi/\sqrt d`, head mobility
:math:`\gamma/d`.  Each dimension of a mode v and of its residual :math:`r=(W-\mu)v` obeys

.. math:: r=(w-\mu)v+\hat g\,\varphi-\gamma\int_0^te^{-\kappa(t-s)}C(t,s)\,r(s)\,ds,\qquad
          \dot v=-wr-\hat g\,\psi+\gamma\int_0^te^{-\kappa(t-s)}R(t,s)\,v(s)\,ds-\lambda v,

with the head at the start as it has decayed, :math:`w=e^{-\kappa t}w_0` and :math:`\hat g=e^{-\kappa t}g`, overlaps
:math:`C(t,s)=\langle v(t)v(s)\rangle`, :math:`R=\langle rr\rangle`, and fields :math:`\varphi=\xi v/\sqrt d`,
:math:`\psi=\xi^Tr/\sqrt d`, which are Gaussian noise of these covariances and an echo,

.. math:: \varphi=\varphi^0+\int A(t,s)\,r(s)\,ds,\quad\psi=\psi^0+\int B(t,s)\,v(s)\,ds,\quad
          A=\frac{\delta v(t)}{\delta\psi^0(s)},\quad B=\frac{\delta r(t)}{\delta\varphi^0(s)}.

The solvers of :mod:`theory.dmft.wide` step them, and the derivation ``wide_head`` shows them with symbols.

>>> residual(correlation=0.5, head=1.0, spread=0.0, gamma=1.0, state=2.0, field=0.0, memory=0.25)
0.75
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Function = Callable[[Any], Any]


def decayed(start: Any, kappa: Any, time: Any, exp: Function) -> Any:
    """What is left of the head's start."""
    return start * exp(-kappa * time)


def residual(correlation: Any, head: Any, spread: Any, gamma: Any, state: Any, field: Any, memory: Any) -> Any:
    r""":math:`r(t)`, from the field :math:`\varphi` and the remembered :math:`\int e^{-\kappa(t-s)}C(t,s)r(s)ds`."""
    return (head - correlation) * state + spread * field - gamma * memory


def velocity(head: Any, spread: Any, gamma: Any, lam: Any, state: Any, residual: Any, field: Any, memory: Any) -> Any:
    r""":math:`\dot v(t)`, from the field :math:`\psi` and the remembered :math:`\int e^{-\kappa(t-s)}R(t,s)v(s)ds`."""
    return gamma * memory - (head * residual + spread * field) - lam * state


def echoed(noise: Any, echo: Any) -> Any:
    """A field of the random matrix: what it would be without response, and what comes back."""
    return noise + echo


def loss_of_mode(correlation: Any, variance: Any, residual: Any) -> Any:
    """The loss of a mode for each dimension, from mean squares of its amplitude and residual."""
    return (residual + (1 - correlation**2) * variance) / 2


def growth_bound(correlation: Any, lam: Any, time: Any, exp: Function) -> Any:
    r"""What no mean square of a mode exceeds, over that at the start: :math:`v^TW^T(W-\mu)v\ge-\mu^2|v|^2/4`."""
    return exp((correlation**2 / 2 - 2 * lam) * time)


# -- small labels, or a head at rest: gamma = kappa = 0 -----------------------------------------------------------------


def stiffness(correlation: Any, head: Any) -> Any:
    r""":math:`e=w_0(w_0-\mu)`, the rate of a mode without spread."""
    return head * (head - correlation)


def rate_of_pole(pole: Any, correlation: Any, head: Any, spread: Any) -> Any:
    r"""The rate p (with decay, :math:`p+\lambda`) at which responses have the parameter :math:`\Delta`:
    :math:`p\Delta^2=(\Delta-e)(\Delta-g^2)^2`; the mean response is :math:`1/(\Delta-g^2)`."""
    return (pole - stiffness(correlation, head)) * (pole - spread**2) ** 2 / pole**2


def pole_condition(pole: Any, correlation: Any, head: Any, spread: Any) -> Any:
    r"""Zero where mean squares have their rightmost pole, at :math:`2p(\Delta)`: a cubic in :math:`\Delta`."""
    width = head**2 + (head - correlation) ** 2 + spread**2
    return pole**3 - spread**2 * width * pole + 2 * spread**4 * stiffness(correlation, head)


# -- at rest -----------------------------------------------------------------------------------------------------------


def square_of_edge(part: Any, head: Any, spread: Any) -> Any:
    r"""The square of a singular value of :math:`w_0\mathbb 1+g\xi/\sqrt d`, with c for :math:`-g^2` times the resolvent."""
    return head**2 / (1 - part) ** 2 + spread**2 / ((1 - part) * part)


def part_at_edge(head: Any, spread: Any, side: int, sqrt: Function) -> Any:
    """The c at which the square is stationary: at the upper edge (side 1), and at the lower one (-1), which a head of more than
    g has."""
    return 2 * spread / (3 * spread + side * sqrt(8 * head**2 + spread**2))


def protected_mass(head: Any, spread: Any) -> Any:
    r"""The :math:`\gamma\sigma^2` beyond which, without decay, labels cannot vanish: :math:`w_0^2-g^2`."""
    return head**2 - spread**2


def resting_share(correlation: Any, ratio: Any, lam: Any) -> Any:
    r"""Zero where a constant state with :math:`\gamma C/\kappa` = ratio is one: :math:`\mu^2x/(1+x)^2=\lambda`."""
    return correlation**2 * ratio - lam * (1 + ratio) ** 2


def resting_head(correlation: Any, ratio: Any) -> Any:
    r"""The head on a mode at rest: :math:`\mu x/(1+x)`, as its residual is :math:`-\mu/(1+x)`."""
    return correlation * ratio / (1 + ratio)


def resting_variance(ratio: Any, gamma: Any, kappa: Any) -> Any:
    """C at rest."""
    return kappa * ratio / gamma
