"""Flows of the literature whose fixed points are hard to find by elimination in the wrong order."""

from __future__ import annotations

from sympy import Rational, S, Symbol, symbols

from theory import Flow

u, v, x, y, z = symbols("u v x y z", real=True)
x1, x2, y1, y2 = symbols("x_1 x_2 y_1 y_2", real=True)
A, D, E, F, G, g, lam, Delta, eta = symbols("A D E F G g lambda Delta eta", positive=True)
a, b, c, d, e = symbols("a b c d e", positive=True)
current = Symbol("I", real=True)
P, Q, R = symbols("p q r", nonnegative=True)


def parametron(A=A, Delta=Delta, lam=lam, g=g, eta=eta) -> Flow:
    """A parametrically driven oscillator in the rotating frame, with nonlinear damping.

    M. I. Dykman (ed.), *Fluctuating Nonlinear Oscillators* (2012), chapter 1.
    """
    square = u**2 + v**2
    return Flow(
        {
            u: -g / 2 * u - eta / 8 * u * square - v * (Delta - lam / 2 - A * square),
            v: -g / 2 * v - eta / 8 * v * square + u * (Delta + lam / 2 - A * square),
        }
    )


def duffing(A=A, Delta=Delta, g=g, F=F) -> Flow:
    """The slow flow of a driven Duffing oscillator (Landau and Lifshitz, *Mechanics*, section 29)."""
    square = u**2 + v**2
    return Flow({u: -g / 2 * u - v * (Delta - A * square), v: -g / 2 * v + u * (Delta - A * square) - F})


def brusselators(E=S.Zero, a=a, b=b, D=D) -> Flow:
    """Two Brusselators, coupled by diffusion (I. Prigogine, R. Lefever, J. Chem. Phys. 48, 1695, 1968)."""
    return Flow(
        {
            x1: a - (b + 1) * x1 + x1**2 * y1 + D * (x2 - x1),
            y1: b * x1 - x1**2 * y1 + E * (y2 - y1),
            x2: a - (b + 1) * x2 + x2**2 * y2 + D * (x1 - x2),
            y2: b * x2 - x2**2 * y2 + E * (y1 - y2),
        }
    )


def repressilator(power: int, state=(P, Q, R)) -> Flow:
    """Three genes that repress each other in a ring (M. Elowitz, S. Leibler, Nature 403, 335, 2000), proteins alone and
    denominators cleared."""
    return Flow({s: a - s * (1 + t**power) for s, t in zip(state, (*state[2:], *state[:2]), strict=True)})


LASER = Flow({x: x * (a * y - b * z - 1), y: c - d * y - a * x * y, z: e - g * z - b * x * z})
HINDMARSH_ROSE = Flow({x: y - x**3 + 3 * x**2 + current - z, y: 1 - 5 * x**2 - y, z: (4 * (x + Rational(8, 5)) - z) / 1000})
LORENZ_84 = Flow({x: -(y**2) - z**2 - a * x + a * F, y: x * y - b * x * z - y + G, z: b * x * y + x * z - z})
RABINOVICH_FABRIKANT = Flow(
    {x: y * (z - 1 + x**2) + g * x, y: x * (3 * z + 1 - x**2) + g * y, z: -2 * z * (Symbol("k", real=True) + x * y)}
)

# parameters of either sign
real = {name: Symbol(name, real=True) for name in ("A", "Delta", "lambda", "g", "eta", "F", "D", "E", "a", "b")}
real_parametron = parametron(*(real[name] for name in ("A", "Delta", "lambda", "g", "eta")))
real_brusselators = brusselators(*(real[name] for name in ("E", "a", "b", "D")))
real_duffing = duffing(*(real[name] for name in ("A", "Delta", "g", "F")))
