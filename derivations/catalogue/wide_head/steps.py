"""The steps of the derivation, with their checks.  The equations are those that the solver steps."""

from __future__ import annotations

from sympy import HadamardProduct, Identity, Inverse, MatMul, OneMatrix

from derivations.catalogue.mode_flow import mode_flow
from derivations.catalogue.wide_head import evidence, limits
from derivations.checks import AtRandomPoints, Numerics, Remainder
from derivations.closed_forms import decaying
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import (
    Q_0,
    A_s,
    A_t,
    B_s,
    B_t,
    C_end,
    C_t,
    Delta_c,
    Delta_s,
    F_t,
    G_s,
    M_t,
    N_t,
    Omega_t,
    R_end,
    R_t_t,
    V,
    dr_dphi,
    dv_dpsi,
    g,
    mu,
    n_t,
    omega,
    psi_f,
    psi_t,
    r_t,
    r_v,
    s,
    s_c,
    sigma,
    v,
    v_row,
    v_t,
    varphi_f,
    varphi_t,
    w_0,
    x_C,
    xi_d,
)
from theory.dmft.wide import equations
from theory.models.vocabulary import W, d, gamma, kappa, lam

ONE, FIRST = Identity(n_t), OneMatrix(n_t, 1)
HEAD, SPREAD = w_0 * F_t, g * F_t


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    loss = decaying.decaying_modes()
    return (
        mode_flow(
            loss,
            "Modes and head under stop-gradient, with decays.",
            "Matrix calculus with the marked parts as constants, and the decays added.",
        ),
        _trajectories_step(velocity_lines(loss.stop_gradient_flow())),
        _cavity_step(),
        _noise_step(),
        _closure_step(),
        _at_rest_step(),
        _growth_step(),
        _kept_step(velocity_lines(loss.stop_gradient_flow())),
        _end_step(),
    )


# -- from the flow to one dimension -----------------------------------------------------------------------------------


def _remember(kernel):
    """Integrals with a kernel, as the head decays between the times."""
    return HadamardProduct(F_t * Omega_t * Inverse(F_t), kernel)


def _fields() -> Lines:
    return Lines((Line(varphi_t, v_t * xi_d.T), Line(psi_t, r_t * xi_d)))


def _overlaps() -> Lines:
    return Lines((Line(C_t, v_t * v_t.T / d), Line(R_t_t, r_t * r_t.T / d)))


def _moves() -> Lines:
    residual = equations.residual(mu * ONE, HEAD, SPREAD, gamma, v_t, varphi_t, _remember(C_t) * r_t)
    velocity = equations.velocity(HEAD, SPREAD, gamma, lam, v_t, r_t, psi_t, _remember(R_t_t) * v_t)
    return Lines((Line(r_t, residual), Line(v_t, FIRST * v_row + Omega_t * velocity)))


def _echoes() -> Lines:
    first, second = equations.echoed(varphi_f, A_t * r_t), equations.echoed(psi_f, B_t * v_t)
    return Lines((Line(varphi_t, first, r"\simeq"), Line(psi_t, second, r"\simeq")))


def _noises() -> Lines:
    return Lines((Line(varphi_f * varphi_f.T / d, C_t, r"\simeq"), Line(psi_f * psi_f.T / d, R_t_t, r"\simeq")))


def _trajectories_step(moved: Lines) -> Step:
    return Step(
        "trajectories",
        "The head is put into the flow of one mode: memory of the overlaps $C_t$ and $R_t$, and two fields that are linear in "
        "the random matrix.",
        "$W=e^{-\\kappa t}(w_0\\mathbb{I}+g\\xi_d)-\\frac\\gamma d\\int e^{-\\kappa(t-s)}r(s)v(s)^T ds$ with the residual "
        "$r=(W-\\mu)v$. Rows are times: $\\Omega_t$ takes integrals up to each, $F_t$ has $e^{-\\kappa t}$ on its diagonal.",
        before=moved,
        after=(*_moves(), *_fields(), *_overlaps()),
        uses=("mode_flow",),
        assumptions=(
            "The mobility of the head is $\\gamma/d$ here; $\\xi_d$ has independent normal entries of variance $1/d$.",
        ),
        check=lambda before, after: Numerics(
            lambda rng: evidence.followed_runs(rng, before, after), 1e-12, "steps of the flow of the mode and the head"
        ),
    )


