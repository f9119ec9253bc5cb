"""Numbers that the basins of one mode in one direction are held against: dense eigenvectors, and runs."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import eig

from derivations.catalogue.weight_decay.evidence import both_heads, own_jacobian, parameters_at_random
from derivations.vocabulary import along_saddle, delta, divergence, lam_c, mu, s_minus, tau, v, w, w_minus
from theory.models.vocabulary import gamma, kappa, lam


def contraction_bounds(rng, given, lines):
    """Whether the divergence is within its bound, which is where it is assumed and only there."""
    for _ in range(20):
        at = {v: float(rng.uniform(-1, 1)), **{rate: float(rng.uniform(0, 0.3)) for rate in (gamma, kappa)}}
        yield int(not given.violations(at)), int(not lines.violations({divergence: lines[divergence].subs(at)}))


def saddle_heads(rng, known, lines):
    """Whether the lower head is real, which is where it is assumed and only there; then its stable eigenvalue and direction."""
    at = parameters_at_random(rng)
    for decay in rng.uniform(0, 0.3, 6):
        here = {**at, lam: float(decay)}
        head = complex(known[w_minus].subs(here))
        yield int(not known.violations(here | {lam_c: known[lam_c].subs(here)})), int(abs(head.imag) < 1e-12)
        if abs(head.imag) < 1e-12:
            here = _at_lower(known, here)
            slowest, along = _stable_direction(here)
            yield [float(lines[e].subs(here)) for e in (s_minus, along_saddle)], [slowest, along[1] / along[0]]
            yield int(slowest < 0), 1


def _at_lower(known, at: dict) -> dict:
    """Numbers of the saddle, its trace and its determinant, by the formulas."""
    here = {**at, w: float(known[w_minus].subs(at))}
    here[v] = float(known[v**2].subs(here)) ** 0.5
    return here | {e: float(known[e].subs(here)) for e in (tau, delta)}


def _stable_direction(at: dict) -> tuple[float, np.ndarray]:
    """The lowest eigenvalue of the dense Jacobian, and its vector."""
    values, vectors = eig(own_jacobian(at, at[w]))
    return values.real.min(), vectors[:, values.real.argmin()].real


def basin_ends(rng, flow, known, lines):
    """Where runs end from both sides of the manifold of the lower head, traced back from the saddle along the direction shown:
    the amplitude is zero, or that of the upper head."""
    at = _at_lower(known, parameters_at_random(rng))
    along = np.array([1.0, float(lines[along_saddle].subs(at))])
    point, across = _trace_back(flow, at, along)
    scale = both_heads(at)[0] / at[w] * at[v]
    ends = [_end_of(flow, at, point + sign * 1e-3 * across) / scale for sign in (-1, 1)]
    yield np.round(ends, 6), [0, 1]


def end_speeds(rng, flow):
    """The speed at the end of runs from all over the half plane, against none; below and above the critical decay."""
    below = parameters_at_random(rng)
    for at in (below, {**below, lam: 1.5 * below[mu] ** 2 / 4}):
        for _ in range(3):
            start = [rng.uniform(0.05, 3), rng.uniform(-3, 3)]
            end = solve_ivp(_lower_flow(flow, at), (0, 4000), start, method="LSODA", rtol=1e-9, atol=1e-12).y[:, -1]
            yield 1 + np.abs(_lower_flow(flow, at)(0, end)).max(), 1.0


def _lower_flow(flow, at):
    return flow.lower({str(name): value for name, value in at.items() if name in flow.parameters}).velocity


def _trace_back(flow, at, along):
    """A point on the stable manifold with more amplitude than the saddle, and the direction across towards more of both."""
    start, moved = np.array([at[v], at[w]]), _lower_flow(flow, at)

    def room_left(_, y):
        return y[0] - 1.3 * at[v]

    room_left.terminal = True  # type: ignore[attr-defined]
    nearby = start + 1e-6 * at[v] * along
    back = solve_ivp(lambda t, y: -moved(t, y), (0, 1e4), nearby, method="LSODA", rtol=1e-10, atol=1e-13, events=room_left)
    tangent = moved(0, back.y[:, -1])
    across = np.array([-tangent[1], tangent[0]])
    return back.y[:, -1], across * np.sign(across[1]) / np.linalg.norm(across)


def _end_of(flow, at, start) -> float:
    """The amplitude in the end."""
    return float(solve_ivp(_lower_flow(flow, at), (0, 4000), start, method="LSODA", rtol=1e-9, atol=1e-12).y[0, -1])
