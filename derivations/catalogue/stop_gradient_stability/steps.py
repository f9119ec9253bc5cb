"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Add, Expr, ImmutableMatrix, MatAdd, S, Symbol

from derivations.catalogue.mode_flow import mode_flow
from derivations.catalogue.stop_gradient_stability import evidence
from derivations.catalogue.stop_gradient_stability.beyond import beyond
from derivations.catalogue.written import matrix_lines, ordered_sum
from derivations.checks import Identity, Numerics
from derivations.closed_forms.reduced import all_modes, connected_blocks, entries
from derivations.closed_forms.residual import orthogonal_rates, orthogonal_state, residual_flow, slope_along
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    V,
    a_1,
    a_2,
    a_j,
    dV,
    dW,
    mu_1,
    mu_2,
    mu_3,
    mu_j,
    mu_matrix,
    omega_3,
    omega_l,
    q_V,
    s_absent,
    s_lj,
)
from theory.models.vocabulary import W, gamma
from theory.words import Context, scale_matrix

DENSE = "dense eigenvalues of the Jacobian of all entries"


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    residual = _residual_steps()
    perturbed = Lines(residual[1].after)
    return (*residual, *_orthogonal_steps(perturbed), *beyond(perturbed))


def _residual_steps() -> tuple[Step, ...]:
    loss = all_modes()
    parts = MatAdd(dW * V, W * dV, scale_matrix(-1, dV * mu_matrix), evaluate=False)
    flow = loss.stop_gradient_flow()
    acting = {W * V - V * mu_matrix: q_V, V * mu_matrix - W * V: -q_V}
    moved = tuple(Line(dot(c), flow.velocity[b].xreplace(acting)) for b, c in ((V, dV), (W, dW)))
    return (
        mode_flow(
            loss, "Modes and head under stop-gradient, without decay.", "Matrix calculus with the marked parts as constants."
        ),
        Step(
            "perturbation",
            "A small perturbation $\\delta V$, $\\delta W$ of a state at rest acts through its residual $q_V$ alone.",
            "Differentiate the velocities; $WV-V\\boldsymbol\\mu$ vanishes at rest, so only its change is left.",
            before=velocity_lines(flow),
            given=(Line(W * V, V * mu_matrix),),
            after=(Line(q_V, parts), *moved),
            uses=("mode_flow",),
            check=lambda given, after: (
                Identity(_linearised_pairs(given, after, loss.context), loss.context),
                Numerics(
                    lambda rng: evidence.perturbed_velocities(rng, after), 1e-9, "dense Jacobians at random states at rest"
                ),
            ),
        ),
        Step(
            "residual_flow",
            "The residual obeys a linear flow of its own. What leaves it unchanged, $q_V=0$, moves along the states at rest.",
            "Insert both velocities into $\\dot q_V=\\dot{\\delta W}V+W\\dot{\\delta V}-\\dot{\\delta V}\\boldsymbol\\mu$.",
            before=(Line(q_V, parts), *moved),
            after=(Line(dot(q_V), residual_flow()),),
            uses=("perturbation",),
            check=lambda before, after: Identity(
                ((before[q_V].xreplace({b: before[dot(b)] for b in (dV, dW)}), after[dot(q_V)]),), loss.context
            ),
        ),
    )


def _linearised_pairs(given: Lines, after: Lines, context: Context) -> tuple:
    """Derivatives of both velocities without their multiples of what vanishes at rest, and what is shown, the residual put
    in."""
    rest = MatAdd(W * V, scale_matrix(-1, given[W * V]), evaluate=False)
    multiples = {V: dW.T * rest, W: scale_matrix(gamma, rest * dV.T)}
    return tuple(
        (slope_along(given[dot(b)], {V: dV, W: dW}, context) + multiples[b], after[dot(change)].xreplace({q_V: after[q_V]}))
        for b, change in ((V, dV), (W, dW))
    )


def _block_lines(known: Lines) -> Lines:
    """The blocks of direction 1 with mode 2, direction 3 with mode 1, and of the absent mode, and a head entry beside modes."""
    modes, heads = entries("v", 3, 3), entries("W", 3, 3)
    at = known.of(V, W, mu_matrix).mapping | {dV: ImmutableMatrix(modes), dW: ImmutableMatrix(heads)}
    moved = (known[dot(b)].xreplace({q_V: known[q_V]}).xreplace(at).doit().as_explicit() for b in (dV, dW))
    found = connected_blocks([entry for block in moved for entry in block], dict.fromkeys([*modes, *heads], S.Zero))
    by_name = {str(names): (names, matrix) for names, matrix in found.items()}
    shown = ("(W_12, v_12)", "(W_31, v_31)", "(v_13,)", "(v_33,)", "(W_33,)")
    return Lines(line for name in shown for line in matrix_lines(*by_name[name]))


def _orthogonal_steps(perturbed: Lines) -> tuple[Step, ...]:
    held, absent = orthogonal_rates()
    rates = (Line(s_lj, ordered_sum(absent, held - absent)), Line(s_absent, absent))
    state = tuple(map(Line, (V, W, mu_matrix), orthogonal_state()))
    blocks = _block_lines(Lines((*perturbed, *state)))
    return (
        _orthogonal_modes_step(perturbed, state, blocks),
        _spectrum_step(blocks, rates),
        _thresholds_step(rates[0]),
        _splits_step(rates[1]),
    )


