"""The steps of the derivation, with their checks."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, MatMul, Matrix, Q
from sympy import Identity as Unit

from derivations.catalogue.points import unit_point
from derivations.catalogue.weight_decay import evidence
from derivations.catalogue.weight_decay.states import labels, two_states
from derivations.checks import Descent, Identity, Numerics
from derivations.closed_forms.decaying import amplitude_square, critical_decay, decaying, heads, one_direction
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import V, mu, mu_k, mu_matrix, psi, v, v_k, w, w_minus, w_plus
from theory.flow import Flow
from theory.models.vocabulary import W, gamma, kappa, lam
from theory.words import Context, scaled


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_rest(), *_one_direction(), *two_states(one_direction().flow), *labels())


def _rest() -> tuple[Step, ...]:
    loss = decaying()
    flow = loss.stop_gradient_flow()
    shared = kappa / (gamma * lam)
    balanced = Line(V * V.T, scaled(shared, W.T * W))
    image = MatMul(W, scaled(lam, Unit(W.rows)) + W.T * W, evaluate=False)
    head = Line(scaled(gamma, V * mu_matrix * V.T), scaled(kappa / lam, image))
    return (
        Step(
            "mode_flow",
            "Both embeddings and head decay. Decays are not multiplied by mobilities.",
            "Matrix calculus with the marked parts as constants, and the decays added.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(flow),
            assumptions=("$H=D^{-1}$; $\\lambda,\\kappa,\\gamma>0$; $\\mu$ is diagonal.",),
            check=lambda before, after: Descent(
                loss.having(expression=before[0].right), after.rights, unit_point, stopped=True
            ),
        ),
        Step(
            "balance",
            "At rest the amplitudes make up the square of the head.",
            "In $W^T\\dot W-\\gamma\\dot VV^T$ all but the decays cancels.",
            before=velocity_lines(flow),
            after=(balanced,),
            uses=("mode_flow",),
            check=lambda before, after: (
                before.equal(flow.velocity.values(), flow.context),
                Identity(
                    (
                        (
                            W.T * before[1].right - gamma * before[0].right * V.T,
                            gamma * lam * (after[0].left - after[0].right),
                        ),
                    ),
                    flow.context,
                ),
            ),
        ),
        Step(
            "symmetric_head",
            "At rest the head is symmetric.",
            "Insert the balance into $\\dot W=0$. The left side is symmetric; the right side is $W$ with each singular value "
            "$\\sigma$ taken to $\\sigma(\\lambda+\\sigma^2)$, an odd and increasing function, whose inverse takes symmetric "
            "matrices to symmetric ones.",
            before=(balanced,),
            after=(head,),
            uses=("balance",),
            check=lambda before, after: (
                Identity(((_at_balance(flow.velocity[W], before[0]), after[0].left - after[0].right),), flow.context),
                Numerics(evidence.symmetry, 1e-6, "the end of runs of all modes"),
            ),
        ),
        Step(
            "orthogonal_modes",
            "Decay orthogonalises: every surviving mode lies along a direction of its own, at an eigenvalue of the head "
            "that solves $w^2-\\mu_kw+\\lambda=0$.",
            "$\\dot v_k=0$ puts $v_k$ into eigenspaces of $W$ at roots of this quadratic. Modes of different $\\mu$ have no "
            "root in common, and in the eigenbasis of $W$ the rows of $V$ are orthogonal by the balance: no mode lies along "
            "two directions.",
            before=velocity_lines(flow)[:1],
            after=(Line(W * W * v_k, scaled(mu_k, W * v_k) - lam * v_k),),
            uses=("balance", "symmetric_head"),
            assumptions=("Modes with equal $\\mu$ are turned among each other so that each direction holds one.",),
            check=lambda before, after: (
                Identity(((_of_mode(before[0].right), after[0].right - after[0].left),), Context((Q.symmetric(W),))),
                Numerics(evidence.orthogonality, 1e-6, "the end of runs of all modes"),
            ),
        ),
    )


def _at_balance(velocity, balanced: Line):
    """The velocity of the head, without the multiple of both sides of the balance that it holds."""
    return velocity + scaled(gamma, W * (balanced.left - balanced.right))


def _of_mode(velocity):
    """The velocity of one column."""
    return velocity.xreplace({V: v_k, mu_matrix: mu_k * Unit(1)})


def _one_direction() -> tuple[Step, ...]:
    reduction = one_direction()
    flow = reduction.flow
    upper, lower = heads()
    return (
        replace(
            reduction.step,
            name="one_direction",
            statement="A mode along one direction keeps to it: two numbers, its amplitude and its head.",
            uses=("mode_flow", "orthogonal_modes"),
        ),
        Step(
            "heads",
            "Each direction has two states without collapse. As $\\lambda\\to0$ the head of one tends to the "
            "canonical correlation, that of the other to zero.",
            "All fixed points of the two velocities with $v\\ne0$, by exhausted cases; $w_+w_-=\\lambda$, $w_++w_-=\\mu$.",
            before=velocity_lines(flow),
            after=(
                Line(w_plus, upper),
                Line(w_minus, lower),
                Line(v**2, kappa * w / (gamma * (mu - w))),
                Line(v**2, amplitude_square()),
            ),
            uses=("one_direction",),
            assumptions=(r"$\mu^2\ge4\lambda$; $w$ is $w_+$ or $w_-$.",),
            check=lambda before, after: (
                Identity(tuple((rate, 0) for rate in _at_rest(before, after))),
                Identity(((after[0].left, w_plus), (after[1].left, w_minus))),
                before.equal(flow.velocity.values()),
                Numerics(lambda rng: evidence.ordered_heads(rng, *after.rights[:2]), 1e-12, "the roots of the quadratic"),
            ),
        ),
        _own_sector(flow),
        Step(
            "saddle_node",
            "$w_+$ is stable in its own sector and $w_-$ is a saddle. They are born together at a critical decay: the more "
            "frustrated a mode, the less decay it bears.",
            "The trace is negative, and $2w_\\pm-\\mu=\\pm\\sqrt{\\mu^2-4\\lambda}$ gives the sign of the determinant; "
            "$\\psi=1-\\mu^2$.",
            before=(Line(w_plus, upper), Line(w_minus, lower)),
            after=(Line(r"\lambda_c", critical_decay()), Line(r"\lambda_c", (1 - psi) / 4)),
            uses=("heads", "own_sector"),
            check=lambda before, after: (
                Identity(
                    (
                        ((before[0].right - before[1].right).subs(lam, after[0].right), 0),
                        (after[1].right.subs(psi, 1 - mu**2), after[0].right),
                        (before[0].right + before[1].right, mu),
                        (before[0].left, w_plus),
                        (before[1].left, w_minus),
                    )
                ),
                Numerics(lambda rng: evidence.births(rng, before.rights, after[0].right), 0, "dense eigenvalues"),
            ),
        ),
    )


def _at_rest(before: Lines, after: Lines):
    """Both velocities, the first without its factor v, at each head and with each form of the amplitude."""
    first, second = (e.expand() for e in before.rights)
    for head in after.rights[:2]:
        for form in after[2:]:
            resting = {form.left: form.right}
            yield (first / v).expand().subs(w, head)
            yield second.xreplace(resting).subs(w, head)


def _own_sector(flow: Flow) -> Step:
    found = _trace_and_determinant(velocity_lines(flow))
    return Step(
        "own_sector",
        "Perturbations of head and amplitude along the direction itself.",
        "Trace and determinant of the Jacobian, with $\\lambda=w(\\mu-w)$ and $\\kappa=\\gamma v^2(\\mu-w)/w$ at rest.",
        before=velocity_lines(flow),
        after=(Line(r"\operatorname{tr}", found[0]), Line(r"\det", found[1])),
        uses=("heads",),
        check=lambda before, after: (
            Identity(
                (
                    *zip(after.rights, _trace_and_determinant(before), strict=True),
                    *zip(before.rights, velocity_lines(flow).rights, strict=True),
                )
            ),
            Numerics(lambda rng: evidence.own_sector(rng, *after.rights), 1e-9, "a dense Jacobian of all entries"),
        ),
    )


def _jacobian(before: Lines) -> Matrix:
    return Matrix(before.rights).jacobian([v, w])


def _trace_and_determinant(before: Lines) -> tuple[Expr, Expr]:
    at = {lam: w * (mu - w), kappa: gamma * v**2 * (mu - w) / w}
    matrix = _jacobian(before)
    return matrix.trace().subs(lam, at[lam]).expand(), matrix.subs(at).det().factor()
