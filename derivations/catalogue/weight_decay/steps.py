"""The steps of the derivation, with their checks."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, MatMul, Matrix, MatrixExpr
from sympy import Identity as Unit

from derivations.analysis.modes.reduction import Reduction
from derivations.catalogue.mode_flow import mode_flow
from derivations.catalogue.weight_decay import evidence
from derivations.catalogue.weight_decay.states import label_steps, put_column, two_state_steps
from derivations.checks import Identity, Numerics
from derivations.closed_forms.decaying import amplitude_square, critical_decay, decaying_modes, heads, one_direction
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import V, delta, lam_c, mu, mu_k, mu_matrix, psi, tau, v, v_k, w, w_minus, w_plus
from theory.flow import Flow
from theory.models.vocabulary import W, gamma, kappa, lam
from theory.words import scale_matrix


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    made = (*_rest_steps(), *_one_direction_steps())
    known = Lines(line for step in made for line in step.after)
    return (*made, *two_state_steps(known), *label_steps(known))


def _rest_steps() -> tuple[Step, ...]:
    loss = decaying_modes()
    flow = loss.stop_gradient_flow()
    balanced, symmetric = Line(V * V.T, scale_matrix(kappa / (gamma * lam), W.T * W)), Line(W, W.T)
    return (
        mode_flow(
            loss,
            "Both embeddings and head decay. Decays are not multiplied by mobilities.",
            "Matrix calculus with the marked parts as constants, and the decays added.",
        ),
        _balance_step(flow, balanced),
        _symmetric_head_step(flow, balanced, symmetric),
        _orthogonal_modes_step(velocity_lines(flow), balanced, symmetric),
    )


def _balance_step(flow: Flow, balanced: Line) -> Step:
    return Step(
        "balance",
        "At rest the amplitudes make up the square of the head.",
        "In $W^T\\dot W-\\gamma\\dot VV^T$ all but the decays cancels.",
        before=velocity_lines(flow),
        after=(balanced,),
        uses=("mode_flow",),
        check=lambda before, after: Identity(
            ((W.T * before[dot(W)] - gamma * before[dot(V)] * V.T, gamma * lam * (V * V.T - after[V * V.T])),), flow.context
        ),
    )


def _symmetric_head_step(flow: Flow, balanced: Line, symmetric: Line) -> Step:
    image = MatMul(W, scale_matrix(lam, Unit(W.rows)) + W.T * W, evaluate=False)
    head = Line(scale_matrix(gamma, V * mu_matrix * V.T), scale_matrix(kappa / lam, image))
    return Step(
        "symmetric_head",
        "At rest the head is symmetric.",
        "Insert the balance into $\\dot W=0$. The left side is symmetric; the right side is $W$ with each singular value "
        "$\\sigma$ taken to $\\sigma(\\lambda+\\sigma^2)$, an odd and increasing function, whose inverse takes symmetric "
        "matrices to symmetric ones.",
        before=(*velocity_lines(flow).of(dot(W)), balanced),
        after=(head, symmetric),
        uses=("mode_flow", "balance"),
        check=lambda before, after: (
            Identity(((_balanced_velocity(before), head.left - after[head.left]),), flow.context),
            Numerics(lambda rng: evidence.at_rest(rng, after), 1e-6, "the end of runs of all modes"),
        ),
    )


def _orthogonal_modes_step(moving: Lines, balanced: Line, symmetric: Line) -> Step:
    return Step(
        "orthogonal_modes",
        "Decay orthogonalises: every surviving mode lies along a direction of its own, at an eigenvalue of the head "
        "that solves $w^2-\\mu_kw+\\lambda=0$.",
        "$\\dot v_k=0$ puts $v_k$ into eigenspaces of $W$ at roots of this quadratic. Modes of different $\\mu$ have no "
        "root in common, and in the eigenbasis of $W$ the rows of $V$ are orthogonal by the balance: no mode lies along "
        "two directions.",
        before=(*moving.of(dot(V)), balanced, symmetric),
        after=(
            Line(W * W * v_k, scale_matrix(mu_k, W * v_k) - lam * v_k),
            Line(V * V.T, scale_matrix(kappa / (gamma * lam), W * W)),
        ),
        uses=("mode_flow", "balance", "symmetric_head"),
        assumptions=("Modes with equal $\\mu$ are turned among each other so that each direction holds one.",),
        check=lambda before, after: (
            Identity(_with_symmetric_head(before, after)),
            Numerics(lambda rng: evidence.mode_orthogonality(rng, after), 1e-6, "the end of runs of all modes"),
        ),
    )


def _balanced_velocity(known: Lines) -> MatrixExpr:
    """The velocity of the head, without the multiple of both sides of the balance that it holds."""
    return known[dot(W)] + scale_matrix(gamma, W * (V * V.T - known[V * V.T]))


def _with_symmetric_head(before: Lines, after: Lines) -> tuple:
    """What rests, with the head in place of its transpose: one column, and the balance."""
    symmetric = {before[W]: W}
    return (
        (put_column(before[dot(V)]).xreplace(symmetric), after[W * W * v_k] - W * W * v_k),
        (before[V * V.T].xreplace(symmetric), after[V * V.T]),
    )


def _one_direction_steps() -> tuple[Step, ...]:
    reduction = one_direction()
    moving = velocity_lines(reduction.flow)
    both = tuple(map(Line, (w_plus, w_minus), heads()))
    resting = (Line(v**2, kappa * w / (gamma * (mu - w))), Line(v**2, amplitude_square()), Line(lam, w * (mu - w)))
    at_rest = Lines((*moving, resting[-1]))
    own = _trace_and_determinant(at_rest)
    return (
        _one_direction_step(reduction),
        _heads_step(moving, (*both, *resting)),
        _own_sector_step(at_rest, own),
        _saddle_node_step(both, own),
    )


def _one_direction_step(reduction: Reduction) -> Step:
    return replace(
        reduction.step,
        name="one_direction",
        statement="A mode along one direction keeps to it: two numbers, its amplitude and its head.",
        before=velocity_lines(reduction.whole),
        given=reduction.step.given[len(reduction.whole.state) :],
        uses=("mode_flow",),
    )


def _heads_step(moving: Lines, found: tuple[Line, ...]) -> Step:
    return Step(
        "heads",
        "Each direction has two states without collapse. As $\\lambda\\to0$ the head of one tends to the "
        "canonical correlation, that of the other to zero.",
        "All fixed points of the two velocities with $v\\ne0$, by exhausted cases; $w_+w_-=\\lambda$, $w_++w_-=\\mu$.",
        before=moving,
        given=(Line(mu**2, 4 * lam, r"\ge"),),
        after=found,
        uses=("one_direction",),
        assumptions=("$w$ is $w_+$ or $w_-$.",),
        check=lambda before, after: (
            Identity(tuple(_rest_pairs(before, after))),
            Numerics(lambda rng: evidence.ordered_heads(rng, before, after), 1e-12, "the roots of the quadratic"),
        ),
    )


def _own_sector_step(at_rest: Lines, own: Lines) -> Step:
    return Step(
        "own_sector",
        "Perturbations of head and amplitude along the direction itself: trace and determinant.",
        "The Jacobian, with $\\lambda$ as it is at rest.",
        before=at_rest,
        after=own,
        uses=("one_direction", "heads"),
        check=lambda before, after: (
            after.same(_trace_and_determinant(before)),
            Numerics(lambda rng: evidence.own_sector(rng, after), 1e-9, "a dense Jacobian of all entries"),
        ),
    )


def _saddle_node_step(both: tuple[Line, ...], own: Lines) -> Step:
    return Step(
        "saddle_node",
        "$w_+$ is stable in its own sector and $w_-$ is a saddle. They are born together at a critical decay: the more "
        "frustrated a mode, the less decay it bears.",
        "The trace $\\tau$ is negative, and $2w_\\pm-\\mu=\\pm\\sqrt{\\mu^2-4\\lambda}$ gives the sign of the determinant "
        "$\\delta$.",
        before=(*both, *own),
        given=(Line(psi, 1 - mu**2),),
        after=(Line(lam_c, critical_decay()), Line(lam_c, (1 - psi) / 4)),
        uses=("heads", "own_sector"),
        check=lambda before, after: (
            Identity(_born_together(before, *after.of(lam_c).rights)),
            Numerics(lambda rng: evidence.state_births(rng, before, after.of(lam_c)[0].right), 0, "dense eigenvalues"),
        ),
    )


def _rest_pairs(before: Lines, after: Lines):
    """Both velocities, the first without its factor v, at each head and with each form of the amplitude."""
    pushed, turned = (before[dot(v)] / v).expand(), before[dot(w)].expand()
    first, second = after.of(v**2).rights
    for head in after.of(w_plus, w_minus).rights:
        yield pushed.subs(w, head), 0
        yield after[lam].subs(w, head), lam
        for square in (first, second):
            yield turned.xreplace({v**2: square}).subs(w, head), 0


def _trace_and_determinant(known: Lines) -> Lines:
    """Those of the Jacobian of head and amplitude at rest, in the amplitude, the head and the correlation."""
    matrix = Matrix(known.of(dot(v), dot(w)).rights).jacobian([v, w]).subs(lam, known[lam])
    return Lines((Line(tau, matrix.trace().expand()), Line(delta, matrix.det().factor())))


def _born_together(known: Lines, critical: Expr, in_frustration: Expr) -> tuple:
    """The heads are one at the critical decay, which has two forms."""
    upper, lower = known.of(w_plus, w_minus).rights
    return (((upper - lower).subs(lam, critical), 0), (upper + lower, mu), (in_frustration.subs(psi, known[psi]), critical))
