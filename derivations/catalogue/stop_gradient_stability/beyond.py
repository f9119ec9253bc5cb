r"""The last steps of the derivation ``stop_gradient_stability``: modes in any position, absent ones, the sign of the head."""

from __future__ import annotations

from sympy import Determinant, MatAdd, MatMul, MatrixExpr, S, Trace, Transpose, ZeroMatrix
from sympy import Identity as Unit

from derivations.catalogue.stop_gradient_stability import evidence
from derivations.catalogue.written import ordered_sum
from derivations.checks import Identity, Numerics
from derivations.closed_forms.reduced import all_modes
from derivations.closed_forms.residual import APART, residual_flow, slope_along
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import Q_t, V, dV, dv_j, half_square_j, half_square_q, mu_j, mu_matrix, q_V, sigma_least
from theory.models.vocabulary import W, d, gamma
from theory.words import Context, scale_matrix


def beyond(perturbed: Lines) -> tuple[Step, ...]:
    """Modes in any position, absent ones beside them, and what protects the head."""
    return (_any_modes_step(), _absent_step(perturbed), _sign_protection_step())


def _any_modes_step() -> Step:
    context = all_modes().context
    rest = MatAdd(W.T * q_V, scale_matrix(-1, q_V * mu_matrix) / 2, evaluate=False)
    square = Trace(MatMul(Transpose(rest), rest, evaluate=False))
    mass = MatAdd(scale_matrix(gamma, V.T * V), scale_matrix(-1, mu_matrix * mu_matrix) / 4, evaluate=False)
    return Step(
        "any_modes",
        "Surviving modes that are not orthogonal are stable, together with the head, if $\\gamma V^TV-\\tfrac14\\mu^2$ is "
        "positive definite: then the size of the residual falls for every perturbation.",
        "Complete the square. A decreasing norm puts the numerical range, and all eigenvalues, into the left half plane.",
        before=(Line(dot(q_V), residual_flow()),),
        after=(Line(half_square_q, ordered_sum(-square, -Trace(MatMul(q_V, mass, Transpose(q_V), evaluate=False)))),),
        uses=("residual_flow",),
        assumptions=(
            "The columns of $V$ are the surviving modes alone, for absent ones see below. Sufficient, not necessary.",
        ),
        check=lambda before, after: (
            Identity(((Trace(q_V.T * before[dot(q_V)]), after[half_square_q]),), context),
            Numerics(
                lambda rng: evidence.residual_descent(rng, after[half_square_q]), 1e-9, "dense Jacobians along perturbations"
            ),
            Numerics(evidence.safe_states, 0, "dense eigenvalues where the condition holds"),
        ),
    )


def _absent_step(perturbed: Lines) -> Step:
    """Absent modes beside survivors that are not orthogonal."""
    rest = MatAdd(W * dv_j, scale_matrix(-mu_j / 2, dv_j), evaluate=False)
    square, size = Trace(MatMul(Transpose(rest), rest, evaluate=False)), Trace(dv_j.T * dv_j)
    alone = MatMul(scale_matrix(-1, W.T), APART, dv_j, evaluate=False)
    return Step(
        "absent_modes",
        "An absent mode moves by itself. It stays away iff all eigenvalues of $W^T(W-\\mu_j)$ have positive real parts; "
        "together with the survivors' own condition this decides. Where survivors are not orthogonal $W$ is not symmetric, and "
        "its eigenvalues do not tell: the sign of both determinants is necessary, and the least singular value is enough. "
        "Where that is as large, and only there, the size of every such perturbation falls.",
        "With $v_j=0$ neither the head nor another mode feels $\\delta v_j$ to first order, nor is it moved by them. The "
        "determinant is the product of the eigenvalues; for the last condition complete the square.",
        before=perturbed.of(q_V, dot(dV)),
        after=(
            Line(dot(dv_j), alone),
            Line(half_square_j, ordered_sum(-square, mu_j**2 / 4 * size)),
            Line(Determinant(W) * Determinant(APART), S.Zero, ">"),
            Line(sigma_least**2, mu_j**2 / 4, ">"),
        ),
        uses=("perturbation",),
        assumptions=("The surviving modes rest in any position.",),
        check=lambda before, after: (
            Identity(((_of_absent(before), after[dot(dv_j)]), (Trace(dv_j.T * after[dot(dv_j)]), after[half_square_j]))),
            Numerics(
                lambda rng: evidence.absent_spectra(rng, after[dot(dv_j)]),
                1e-8,
                "all dense eigenvalues at states at rest with absent modes",
            ),
            Numerics(
                lambda rng: evidence.absent_descent(rng, after), 1e-9, "dense eigenvalues and vectors", reads=after.bounds
            ),
        ),
    )


def _of_absent(known: Lines) -> MatrixExpr:
    """How the column of a mode without amplitude moves."""
    column = {V: ZeroMatrix(d, 1), dV: dv_j, mu_matrix: mu_j * Unit(1)}
    return known[dot(dV)].xreplace({q_V: known[q_V]}).xreplace(column).doit()


def _sign_protection_step() -> Step:
    loss = all_modes()
    kept = MatAdd(Q_t, scale_matrix(gamma, V * V.T), evaluate=False)
    return Step(
        "sign_protection",
        "What is conserved protects the head. If $Q$ is positive definite at the start, $W^TW$ never becomes singular, and "
        "$\\det W$ keeps its sign: its square does not fall below that of $Q$.",
        "$Q=W^TW-\\gamma VV^T$ is conserved; positive definite, it is a head that is large against the amplitudes.",
        before=velocity_lines(loss.stop_gradient_flow()),
        uses=("mode_flow",),
        after=(Line(W.T * W, kept), Line(Determinant(W) ** 2, Determinant(Q_t), r"\ge")),
        check=lambda given, after: (
            Identity((_move_alike(given, after[W.T * W], loss.context),), loss.context),
            Numerics(
                lambda rng: evidence.protected_heads(rng, after),
                1e-7,
                "runs of all modes, and the bound reached without any",
                reads=after.bounds,
            ),
        ),
    )


def _move_alike(known: Lines, kept: MatrixExpr, context: Context) -> tuple:
    """The square of the head, and what it is made of, along the velocities."""
    directions = {b: known[dot(b)] for b in (V, W)}
    return tuple(slope_along(e, directions, context) for e in (W.T * W, kept))
