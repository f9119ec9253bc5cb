"""Numbers that the derivation ``wide_head`` is held against: steps of the flow, cavities, sampled heads, the solvers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import MatrixSymbol, Symbol, lambdify

from derivations.catalogue.points import diagonal_matrix
from derivations.checks import random_values
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    N_Z,
    A_t,
    B_t,
    C_t,
    F_t,
    M_t,
    N_t,
    Omega_t,
    R_t_t,
    V,
    dr_dphi,
    dv_dpsi,
    g,
    mu,
    mu_matrix,
    n_t,
    psi_f,
    psi_t,
    r_t,
    sigma,
    v_row,
    v_t,
    varphi_f,
    varphi_t,
    w_0,
    xi_d,
)
from theory.dmft.wide.causal import Group, Kernels, solve_causally
from theory.dmft.wide.whole import explicit_weights, solve_whole, trapezoidal_weights
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import W, d, gamma, kappa, lam

TIMES, DIMENSIONS, DRAWS = 5, (40, 160, 480), 16
ROWS = 16  # and columns that are left out of each, one by one
RATES = {mu: 0.8, w_0: 0.5, g: 0.6, gamma: 1.0, lam: 0.1, kappa: 0.2, sigma: 1.0}
STEP = 0.4


def _grid(decay, step: float = STEP, times: int = TIMES) -> tuple[NDArray, dict]:
    """Even times, and the matrices of integrals and decays on them."""
    at = step * np.arange(times)
    decays = diagonal_matrix(np.exp(-float(decay) * at))
    return at, {n_t: times, Omega_t: explicit_weights(at), F_t: decays}


# -- the flow ---------------------------------------------------------------------------------------------------------


def followed_runs(rng: np.random.Generator, moved: Lines, found: Lines) -> Iterator[tuple]:
    """Amplitudes, residuals, fields and overlaps of the flow in three dimensions, step by step, and as the lines have them."""
    size = 3
    rates = {name: float(random_values(rng, (), 0.2, 1)) for name in RATES}
    _, grid = _grid(rates[kappa])
    noise, start = rng.standard_normal((size, size)), rng.standard_normal((1, size))
    v, r = _follow(moved, rates, grid, noise, start)
    phi, psi, C, R = v @ noise.T, r @ noise, v @ v.T / size, r @ r.T / size
    known = {v_t: v, r_t: r, varphi_t: phi, psi_t: psi, C_t: C, R_t_t: R, xi_d: noise, v_row: start}
    at = Point({**rates, **grid, d: size, **known})
    for name in (r_t, v_t, varphi_t, psi_t, C_t, R_t_t):
        yield evaluate(found[name], at), known[name]


def _follow(moved: Lines, rates: dict, grid: dict, noise: NDArray, start: NDArray) -> tuple[NDArray, NDArray]:
    """Amplitudes and residuals at all times, from velocities and the integrals of the grid."""
    size, weights, left = noise.shape[0], grid[Omega_t], np.diag(grid[F_t]).astype(float)
    first, numbers = rates[w_0] * np.eye(size) + rates[g] * noise, rates | {gamma: rates[gamma] / size}
    v, r = [], []
    moves: list[NDArray] = []
    turns: list[NDArray] = []
    for n, row in enumerate(weights):
        now = start + sum((w * move for w, move in zip(row, moves, strict=False)), np.zeros_like(start))
        head = left[n] * first + sum(
            (w * left[n] / left[j] * turn for j, (w, turn) in enumerate(zip(row, turns, strict=False))), np.zeros_like(first)
        )
        at = Point({**numbers, d: size, N_Z: 1, V: now.T, W: head, mu_matrix: np.array([[rates[mu]]])})
        moves.append(np.array(evaluate(moved[dot(V)], at), dtype=float).T)
        turns.append(np.array(evaluate(moved[dot(W)], at), dtype=float) + rates[kappa] * head)
        v.append(now[0])
        r.append(head @ now[0] - rates[mu] * now[0])
    return np.array(v), np.array(r)


# -- many dimensions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Run:
    """A sampled head: its random matrix, the start, and what follows, with pulses of the fields."""

    noise: NDArray
    start: NDArray

    @classmethod
    def draw(cls, size: int, seed: int) -> _Run:
        rng = np.random.default_rng([size, seed])
        return cls(rng.standard_normal((size, size)) / size**0.5, rng.standard_normal(size))

    def follow(
        self, fields: tuple = (0.0, 0.0), rows: Sequence[int] = (), columns: Sequence[int] = ()
    ) -> tuple[NDArray, NDArray]:
        """Amplitudes and residuals (n, d, m) of m copies: with added fields phi and psi (n, d, m), or each without one row or
        column of the random matrix."""
        size, copies = len(self.start), max(1, len(rows), len(columns), *(np.shape(f)[-1] if np.ndim(f) else 1 for f in fields))
        on_phi, on_psi = (np.broadcast_to(f, (TIMES, size, copies)) for f in fields)
        at, grid = _grid(RATES[kappa])
        left, weights, each = np.exp(-RATES[kappa] * at), grid[Omega_t], np.arange(copies)
        v, r, moves = (np.zeros((TIMES, size, copies)) for _ in range(3))
        for n in range(TIMES):
            v[n] = self.start[:, None] + np.tensordot(weights[n], moves, 1)
            lags = RATES[gamma] / size * weights[n, :n, None] * left[n] / left[:n, None]
            head, spread = RATES[w_0] * left[n], RATES[g] * left[n]
            phi = self.noise @ v[n]
            if len(rows):
                phi[rows, each] = 0
            if len(columns):
                phi -= self.noise[:, columns] * v[n, columns, each]
            memory = np.einsum("sm,sim->im", lags * np.einsum("sim,im->sm", v[:n], v[n]), r[:n])
            r[n] = (head - RATES[mu]) * v[n] + spread * (phi + on_phi[n]) - memory
            psi = self.noise.T @ r[n]
            if len(rows):
                psi -= self.noise[rows].T * r[n, rows, each]
            if len(columns):
                psi[columns, each] = 0
            memory = np.einsum("sm,sim->im", lags * np.einsum("sim,im->sm", r[:n], r[n]), v[:n])
            moves[n] = memory - head * r[n] - spread * (psi + on_psi[n]) - RATES[lam] * v[n]
        return v, r


@cache
def _responses(size: int, seed: int) -> tuple[NDArray, NDArray]:
    """Mean changes of amplitudes by psi and of residuals by phi, at each time by pulses at each, in all dimensions at once."""
    run, step = _Run.draw(size, seed), 1e-3
    signs = np.random.default_rng([size, seed, 1]).choice([-1.0, 1.0], size)
    pulses = step * np.einsum("ts,i->tis", np.eye(TIMES), signs)
    v, r = (run.follow(fields)[of] for of, fields in ((0, (0.0, pulses)), (1, (pulses, 0.0))))
    v_back, r_back = (run.follow(fields)[of] for of, fields in ((0, (0.0, -pulses)), (1, (-pulses, 0.0))))
    to_psi, to_phi = (np.einsum("tis,i->ts", change, signs) / (2 * step * size) for change in (v - v_back, r - r_back))
    return to_psi, to_phi


def cavities(rng: np.random.Generator, known: Lines, found: Lines) -> Iterator[tuple]:
    """The power of d by which a field departs from that without its row or column, and the echo."""
    seeds = rng.integers(10**6, size=DRAWS)
    for name, place in ((varphi_t, 0), (psi_t, 1)):
        line = found.of(name)[0]
        yield _fitted([np.mean([_cavity(int(seed), size, known, line, place) for seed in seeds]) for size in DIMENSIONS]), -0.5


def _cavity(seed: int, size: int, known: Lines, line, place: int) -> float:
    """The mean departure, over some rows or columns of a random matrix."""
    run, (to_psi, to_phi), chosen = _Run.draw(size, seed), _responses(size, seed), range(ROWS)
    kernels = {name: _compute(known[name], {dv_dpsi: to_psi, dr_dphi: to_phi}) for name in (A_t, B_t)}
    (v, r), bare = run.follow(), run.follow(rows=chosen) if place == 0 else run.follow(columns=chosen)
    apart = []
    for one in chosen:
        row = run.noise[[one]] if place == 0 else run.noise[:, [one]]
        whole, without = (
            _compute(known[line.left], {v_t: a, r_t: b, xi_d: row})
            for a, b in ((v[..., 0], r[..., 0]), (p[..., one] for p in bare))
        )
        at = {**kernels, varphi_f: without, psi_f: without, r_t: r[:, one], v_t: v[:, one]}
        apart.append(np.linalg.norm(_compute(line.right, at) - whole))
    return float(np.mean(apart))


@cache
def _lowered(formula, inputs: tuple) -> Callable[..., NDArray]:
    return lambdify(inputs, formula, "numpy")


def _compute(formula, values: dict) -> NDArray:
    """A formula of large matrices in double precision."""
    inputs = sorted(formula.atoms(Symbol, MatrixSymbol) & values.keys(), key=str)
    return _lowered(formula, tuple(inputs))(*(values[name] for name in inputs))


@cache
def _kernels(times: int = TIMES) -> Kernels:
    """Those of the solver, at the same steps."""
    return solve_causally(_group(RATES), STEP * np.arange(times))


def _group(rates: dict) -> Group:
    start = np.array([[float(rates[sigma]) ** 2]])
    return Group(np.array([float(rates[mu])]), start, *(float(rates[name]) for name in (w_0, g, gamma, lam, kappa)))


def _matrices(kernels: Kernels) -> dict:
    """Kernels of one mode, by their symbols."""
    names = {C_t: "states", R_t_t: "residuals", A_t: "to_psi", B_t: "to_phi"}
    return {symbol: getattr(kernels, name)[:, 0, :, 0] for symbol, name in names.items()}


def noises(rng: np.random.Generator, known: Lines, found: Lines) -> Iterator[tuple]:
    """The power of d by which overlaps of fields without their echo depart from those of the solver."""
    seeds = rng.integers(10**6, size=3 * DRAWS)
    for line, name in zip(found, (varphi_t, psi_t), strict=True):
        echo = known.of(name)[0].right
        yield _fitted([np.mean([_noise(int(seed), size, echo, line, name) for seed in seeds]) for size in DIMENSIONS]), -0.5


def _noise(seed: int, size: int, echo, line, name) -> float:
    run, values = _Run.draw(size, seed), _matrices(_kernels()) | {d: size}
    v, r = (part[..., 0] for part in run.follow())
    none = np.zeros((TIMES, size))
    back = _compute(echo, values | {v_t: v, r_t: r, varphi_f: none, psi_f: none})
    values[varphi_f if name == varphi_t else psi_f] = (v @ run.noise.T if name == varphi_t else r @ run.noise) - back
    return float(np.linalg.norm(_compute(line.left, values) - _compute(line.right, values)))


def _fitted(sizes) -> float:
    """The power of d that deviations follow."""
    return float(np.polyfit(np.log(DIMENSIONS), np.log(sizes), 1)[0])


# -- one dimension ----------------------------------------------------------------------------------------------------


def _random_kernels(rng: np.random.Generator) -> dict:
    """Rates, a grid, and kernels that reach backwards, of any size."""
    rates = {name: float(random_values(rng, (), 0.2, 1)) for name in RATES}
    _, grid = _grid(rates[kappa])
    C, R = (part @ part.T for part in rng.standard_normal((2, TIMES, TIMES)))
    responses = {A_t: np.tril(rng.standard_normal((TIMES, TIMES)), -1), B_t: np.tril(rng.standard_normal((TIMES, TIMES)))}
    return {**rates, **grid, C_t: C, R_t_t: R, **responses}


def _propagated(found: Lines, values: dict) -> dict:
    """The values with both propagators."""
    at = values | {M_t: evaluate(found[M_t], Point(values))}
    return at | {N_t: evaluate(found[N_t], Point(at))}


def _equations(known: Lines):
    """Both fields, then residuals and amplitudes, each from what stands on the right."""
    moves = {line.left: line.right for line in known.of(r_t, v_t)}
    return {varphi_t: known.of(varphi_t)[0].right, r_t: moves[r_t], psi_t: known.of(psi_t)[0].right, v_t: moves[v_t]}


def _iterate(known: Lines, values: dict, columns: int) -> dict:
    """Amplitudes and residuals at all times, each from those before."""
    at = values | {name: np.zeros((TIMES, columns)) for name in (v_t, r_t)}
    for _ in range(2 * TIMES):
        for name, right in _equations(known).items():
            at[name] = evaluate(right, Point(at))
    return at


def solved_dimensions(rng: np.random.Generator, known: Lines, found: Lines) -> Iterator[tuple]:
    """Amplitudes and residuals for a draw of start and noise, and responses of both, by the lines and time by time."""
    values, columns = _random_kernels(rng) | {d: 2}, 2
    noise = {varphi_f: rng.standard_normal((TIMES, columns)), psi_f: rng.standard_normal((TIMES, columns))}
    values |= noise | {v_row: rng.standard_normal((1, columns))}
    stepped, at = _iterate(known, values, columns), _propagated(found, values)
    at |= {v_t: evaluate(found[v_t], Point(at))}
    yield at[v_t], stepped[v_t]
    yield evaluate(found[r_t], Point(at)), stepped[r_t]
    none, unit = np.zeros((TIMES, TIMES)), {d: TIMES, v_row: np.zeros((1, TIMES))}
    by_psi = _iterate(known, values | unit | {psi_f: np.eye(TIMES), varphi_f: none}, TIMES)
    by_phi = _iterate(known, values | unit | {psi_f: none, varphi_f: np.eye(TIMES)}, TIMES)
    yield evaluate(found[A_t], Point(at)), by_psi[v_t]
    yield evaluate(found[B_t], Point(at)), by_phi[r_t]


def averaged_dimensions(rng: np.random.Generator, known: Lines, found: Lines) -> Iterator[tuple]:
    """Overlaps over starts and noise of the covariances that the lines say, from responses to each."""
    values = _random_kernels(rng)
    none, first = np.zeros((TIMES, TIMES)), np.zeros((1, TIMES))
    starts = {varphi_f: np.zeros((TIMES, 1)), psi_f: np.zeros((TIMES, 1)), v_row: np.ones((1, 1))}
    by_start = _iterate(known, values | starts | {d: 1}, 1)
    by_phi = _iterate(known, values | {d: TIMES, v_row: first, varphi_f: np.eye(TIMES), psi_f: none}, TIMES)
    by_psi = _iterate(known, values | {d: TIMES, v_row: first, varphi_f: none, psi_f: np.eye(TIMES)}, TIMES)
    of_phi, of_psi = (_covariance(known, name, values) for name in (varphi_f, psi_f))
    at = _propagated(found, values) | {B_t: by_phi[r_t]}
    for name, of in ((C_t, v_t), (R_t_t, r_t)):
        start = values[sigma] ** 2 * by_start[of] @ by_start[of].T
        yield evaluate(found[name], Point(at)), start + by_phi[of] @ of_phi @ by_phi[of].T + by_psi[of] @ of_psi @ by_psi[of].T


def _covariance(known: Lines, name, values: dict) -> NDArray:
    """The covariance of a noise, by the line of its overlap."""
    (line,) = known.of(name * name.T / d)
    return evaluate(line.right, Point(values))


def solver_kernels(rng: np.random.Generator, found: Lines) -> Iterator[tuple]:
    """Kernels of the solvers, and what the lines make of them."""
    rates = {name: float(random_values(rng, (), 0.2, 1)) for name in RATES}
    at, grid = _grid(rates[kappa])
    causal = solve_causally(_group(rates), at)
    weights = trapezoidal_weights(at)
    for kernels, integrals in ((causal, grid[Omega_t]), (solve_whole(_group(rates), at, weights), weights)):
        matrices = _matrices(kernels)
        values = _propagated(found, {**rates, **grid, Omega_t: integrals, **matrices})
        for name, matrix in matrices.items():
            yield evaluate(found[name], Point(values)), matrix