def _cavity_step() -> Step:
    return Step(
        "cavity",
        "A field is what it would be without its own dimension, and an echo of what that does to all others.",
        "Without row $i$ of $\\xi_d$ the field $\\varphi_i$ vanishes, and amplitudes are independent of that row. It changes "
        "them by their response to $\\psi$, in first order, and $\\sum_j\\xi_{ij}^2$ is one. Likewise with columns.",
        before=_fields(),
        given=(Line(A_t, dv_dpsi), Line(B_t, dr_dphi)),
        after=_echoes(),
        uses=("trajectories",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.cavities(rng, before, after), 0.3, "runs without a row or column, at growing d", reads=after
        ),
    )


def _noise_step() -> Step:
    return Step(
        "noise",
        "Without the echo fields are Gaussian noise with the overlaps of what they are fields of.",
        "Each is a sum of independent terms, and amplitudes without the row know nothing of it.",
        before=_echoes(),
        after=_noises(),
        uses=("cavity",),
        assumptions=("$C_t$, $R_t$ and responses have limits for $d\\to\\infty$.",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.noises(rng, before, after), 0.3, "sampled heads beside the solver, at growing d", reads=after
        ),
    )


def _propagators() -> Lines:
    pull = HEAD - mu * ONE
    inner = ONE - g * F_t * A_t + gamma * _remember(C_t)
    rest = g * F_t * B_t - gamma * _remember(R_t_t) + lam * ONE + w_0 * F_t * M_t * pull
    return Lines((Line(M_t, Inverse(inner)), Line(N_t, Inverse(ONE + Omega_t * rest))))


def _kernels() -> Lines:
    pull, drive = HEAD - mu * ONE, Omega_t * F_t
    start = sigma**2 * FIRST * FIRST.T
    from_psi = g**2 * drive * R_t_t * drive.T
    through = MatMul(drive, M_t, F_t)
    from_phi = (w_0 * g) ** 2 * through * C_t * through.T
    carried = M_t * pull * N_t
    return Lines(
        (
            Line(A_t, -g * N_t * drive),
            Line(B_t, g * (M_t - w_0 * carried * drive * M_t) * F_t),
            Line(C_t, N_t * (start + from_psi + from_phi) * N_t.T),
            Line(R_t_t, carried * (start + from_psi) * carried.T + B_t * C_t * B_t.T),
        )
    )


def _closure_step() -> Step:
    through = w_0 * g * Omega_t * F_t * M_t * F_t * varphi_f
    solved = N_t * (FIRST * v_row - g * Omega_t * F_t * psi_f - through)
    return Step(
        "closure",
        "One dimension, linear in its start and its noise, has the overlaps and responses that it feels: a closed theory.",
        "Insert the echoes and solve, first for $r_t$, then for $v_t$. Responses are the coefficients of the noise; overlaps "
        "are averages over it and over the start, of variance $\\sigma^2$. Memory reaches back only: the times follow one from "
        "another.",
        before=(*_moves(), *_echoes(), *_noises()),
        after=(
            *_propagators(),
            Line(r_t, M_t * ((HEAD - mu * ONE) * v_t + SPREAD * varphi_f)),
            Line(v_t, solved),
            *_kernels(),
        ),
        uses=("trajectories", "cavity", "noise"),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.solved_dimensions(rng, before, after), 1e-9, "the equations, from time to time"),
            Numerics(lambda rng: evidence.averaged_dimensions(rng, before, after), 1e-9, "covariances of what is linear"),
            Numerics(lambda rng: evidence.solver_kernels(rng, after), 1e-9, "the causal solver, and whole kernels"),
        ),
    )


# -- closed forms -----------------------------------------------------------------------------------------------------


def _rest_lines() -> Lines:
    return Lines(
        (
            Line(s, equations.rate_of_pole(Delta_s, mu, w_0, g)),
            Line(A_s, -g / (Delta_s - g**2)),
            Line(B_s, g * s / (Delta_s - g**2)),
            Line(G_s, 1 / (Delta_s - g**2)),
        )
    )


