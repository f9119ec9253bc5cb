"""The steps of the derivation, with their checks."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Dummy, Expr, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Trace, Transpose, symbols
from sympy import Identity as Unit

from derivations.catalogue.stop_gradient_stability import evidence
from derivations.catalogue.written import linear_lines, ordered
from derivations.checks import Identity, Numerics
from derivations.closed_forms.reduced import all_modes, sectors
from derivations.closed_forms.residual import orthogonal_rates, orthogonal_state, residual_flow
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import (
    Q_t,
    V,
    a_1,
    a_2,
    a_j,
    dV,
    dv_j,
    dW,
    mu_1,
    mu_2,
    mu_3,
    mu_j,
    mu_matrix,
    omega_3,
    omega_l,
    q_V,
)
from theory.models.vocabulary import W, d, gamma
from theory.words import Context, assemble, expand, scaled

epsilon = Dummy("epsilon")


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_residual(), *_orthogonal(), *_beyond())


def slope(expr: MatrixExpr, directions: Mapping[MatrixSymbol, MatrixExpr], context: Context) -> MatrixExpr:
    """The derivative of a matrix polynomial as its symbols move in directions."""
    moved = expr.xreplace({b: MatAdd(b, scaled(epsilon, x), evaluate=False) for b, x in directions.items()})
    terms = {word: c.diff(epsilon).subs(epsilon, 0) for word, c in expand(moved, context).items()}
    return assemble({word: c for word, c in terms.items() if c != 0}, expr.shape)


def _residual() -> tuple[Step, ...]:
    loss = all_modes()
    flow = loss.stop_gradient_flow()
    parts = MatAdd(dW * V, W * dV, scaled(-1, dV * mu_matrix), evaluate=False)
    moved = (Line(r"\dot{\delta V}", scaled(-1, W.T * q_V)), Line(r"\dot{\delta W}", scaled(-gamma, q_V * V.T)))
    return (
        Step(
            "perturbation",
            "A small perturbation $\\delta V$, $\\delta W$ of a state at rest acts through its residual $q_V$ alone.",
            "Differentiate the velocities; $WV-V\\mu$ vanishes at rest, so only its change is left.",
            before=velocity_lines(flow),
            after=(Line(q_V, parts), *moved),
            assumptions=("$WV=V\\mu$; $H=D^{-1}$, no decay; $\\mu$ is diagonal.",),
            check=lambda before, after: (
                Identity(_linearised(before, after, loss.context), loss.context),
                Numerics(
                    lambda rng: evidence.perturbed(rng, after, (dV, dW)), 1e-9, "dense Jacobians at random states at rest"
                ),
            ),
        ),
        Step(
            "residual_flow",
            "The residual obeys a linear flow of its own. What leaves it unchanged, $q_V=0$, moves along the states at rest.",
            "Insert both velocities into $\\dot q_V=\\dot{\\delta W}V+W\\dot{\\delta V}-\\dot{\\delta V}\\mu$.",
            before=(Line(q_V, parts), *moved),
            after=(Line(r"\dot q_V", residual_flow()),),
            uses=("perturbation",),
            check=lambda before, after: (
                Identity(
                    ((before[0].right.xreplace({dV: before[1].right, dW: before[2].right}), after[0].right),), loss.context
                ),
                Identity(((before[0].left, q_V),), loss.context),
            ),
        ),
    )


def _linearised(before: Lines, after: Lines, context: Context) -> tuple:
    """Derivatives of both velocities without their multiples of :math:`WV-V\\mu`, and what is shown, without the residual."""
    rest = MatAdd(W * V, scaled(-1, V * mu_matrix), evaluate=False)
    multiples = (dW.T * rest, scaled(gamma, rest * dV.T))
    shown = (line.right.xreplace({after[0].left: after[0].right}) for line in after[1:])
    slopes = (slope(line.right, {V: dV, W: dW}, context) for line in before)
    return tuple((s + m, e) for s, m, e in zip(slopes, multiples, shown, strict=True))


def _blocks(velocities: tuple[MatrixExpr, ...]) -> Lines:
    """The blocks of direction 1 with mode 2, direction 3 with mode 1, and of the absent mode, and a head entry beside modes."""
    found = sectors(velocities, *orthogonal_state())
    shown = ("(W_12, v_12)", "(W_31, v_31)", "(v_13,)", "(v_33,)", "(W_33,)")
    by_name = {str(names): (names, matrix) for names, matrix in found.items()}
    return Lines(line for name in shown for line in linear_lines(*by_name[name]))


def _orthogonal() -> tuple[Step, ...]:
    flow = all_modes().stop_gradient_flow()
    held, absent = orthogonal_rates()
    survivor = ordered(absent, held - absent)
    return (
        Step(
            "orthogonal_modes",
            "With orthogonal modes each direction meets each mode for itself. The component of a surviving mode along a "
            "direction moves with one entry of the head; that of an absent mode moves alone; other entries of the head rest.",
            "The connected blocks of the Jacobian.",
            before=velocity_lines(flow),
            after=_blocks(tuple(flow.velocity.values())),
            uses=("perturbation",),
            assumptions=(r"$v_1=a_1e_1$, $v_2=a_2e_2$, $v_3=0$; $We_1=\mu_1e_1$, $We_2=\mu_2e_2$, $We_3=\omega_3e_3$.",),
            check=lambda before, after: after.equal(_blocks(before.rights).rights),
        ),
        Step(
            "spectrum",
            "The whole spectrum: for each direction $l$ and each surviving mode $j$ the rate $s_{lj}$ and a zero along the "
            "family of states at rest, for each absent mode the rate $s^0_{lj}$, and zeros for head entries beside all modes.",
            "Trace of the blocks, whose determinant vanishes.",
            before=_blocks(tuple(flow.velocity.values())),
            after=(Line("s_{lj}", survivor), Line("s^0_{lj}", absent)),
            uses=("orthogonal_modes", "residual_flow"),
            assumptions=(r"$We_l=\omega_le_l$, $v_j=a_je_j$, $\omega_j=\mu_j$.",),
            check=lambda before, after: (
                Identity(_traces(before, *after.rights)),
                Numerics(
                    lambda rng: evidence.spectra(rng, after.rights, (omega_l, mu_j, a_j)),
                    1e-9,
                    "dense eigenvalues of the Jacobian of all entries",
                ),
            ),
        ),
        Step(
            "thresholds",
            "A surviving mode needs amplitude: $\\gamma a_j^2>\\max_l\\omega_l(\\mu_j-\\omega_l)$. Whatever the head, "
            "$\\gamma a_j^2>\\mu_j^2/4$ is enough.",
            "$s_{lj}<0$ for all $l$; complete the square in $\\omega_l$.",
            before=(Line("s_{lj}", survivor),),
            after=(Line("s_{lj}", ordered(-((omega_l - mu_j / 2) ** 2), -gamma * a_j**2, mu_j**2 / 4)),),
            uses=("spectrum",),
            check=lambda before, after: (
                Identity(((before[0].right, after[0].right),)),
                Numerics(
                    lambda rng: evidence.spectra(rng, (after[0].right, absent), (omega_l, mu_j, a_j)),
                    1e-9,
                    "dense eigenvalues of the Jacobian of all entries",
                ),
            ),
        ),
        Step(
            "splits",
            "Absent modes stay away iff $\\mu_j<\\omega_l$ where $\\omega_l>0$ and $\\mu_j>\\omega_l$ where $\\omega_l<0$. "
            "With all $d$ directions occupied the survivors are therefore the top $d_+$ and the bottom $d_-$ modes, "
            "positive and negative ones, for any split $d=d_++d_-$; and a head with all $\\omega_l\\ge1$ is stable with no "
            "class mode at all.",
            "$s^0_{lj}<0$ for all $l$ and all absent $j$.",
            after=(Line("s^0_{lj}", absent),),
            uses=("spectrum",),
            assumptions=("Amplitudes above their thresholds; $\\omega_l\\ne0$, different correlations.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.splits(rng, after[0].right, (omega_l, mu_j)),
                1e-9,
                "dense eigenvalues for every choice of survivors, and for none beside large heads",
            ),
        ),
    )


def _traces(before: Lines, survivor: Expr, absent: Expr) -> tuple:
    """Traces of the blocks of two entries, and the rates of single ones, against the formulas."""
    entries = {name: symbols(name, real=True) for name in ("W_12", "v_12", "W_31", "v_31", "v_13", "v_33", "W_33")}
    rates = {name: line.right.diff(entries[name]) for name, line in zip(entries, before, strict=True)}
    cross = {name: line.right for name, line in zip(entries, before, strict=True)}
    pairs = [
        (rates["W_12"] + rates["v_12"], survivor.subs({omega_l: mu_1, mu_j: mu_2, a_j: a_2})),
        (rates["W_31"] + rates["v_31"], survivor.subs({omega_l: omega_3, mu_j: mu_1, a_j: a_1})),
        (rates["v_13"], absent.subs({omega_l: mu_1, mu_j: mu_3})),
        (rates["v_33"], absent.subs({omega_l: omega_3, mu_j: mu_3})),
        (cross["W_33"], 0),
    ]
    for head, mode in (("W_12", "v_12"), ("W_31", "v_31")):
        mixed = cross[head].diff(entries[mode]) * cross[mode].diff(entries[head])
        pairs.append((rates[head] * rates[mode], mixed))
    return tuple(pairs)


def _beyond() -> tuple[Step, ...]:
    loss = all_modes()
    flow = loss.stop_gradient_flow()
    rest = MatAdd(W.T * q_V, scaled(-1, q_V * mu_matrix) / 2, evaluate=False)
    square = Trace(MatMul(Transpose(rest), rest, evaluate=False))
    mass = MatAdd(scaled(gamma, V.T * V), scaled(-1, mu_matrix * mu_matrix) / 4, evaluate=False)
    kept = MatAdd(Q_t, scaled(gamma, V * V.T), evaluate=False)
    return (
        Step(
            "any_modes",
            "Surviving modes that are not orthogonal are stable, together with the head, if "
            "$\\gamma V^TV\\succ\\tfrac14\\mu^2$: then the size of the residual falls for every perturbation.",
            "Complete the square. A decreasing norm puts the numerical range, and all eigenvalues, into the left half plane.",
            before=(Line(r"\dot q_V", residual_flow()),),
            after=(
                Line(
                    r"\tfrac{d}{dt}\tfrac12\lVert q_V\rVert^2",
                    ordered(-square, -Trace(MatMul(q_V, mass, Transpose(q_V), evaluate=False))),
                ),
            ),
            uses=("residual_flow",),
            assumptions=(
                "The columns of $V$ are the surviving modes alone, for absent ones see below. Sufficient, not necessary.",
            ),
            check=lambda before, after: (
                Identity(((Trace(q_V.T * before[0].right), after[0].right),), loss.context),
                Numerics(lambda rng: evidence.falling(rng, after[0].right, q_V), 1e-9, "dense Jacobians along perturbations"),
                Numerics(evidence.safe, 0, "dense eigenvalues where the condition holds"),
            ),
        ),
        _absent(),
        Step(
            "sign_protection",
            "What is conserved protects the head. If $Q\\succ0$ at the start, $W^TW$ never becomes singular, and $\\det W$ "
            "keeps its sign: its square stays above $\\det Q$.",
            "$Q=W^TW-\\gamma VV^T$ is conserved; $Q\\succ0$ is a head that is large against the amplitudes.",
            before=velocity_lines(flow),
            after=(Line(W.T * W, kept),),
            uses=("perturbation",),
            check=lambda before, after: (
                Identity(_both_move(before, after, loss.context), loss.context),
                Numerics(lambda rng: evidence.protected(rng, after[0].right, Q_t), 1e-7, "runs of all modes"),
            ),
        ),
    )


def _absent() -> Step:
    """Absent modes beside survivors that are not orthogonal."""
    flow = all_modes().stop_gradient_flow()
    rest = MatAdd(W * dv_j, scaled(-mu_j / 2, dv_j), evaluate=False)
    square, size = Trace(MatMul(Transpose(rest), rest, evaluate=False)), Trace(dv_j.T * dv_j)
    alone = MatMul(scaled(-1, W.T), MatAdd(W, scaled(-mu_j, Unit(d)), evaluate=False), dv_j, evaluate=False)
    return Step(
        "absent_modes",
        "An absent mode moves by itself. It stays away iff all eigenvalues of $W^T(W-\\mu_j)$ have positive real parts; "
        "together with the survivors' own condition this decides. Where survivors are not orthogonal $W$ is not symmetric, and "
        "its eigenvalues do not tell: $\\det W\\det(W-\\mu_j)>0$ is necessary, and $\\sigma_{\\min}(W-\\tfrac12\\mu_j)>"
        "\\tfrac12|\\mu_j|$ is enough.",
        "With $v_j=0$ neither the head nor another mode feels $\\delta v_j$ to first order, nor is it moved by them. The "
        "determinant is the product of the eigenvalues; for the last condition complete the square.",
        before=velocity_lines(flow)[:1],
        after=(
            Line(r"\dot{\delta v}_j", alone),
            Line(r"\tfrac{d}{dt}\tfrac12\lVert\delta v_j\rVert^2", ordered(-square, mu_j**2 / 4 * size)),
        ),
        uses=("perturbation", "any_modes"),
        assumptions=("$WV=V\\mu$ for the surviving modes, in any position.",),
        check=lambda before, after: (
            Identity(((before[0].right.xreplace({V: dv_j, mu_matrix: mu_j * Unit(1)}), after[0].right),)),
            Identity(((Trace(dv_j.T * after[0].right), after[1].right),)),
            Numerics(
                lambda rng: evidence.beside(rng, after[0].right, dv_j, mu_j),
                1e-8,
                "all dense eigenvalues at states at rest with absent modes",
            ),
            Numerics(lambda rng: evidence.kept_out(rng, after[1].right, dv_j, mu_j), 1e-9, "dense eigenvalues and vectors"),
        ),
    )


def _both_move(before: Lines, after: Lines, context: Context) -> tuple:
    """Both sides move alike along the velocities."""
    directions = {V: before[0].right, W: before[1].right}
    left, right = (slope(e, directions, context) for e in (after[0].left, after[0].right))
    return ((left, right), (after[0].left, W.T * W), (before[0].right, all_modes().stop_gradient_flow().velocity[V]))
