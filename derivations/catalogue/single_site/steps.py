"""The steps of the derivation, with their checks.  The velocities are those of the loss that the solver lowers."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Integer, Rational, asin, pi, sqrt, tanh

from derivations.catalogue.single_site import evidence
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    L,
    felt,
    g_of,
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
from theory.loss import Loss
from theory.models import single_component
from theory.models.component import w, x, y
from theory.models.vocabulary import K, gamma, kappa, lam


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (_component_step(), _sites_step(), _closure_step(), _linear_step(), _first_velocity_step())


def _component_lines(loss: Loss) -> Lines:
    velocity = loss.stop_gradient_flow().velocity
    return Lines((Line(x_dot, velocity[x]), Line(w_by, velocity[w])))


def _felt_line() -> Line:
    return Line(felt, single_site.mean_felt(phi, mean_x, mean_z))


def _head_line() -> Line:
    mean = single_site.mean_head_velocity(phi, w_of_y, w_of_x, w_of_z)
    return Line(w_dot, head_equations.head_rate(-mean, w, gamma, kappa))


def _component_step() -> Step:
    loss = single_component(tanh)
    return Step(
        "component",
        "One component $x$ of an embedding behind a head $w$, against its target $y$: here for the hyperbolic tangent, and the "
        "same for any function of components.",
        "The derivative of the loss with its marked part as a constant. Embeddings decay; the head, which all share, decays "
        "once.",
        given=(Line(L, loss.expression),),
        after=_component_lines(loss),
        check=lambda given, after: (
            Descent(loss.with_parts(expression=given[L]), after.of(x_dot, w_by).rights, evidence.component_point, stopped=True),
            Numerics(
                lambda rng: evidence.lowered_velocities(rng, after),
                1e-9,
                "the solver, and differences of losses of tanh and erf",
            ),
        ),
    )


def _sites_step() -> Step:
    return Step(
        "sites",
        "Labels feel the mean $\\hat x$ of pure samples $x$ of their class and of frustrated samples $z$; pure samples their "
        "label, frustrated ones the mean label. The head feels all three.",
        "At $W=w\\,\\mathbb{I}$ every velocity is that of one component. A class has the weight of its labels once, and of its "
        "samples once: $1-\\varphi$ of pure and $\\varphi$ of frustrated ones. Bars are means over classes and starts.",
        before=_component_lines(single_component(tanh)),
        after=(_felt_line(), _head_line()),
        uses=("component",),
        assumptions=("$\\varphi$ of all samples couple to all labels alike; the mobility of the head is $\\gamma/\\sum J$.",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.whole_velocities(rng, before, after), 1e-9, "complex steps of the loss of all embeddings"
            ),
            Numerics(evidence.whole_solver, 1e-9, "the solver, and the same"),
        ),
    )


def _closure_step() -> Step:
    turned = 8 * gamma**2 * asin(2 * w**2 / (1 + 6 * w**2)) / (pi**2 * sqrt(1 + 4 * w**2) * K)
    return Step(
        "closure",
        "With many classes the head stays a multiple of the identity: what turns it off the diagonal, of a mean square "
        "$\\zeta_K$, vanishes with their number.",
        "Components are independent at the start: an entry off the diagonal is $\\gamma$ times a mean over $K$ labels of "
        "$f'(wy_i)f(wy_i)y_j$, whose mean square is known for the error function; samples of a class average out.",
        before=(_head_line(),),
        after=(Line(zeta_K, turned, r"\simeq"),),
        uses=("sites",),
        assumptions=("The start, $f=\\operatorname{erf}$, and so many samples a class that their mean is zero.",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.off_diagonal(rng, before, after), 0.1, "sampled classes, three errors", reads=after
        ),
    )


def _linear_step() -> Step:
    half = Rational(1, 2)
    root = sqrt(1 - phi)
    return Step(
        "linear",
        "With $f(h)=h$ this is the head in the mean field of the class modes of both signs and of the zeros.",
        "The canonical correlations of uniform couplings are $\\pm\\sqrt{1-\\varphi}$ and zero; their masses add up to two.",
        before=(_felt_line(), _head_line()),
        given=_component_lines(single_component(lambda h: h)),
        after=(
            Line(mu_of[0, 0], root),
            Line(mu_of[1, 0], -root),
            Line(mu_of[2, 0], Integer(0)),
            Line(m_j[0, 0], half),
            Line(m_j[1, 0], half),
            Line(m_j[2, 0], Integer(1)),
        ),
        uses=("sites",),
        check=lambda before, after: (
            Identity(tuple(_grown_modes(before, after))),
            AtRandomPoints(((_head_of_sites(before, after), _head_of_modes(after)),), evidence.grown_modes),
            Numerics(
                lambda rng: evidence.linear_heads(rng, after), 1e-5, "both solvers: single sites, and the mean field of modes"
            ),
        ),
    )


def _grown_modes(known: Lines, modes: Lines) -> Iterator[tuple[Expr, Expr]]:
    """The velocities of both sums of a label and the mean sample of its class, and that of a sample without either."""
    label, sample = known[x_dot].subs({x: y, y: known[felt]}, simultaneous=True).subs(mean_z, 0), known[x_dot].subs(x, mean_x)
    for sign in modes.of(mu_of[0, 0], mu_of[1, 0]).rights:
        yield label + sign * sample, head_equations.growth_rate(sign, w, lam) * (y + sign * mean_x)
    yield known[x_dot].subs(y, 0), head_equations.growth_rate(modes[mu_of[2, 0]], w, lam) * x


def _head_of_sites(known: Lines, modes: Lines) -> Expr:
    """The velocity of the head where each mode has grown: means of squares of labels, which start at one, and of samples."""
    upper, lower, zero = (g_of[k, 0] for k in range(3))
    of_label, of_mean = (upper + lower) / 2, (upper - lower) / (2 * modes[mu_of[0, 0]])
    pulled = known[felt].subs({mean_x: of_mean, mean_z: 0})
    means = {
        w_of_y: known[w_by].subs({x: of_label, y: pulled}),
        w_of_x: known[w_by].subs({x: of_mean, y: of_label}) + known[w_by].subs({x: zero, y: 0}),
        w_of_z: known[w_by].subs({x: zero, y: 0}),
    }
    return known[w_dot].subs(means)


def _head_of_modes(modes: Lines) -> Expr:
    pulls = (modes[m_j[k, 0]] * head_equations.mode_pull(modes[mu_of[k, 0]], w) * g_of[k, 0] ** 2 for k in range(3))
    return head_equations.head_rate(sum(pulls), w, gamma, kappa)


def _first_velocity_step() -> Step:
    pulled = -8 * gamma * w / (pi * (1 + 2 * w**2) * sqrt(1 + 4 * w**2)) - kappa * w
    return Step(
        "first_velocity",
        "For the error function the head starts with a velocity that is known.",
        "All starts are standard normal and independent: targets have the mean zero. "
        "$\\int xe^{-ax^2}\\operatorname{erf}(wx)\\,dx=w/(a\\sqrt{a+w^2})$, with $a=\\tfrac12+w^2$, twice.",
        before=(_head_line(),),
        after=(Line(w_dot, pulled),),
        uses=("sites",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.gaussian_means(rng, before, after), 1e-10, "quadrature"),
            Numerics(lambda rng: evidence.first_velocities(rng, after), 1e-7, "the solver's nodes at the start"),
        ),
    )
