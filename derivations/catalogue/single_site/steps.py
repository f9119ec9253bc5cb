"""The steps of the derivation, with their checks.  The velocities are those of the loss that the solver lowers."""

from __future__ import annotations

from sympy import Integer, Rational, asin, pi, sqrt, tanh

from derivations.catalogue.defined import defined
from derivations.catalogue.single_site import evidence
from derivations.checks import Descent, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import (
    L,
    felt,
    m_j,
    mean_x,
    mean_z,
    mu_of,
    phi,
    w_by,
    w_dot,
    w_of_x,
    w_of_y,
    w_of_z,
    x_dot,
    zeta_K,
)
from theory.dmft import head_equations, single_site
from theory.models import single_component
from theory.models.single_component import w, x
from theory.models.vocabulary import K, gamma, kappa


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (_component(), _sites(), _closure(), _linear(), _first_velocity())


def _component() -> Step:
    loss = single_component(tanh)
    moved = loss.stop_gradient_flow().velocity
    return Step(
        "component",
        "One component $x$ of an embedding behind a head $w$, against its target $y$: here for the hyperbolic tangent, and the "
        "same for any function of components.",
        "The derivative of the loss with its marked part as a constant. Embeddings decay; the head, which all share, decays "
        "once.",
        before=(Line(L, loss.expression),),
        after=(Line(x_dot, moved[x]), Line(w_by, moved[w])),
        check=lambda before, after: (
            Descent(
                loss.having(expression=defined(before)[L]),
                [defined(after)[name] for name in (x_dot, w_by)],
                evidence.component_point,
                stopped=True,
            ),
            Numerics(
                lambda rng: evidence.lowered(rng, defined(after)), 1e-9, "the solver, and differences of losses of tanh and erf"
            ),
        ),
    )


def _turned() -> Line:
    mean = single_site.mean_head_velocity(phi, w_of_y, w_of_x, w_of_z)
    return Line(w_dot, head_equations.head_rate(-mean, w, gamma, kappa))


def _sites() -> Step:
    return Step(
        "sites",
        "Labels feel the mean $\\hat x$ of pure samples $x$ of their class and of frustrated samples $z$; pure samples their "
        "label, frustrated ones the mean label. The head feels all three.",
        "At $W=w\\,\\mathbb{I}$ every velocity is that of one component. A class has the weight of its labels once, and of its "
        "samples once: $1-\\varphi$ of pure and $\\varphi$ of frustrated ones. Bars are means over classes and starts.",
        after=(Line(felt, single_site.mean_felt(phi, mean_x, mean_z)), _turned()),
        uses=("component",),
        assumptions=("$\\varphi$ of all samples couple to all labels alike; the mobility of the head is $\\gamma/\\sum J$.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.whole(rng, defined(after)), 1e-9, "complex steps of the loss of all embeddings"),
            Numerics(evidence.whole_solver, 1e-9, "the solver, and the same"),
        ),
    )


def _closure() -> Step:
    turned = 8 * gamma**2 * asin(2 * w**2 / (1 + 6 * w**2)) / (pi**2 * sqrt(1 + 4 * w**2) * K)
    return Step(
        "closure",
        "With many classes the head stays a multiple of the identity: what turns it off the diagonal, of a mean square "
        "$\\zeta_K$, vanishes with their number.",
        "Components are independent at the start: an entry off the diagonal is $\\gamma$ times a mean over $K$ labels of "
        "$f'(wy_i)f(wy_i)y_j$, whose mean square is known for the error function; samples of a class average out.",
        after=(Line(zeta_K, turned, r"\simeq"),),
        uses=("sites",),
        assumptions=("The start, $f=\\operatorname{erf}$, $\\varphi=0$, and so many samples a class that their mean is zero.",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.off_diagonal(rng, defined(after)), 0.1, "sampled classes, three errors", reads=after
        ),
    )


def _linear() -> Step:
    half = Rational(1, 2)
    root = sqrt(1 - phi)
    return Step(
        "linear",
        "With $f(h)=h$ this is the head in the mean field of the class modes of both signs and of the zeros.",
        "The canonical correlations of uniform couplings are $\\pm\\sqrt{1-\\varphi}$ and zero; their masses add up to two.",
        after=(
            Line(mu_of[0, 0], root),
            Line(mu_of[1, 0], -root),
            Line(mu_of[2, 0], Integer(0)),
            Line(m_j[0, 0], half),
            Line(m_j[1, 0], half),
            Line(m_j[2, 0], Integer(1)),
        ),
        uses=("sites",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.linear(rng, defined(after)), 1e-5, "both solvers: single sites, and the mean field of modes"
        ),
    )


def _first_velocity() -> Step:
    pulled = -8 * gamma * w / (pi * (1 + 2 * w**2) * sqrt(1 + 4 * w**2)) - kappa * w
    return Step(
        "first_velocity",
        "For the error function the head starts with a velocity that is known.",
        "All starts are standard normal and independent: targets have the mean zero. "
        "$\\int xe^{-ax^2}\\operatorname{erf}(wx)\\,dx=w/(a\\sqrt{a+w^2})$, with $a=\\tfrac12+w^2$, twice.",
        before=(_turned(),),
        after=(Line(w_dot, pulled),),
        uses=("sites",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.gaussian_means(rng, defined(before), defined(after)), 1e-10, "quadrature"),
            Numerics(lambda rng: evidence.first_velocities(rng, defined(after)), 1e-7, "the solver's nodes at the start"),
        ),
    )