def _at_rest_step() -> Step:
    return Step(
        "at_rest",
        "Beside a head at rest, $\\gamma=\\kappa=\\lambda=0$, responses depend on the time between alone. Their Laplace "
        "transforms are functions of one parameter $\\Delta_s$; $G_s$ is the mean of a mode for one at the start.",
        "What is a matrix over times is then a number at each rate $s$, with $1/s$ for the integral.",
        before=(*_propagators(), *_kernels()[:2]),
        after=_rest_lines(),
        uses=("closure",),
        check=lambda before, after: (
            Numerics(lambda rng: limits.transforms(rng, before, after), 1e-9, "the equations at one rate"),
            Numerics(lambda rng: limits.dense_responses(rng, after), 0.03, "dense heads"),
        ),
    )


def _growth_step() -> Step:
    cubic = (Delta_c**3 - equations.pole_condition(Delta_c, mu, w_0, g)).expand().collect(Delta_c)
    return Step(
        "growth",
        "Small labels grow at the rate $s_c$ of the largest root $\\Delta_c$: they do where the disc of the head's eigenvalues "
        "reaches between zero and $\\mu$.",
        "Both overlaps obey two linear equations, which are singular there. At $s_c=0$ it is $w_0=\\mu+g$, or $w_0=-g$.",
        before=(_rest_lines()[0], *_kernels()[2:]),
        after=(
            Line(Delta_c**3, cubic),
            Line(s_c, equations.rate_of_pole(Delta_c, mu, w_0, g)),
            Line(w_0, -g, ">"),
            Line(w_0, mu + g, "<"),
        ),
        uses=("closure", "at_rest"),
        check=lambda before, after: (
            Numerics(lambda rng: limits.singular_overlaps(rng, before, after), 1e-6, "the equations of the overlaps"),
            Numerics(lambda rng: limits.dense_growth(rng, after), 0.03, "eigenvalues of dense heads, and the solver"),
            Numerics(lambda rng: limits.growing_labels(rng, after), 1e-9, "signs of growth rates", reads=after.bounds),
        ),
    )


def _kept_step(moved: Lines) -> Step:
    return Step(
        "kept",
        "Without decay $Q_0$ is conserved, and labels are kept for ever where it is not positive at the start.",
        "Where a mode vanishes, $W^TW=Q_0$ cannot be negative. $Q_0$ has a negative eigenvalue where "
        "$\\frac\\gamma dv^T(W^TW)^{-1}v$ exceeds one, and the mean inverse square of the singular values of "
        "$w_0\\mathbb{I}+g\\xi_d$ is $1/(w_0^2-g^2)$; it is infinite for smaller $w_0$.",
        before=moved,
        given=(Line(Q_0, W.T * W - gamma * V * V.T / d),),
        after=(Line(gamma * sigma**2, equations.protected_mass(w_0, g), ">"),),
        uses=("mode_flow",),
        assumptions=("$\\kappa=\\lambda=0$; the mobility of the head is $\\gamma/d$.",),
        check=lambda before, after: (
            Numerics(lambda rng: limits.conserved(rng, before), 1e-9, "differences along the flow at 40 digits"),
            Numerics(lambda rng: limits.negative_starts(rng, before, after), 1e-9, "eigenvalues of dense starts", reads=after),
        ),
    )


def _end_step() -> Step:
    return Step(
        "end",
        "With both decays what the head had at random is forgotten, and constant states of a mode are left.",
        "$F_t\\to0$, and integrals over constants are $1/\\kappa$: $r=r_vv$ and $R_\\infty=r_v^2C_\\infty$, with "
        "$x_C=\\gamma C_\\infty/\\kappa$.",
        given=(
            Line(r_v, equations.residual(mu, 0, 0, gamma, 1, 0, C_end * r_v / kappa)),
            Line(lam * v, equations.velocity(0, 0, gamma, 0, v, r_v * v, 0, R_end * v / kappa)),
        ),
        after=(
            Line(lam, mu**2 * x_C / (1 + x_C) ** 2),
            Line(omega, equations.resting_head(mu, x_C)),
            Line(C_end, equations.resting_variance(x_C, gamma, kappa)),
        ),
        check=lambda given, after: (
            AtRandomPoints(limits.resting_pairs(given, after), limits.resting_point),
            Numerics(lambda rng: limits.late_modes(rng, after), 0.02, "the solver at late times, and its states"),
        ),
    )