def _orthogonal_modes_step(perturbed: Lines, state: tuple[Line, ...], blocks: Lines) -> Step:
    return Step(
        "orthogonal_modes",
        "With orthogonal modes each direction meets each mode for itself. The component of a surviving mode along a "
        "direction moves with one entry of the head; that of an absent mode moves alone; other entries of the head rest.",
        "The connected blocks of the Jacobian.",
        before=perturbed,
        given=state,
        after=blocks,
        uses=("perturbation",),
        assumptions=("Modes 1 and 2 survive along directions 1 and 2, direction 3 is free, mode 3 absent; so are others.",),
        check=lambda before, after: after.same(_block_lines(before)),
    )


def _spectrum_step(blocks: Lines, rates: tuple[Line, Line]) -> Step:
    return Step(
        "spectrum",
        "The whole spectrum: for each direction $l$ and each surviving mode $j$ the rate $s_{lj}$ and a zero along the "
        "family of states at rest, for each absent mode the rate $s^0_{lj}$, and zeros for head entries beside all modes.",
        "Trace of the blocks, whose determinant vanishes.",
        before=blocks,
        after=rates,
        uses=("orthogonal_modes",),
        assumptions=(
            "$\\omega_l$ is the eigenvalue of the head on direction $l$, $a_j$ the amplitude of mode $j$ on its own, whose "
            "eigenvalue is $\\mu_j$.",
        ),
        check=lambda before, after: (
            Identity(_trace_pairs(before, after[s_lj], after[s_absent])),
            Numerics(lambda rng: evidence.state_spectra(rng, after), 1e-9, DENSE),
        ),
    )


def _thresholds_step(survivor: Line) -> Step:
    needed, enough = Line(gamma * a_j**2, omega_l * (mu_j - omega_l), ">"), Line(gamma * a_j**2, mu_j**2 / 4, ">")
    return Step(
        "thresholds",
        "A surviving mode needs amplitude against every direction $l$. Whatever the head, a quarter of the square of its "
        "correlation is enough.",
        "The rate $s_{lj}$ is to be negative for all $l$; complete the square in $\\omega_l$.",
        before=(survivor,),
        after=(Line(s_lj, ordered_sum(-((omega_l - mu_j / 2) ** 2), -gamma * a_j**2, mu_j**2 / 4)), needed, enough),
        uses=("spectrum",),
        check=lambda before, after: (
            Identity(((before[s_lj], after[s_lj]),)),
            Numerics(lambda rng: evidence.state_spectra(rng, after), 1e-9, DENSE),
            Numerics(
                lambda rng: evidence.thresholds(rng, after.bounds),
                0,
                "dense eigenvalues, negative where and only where the first holds for all directions; at the worst head, "
                "the second",
                reads=after.bounds,
            ),
        ),
    )


def _splits_step(absent: Line) -> Step:
    return Step(
        "splits",
        "Absent modes stay away where the correlation lies below every positive eigenvalue of the head and above every "
        "negative one, and only there. With all $d$ directions occupied the survivors are therefore the top $d_+$ and the "
        "bottom $d_-$ modes, positive and negative ones, for any split $d=d_++d_-$; and a head of one and more in all "
        "directions is stable with no class mode at all.",
        "The rate $s^0_{lj}$ is to be negative for all $l$ and all absent $j$.",
        before=(absent,),
        after=(Line(omega_l * mu_j, omega_l**2, "<"),),
        uses=("spectrum",),
        assumptions=("Amplitudes above their thresholds.",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.stable_splits(rng, before[s_absent], after.bounds),
            1e-9,
            "dense eigenvalues for every choice of survivors, and for none beside large heads",
            reads=after.bounds,
        ),
    )


def _trace_pairs(known: Lines, survivor: Expr, absent: Expr) -> tuple:
    """Traces of the blocks of two entries, and the rates of single ones, against the formulas."""
    modes, heads = entries("v", 3, 3), entries("W", 3, 3)

    def rate(moved: Symbol, mover: Symbol) -> Expr:
        return known[dot(moved)].diff(mover)

    def own(*moved: Symbol) -> Expr:
        return Add(*(rate(x, x) for x in moved))

    both = (heads[0, 1], modes[0, 1]), (heads[2, 0], modes[2, 0])
    return (
        (own(*both[0]), survivor.subs({omega_l: mu_1, mu_j: mu_2, a_j: a_2})),
        (own(*both[1]), survivor.subs({omega_l: omega_3, mu_j: mu_1, a_j: a_1})),
        (own(modes[0, 2]), absent.subs({omega_l: mu_1, mu_j: mu_3})),
        (own(modes[2, 2]), absent.subs({omega_l: omega_3, mu_j: mu_3})),
        (known[dot(heads[2, 2])], 0),
        *((own(head) * own(mode), rate(head, mode) * rate(mode, head)) for head, mode in both),
    )
