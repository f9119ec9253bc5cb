"""The steps of the derivation, with their checks.  The equations are those that the solver integrates."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Integer, S, Sum, exp, sqrt

from derivations.catalogue.mean_field_head import evidence, masses
from derivations.catalogue.mode_flow import mode_flow
from derivations.catalogue.written import ordered_sum
from derivations.checks import AtRandomPoints, Identity, Numerics
from derivations.closed_forms import decaying
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import (
    N_Z,
    A_dot,
    A_g,
    B_dot,
    B_g,
    P_mu,
    Q_dot,
    Q_g,
    Var_mu,
    c,
    epsilon,
    g_dot,
    g_next,
    g_o,
    g_of,
    j,
    lam_c,
    m_decay,
    m_j,
    m_o,
    mu,
    mu_e,
    mu_of,
    n_0,
    q,
    w,
    w_dot,
    w_minus,
    w_next,
    w_o,
    w_o_dot,
    w_plus,
)
from theory.dmft import ensembles, mode_measure
from theory.dmft import head_equations as equations
from theory.models.vocabulary import K, d, gamma, kappa, lam


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    loss = decaying.decaying_modes()
    upper, lower = equations.resting_heads(mu_e, lam, sqrt)
    heads = Line(w_plus, upper), Line(w_minus, lower)
    return (
        mode_flow(
            loss,
            "Modes and head under stop-gradient, with decays.",
            "Matrix calculus with the marked parts as constants, and the decays added.",
        ),
        _mean_field_step(velocity_lines(loss.stop_gradient_flow())),
        _three_equations_step(),
        _balance_step(),
        _masses_step(),
        _outlier_step(),
        _steady_states_step(heads),
        _critical_decay_step(heads),
        _finite_steps(),
    )


def _rate_line() -> Line:
    """How one mode grows."""
    return Line(g_dot[j, 0], equations.growth_rate(mu_of[j, 0], w, lam) * g_of[j, 0])


def _pulls(head, growth):
    """What all modes do to a head."""
    return Sum(m_j[j, 0] * equations.mode_pull(mu_of[j, 0], head) * growth**2, (j, 0, N_Z - 1))


def _head_line(growth=g_of[j, 0]) -> Line:
    return Line(w_dot, equations.head_rate(_pulls(w, growth), w, gamma, kappa))


def _mean_field_step(moved: Lines) -> Step:
    return Step(
        "mean_field",
        "From $W=w_0\\mathbb{I}$ the head of many modes stays $w(t)\\,\\mathbb{I}$, and every mode keeps its direction and "
        "grows by a factor $g_{w,j}$, that of its correlation $\\mu_{w,j}$.",
        "Modes of one correlation are many and independent: the sum of their $v_kv_k^T$ at the start is $m_{w,j}\\sum J$ "
        "times the identity, by the law of large numbers. Insert $W=w\\mathbb{I}$ and $v_k=g_{w,j}v_k(0)$.",
        before=moved,
        after=(_rate_line(), _head_line()),
        uses=("mode_flow",),
        assumptions=(
            "Many modes of each correlation for each of $d$ dimensions; $m_{w,j}$ is their number times their initial "
            "variance, over $\\sum J$; the mobility of the head is $\\gamma/\\sum J$.",
        ),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.isotropic_velocities(rng, before, after), 1e-12, "the flow of isotropic modes"),
            Numerics(evidence.large_numbers, 0.1, "the power of the number of independent modes"),
        ),
    )


def _three_equations_step() -> Step:
    growth = Line(g_of[j, 0], equations.mode_growth(mu_of[j, 0], B_g, A_g, exp))
    decays, gain = equations.logarithmic_rates(w, lam)
    return Step(
        "three_equations",
        "All modes grow by two functions of time, and the head by their sum.",
        "$\\mu_{w,j}$ enters the growth linearly: $\\dot A_g$ collects the rest. Their logarithms start at zero.",
        before=(_rate_line(), _head_line()),
        after=(growth, Line(A_dot, decays), Line(B_dot, gain), _head_line(growth.right)),
        uses=("mean_field",),
        check=lambda before, after: (
            AtRandomPoints(_by_logarithms(before, after), evidence.modes_at_random),
            Numerics(lambda rng: evidence.solved_growths(rng, before), 1e-5, "the solver"),
            Numerics(evidence.series_terms, 1e-8, "the solver in double precision, and by series"),
        ),
    )


def _balance_step() -> Step:
    grown = Sum(m_j[j, 0] * g_of[j, 0] ** 2, (j, 0, N_Z - 1))
    return Step(
        "balance",
        "Head and modes balance: without decay $Q_g$ is conserved.",
        "In $2\\gamma\\sum m_{w,j}g_{w,j}\\dot g_{w,j}-2w\\dot w$ all but the decays cancels.",
        before=(_rate_line(), _head_line()),
        after=(Line(Q_g, gamma * grown - w**2), Line(Q_dot, ordered_sum(-2 * lam * gamma * grown, 2 * kappa * w**2))),
        uses=("mean_field",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.balance_changes(rng, before, after), 1e-10, "differences at 40 digits"),
            Numerics(lambda rng: evidence.balanced_solution(rng, after), 1e-5, "the solver without decay"),
        ),
    )


def _by_logarithms(before: Lines, after: Lines) -> tuple:
    """The growth at the start, and both rates with the growth put in."""
    growth = after[g_of[j, 0]]
    moved = growth.diff(A_g) * after[A_dot] + growth.diff(B_g) * after[B_dot]
    return (
        (growth.subs({A_g: 0, B_g: 0}), Integer(1)),
        (before[g_dot[j, 0]].xreplace({g_of[j, 0]: growth}).subs(j, 0), moved.subs(j, 0)),
        (before[w_dot].xreplace({g_of[j, 0]: growth}), after[w_dot]),
    )


def _variance_line() -> Line:
    return Line(Var_mu, mode_measure.initial_variance(mu**2, n_0, c, q))


def _masses_step() -> Step:
    return Step(
        "masses",
        "With $c$ frustrated links at every class the initial variance of a mode is known. The mass of all modes of both signs "
        "and of the zeros together is two.",
        "$P_\\mu$ is what pure samples have of the mode of samples; frustrated ones have the degree $2q$. Per class, the mass "
        "is the variance over the degree of a label.",
        after=(Line(P_mu, mode_measure.pure_part(mu**2, n_0, 1 / ensembles.label_degree(n_0, c, q))), _variance_line()),
        assumptions=("Embeddings start independent, of variance one.",),
        check=lambda before, after: (
            Numerics(lambda rng: masses.mode_variances(rng, after), 1e-10, "singular vectors of a sampled coupling"),
            Numerics(lambda rng: masses.solved_masses(rng, after), 1e-10, "the masses of the solver, of a band"),
        ),
    )


def _outlier_step() -> Step:
    along = equations.mode_pull(Integer(1), w_o) * m_o * g_o**2
    return Step(
        "outlier",
        "A mode $\\mu=1$ is one of many. It acts on the head along its own direction alone, as a mode more of mass $m_1$; the "
        "rest does not feel it.",
        "$v_kv_k^T$ of a single mode has rank one: the head is $w$ across its direction and $w_1$ along it, where the modes "
        "grow with $w_1$. The mode $\\mu=1$ of a component has the amplitude of the square roots of all degrees. "
        "$m_1$ is $\\operatorname{Var}_1$ over the degree of a label, $d$ times, over $K$.",
        before=(_head_line(), _variance_line()),
        after=(
            Line(w_o_dot, equations.head_rate(_pulls(w_o, g_of[j, 0]) + along, w_o, gamma, kappa)),
            Line(m_o, d / K * mode_measure.mass_of_outlier(n_0, c, q)),
        ),
        uses=("mean_field", "masses"),
        assumptions=("$c$ links at every class; $g_{w,j}$ along this direction.",),
        check=lambda before, after: (
            Identity(((after[m_o], d / K * before[Var_mu].subs(mu, 1) / ensembles.label_degree(n_0, c, q)),)),
            Numerics(lambda rng: evidence.one_more(rng, before, after), 1e-12, "the flow of modes and a single one"),
            Numerics(lambda rng: masses.outlier_masses(rng, after[m_o]), 1e-10, "the degrees of sampled couplings"),
            Numerics(masses.poisson_outliers, 0.02, "the degrees of Poisson couplings, three errors"),
        ),
    )


def _steady_states_step(heads: tuple[Line, Line]) -> Step:
    return Step(
        "steady_states",
        "With both decays the modes at the edge $\\mu_e$ rest where they neither grow nor decay, at one of two heads, with "
        "a mass $m_\\lambda$. All others die.",
        "$\\mu_{w,j}=\\mu_e$ in the rate of a mode, and then $\\dot w=0$.",
        before=(_rate_line(), _head_line()),
        given=(Line(lam, Integer(0), ">"), Line(kappa, Integer(0), ">"), Line(mu_e**2, 4 * lam, r"\ge")),
        after=(*heads, Line(m_decay, equations.resting_mass(w, gamma, lam, kappa))),
        uses=("mean_field",),
        assumptions=("$w$ is $w_+$ or $w_-$.",),
        check=lambda before, after: (
            AtRandomPoints(tuple(_no_motion(before, after)), evidence.resting_point),
            Identity(tuple(zip(after.of(w_plus, w_minus).rights, _closed_heads(), strict=True))),
            Numerics(lambda rng: evidence.where_at_rest(rng, before, after), 0, "roots of the quadratic, and their modes"),
            Numerics(lambda rng: evidence.rest_states(rng, after), 1e-9, "roots of the quadratic, and the solver"),
        ),
    )


def _critical_decay_step(heads: tuple[Line, Line]) -> Step:
    return Step(
        "critical_decay",
        "Both heads are born at a critical decay, beyond which every mode decays, whatever the head.",
        "The discriminant of the two heads vanishes.",
        before=heads,
        after=(Line(lam_c, equations.critical_decay(mu_e)),),
        uses=("steady_states",),
        check=lambda before, after: (
            Identity(
                (
                    ((before[w_plus] - before[w_minus]).subs(lam, after[lam_c]), 0),
                    (after[lam_c], decaying.critical_decay().subs(mu, mu_e)),
                )
            ),
            Numerics(lambda rng: evidence.ordered_heads(rng, before), 1e-12, "the roots of the quadratic"),
            Numerics(lambda rng: evidence.state_births(rng, after[lam_c]), 1e-12, "the solver"),
        ),
    )


def _closed_heads() -> Iterator[Expr]:
    """Those of one mode along one direction, at the edge."""
    return (head.subs(mu, mu_e) for head in decaying.heads())


def _no_motion(before: Lines, after: Lines) -> Iterator[tuple]:
    """Both rates at each head, of one mode at the edge with a growth of one and the mass at rest; without it the head falls."""
    for head in after.of(w_plus, w_minus).rights:
        at = {mu_of[j, 0]: mu_e, g_of[j, 0]: Integer(1)}
        resting, alone = (
            before[w_dot].xreplace(at | {m_j[j, 0]: mass}).subs(N_Z, 1).doit().subs(w, head)
            for mass in (after[m_decay], S.Zero)
        )
        yield 1 + before[g_dot[j, 0]].xreplace(at).subs(w, head), Integer(1)
        yield 1 + resting, Integer(1)
        yield alone, -kappa * head


def _finite_steps() -> Step:
    stepped = g_of[j, 0] + epsilon * equations.growth_rate(mu_of[j, 0], w, lam) * g_of[j, 0]
    turned = w + epsilon * equations.head_rate(_pulls(w, g_of[j, 0]), w, gamma, kappa)
    return Step(
        "finite_steps",
        "Steps of gradient descent of a size $\\epsilon$ keep the same form: one head and one factor for each mode.",
        "A step adds $\\epsilon$ times the velocity, and both sides of the velocity have the form of the state.",
        before=(_rate_line(), _head_line()),
        after=(Line(g_next[j, 0], stepped), Line(w_next, turned)),
        uses=("mean_field",),
        check=lambda before, after: (
            AtRandomPoints(_step_pairs(before, after), evidence.modes_at_random),
            Numerics(lambda rng: evidence.descent_steps(rng, after), 1e-9, "gradient descent of all embeddings"),
            Numerics(evidence.simulated_heads, 1e-5, "simulations of all embeddings and of order parameters, and the solver"),
        ),
    )


def _step_pairs(before: Lines, after: Lines) -> tuple:
    """The state after a step, and the state and its rates times the step."""
    grown, turned = (g_of[j, 0], g_dot[j, 0]), (w, w_dot)
    return tuple((after[new], old + epsilon * before[rate]) for new, (old, rate) in ((g_next[j, 0], grown), (w_next, turned)))
