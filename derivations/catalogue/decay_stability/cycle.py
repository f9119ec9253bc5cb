r"""The steps of the derivation ``decay_stability`` below the Hopf boundary: the cycle that is born there, to leading order.

Its coefficient is that of :mod:`derivations.closed_forms.turning`, which is a number for numbers of heads.
"""

from __future__ import annotations

from derivations.catalogue.decay_stability import evidence
from derivations.checks import Identity, Limit, Numerics
from derivations.closed_forms.pair import slow_ratio
from derivations.engine import Step
from derivations.lines import Line, dot
from derivations.vocabulary import A_z, c_z, k, k_c, mu_1, mu_2, sigma, sigma_k


def cycle_steps() -> tuple[Step, ...]:
    """The amplitude of the cycle, and its limit."""
    return (_amplitude_step(), _slow_cycle_step())


def _amplitude_step() -> Step:
    return Step(
        "cycle",
        "Close to the boundary head and modes turn on a cycle: the antisymmetric part of the head, $W_{12}-W_{21}$, swings "
        "between $\\pm2A_z$. It is stable, and lies below $k_c$, where $\\operatorname{Re}c$ is negative.",
        "Normal form on the centre manifold: turning a direction over changes the sign of $z$, so that there is no quadratic "
        "term, and the rotation, which costs nothing, is moved along itself alone. The growth rate falls through zero at "
        "$k_c$.",
        given=(Line(dot(A_z), sigma * A_z + c_z * A_z**3), Line(sigma, sigma_k * (k - k_c))),
        after=(Line(A_z**2, sigma_k * (k_c - k) / c_z),),
        assumptions=(
            "To leading order in $k_c-k$.",
            "The two heads are different and of one sign, and $\\operatorname{Re}c$ is not zero.",
        ),
        check=lambda given, after: (
            Identity((((given[dot(A_z)] / A_z).expand().subs(A_z**2, after[A_z**2]).subs(sigma, given[sigma]), 0),)),
            Numerics(
                lambda rng: evidence.cycles(rng, given, after), 0.1, "cycles that the dense flow of all entries settles on"
            ),
        ),
    )


def _slow_cycle_step() -> Step:
    return Step(
        "slow_cycle",
        "As the decay of the embeddings tends to zero the coefficient tends to $-k_c$: the cycle is stable.",
        "Both heads grow in proportion, and the coefficient is evaluated in many digits.",
        before=(Line(k_c, slow_ratio(), r"\to"),),
        given=(Line(mu_2, mu_1, ">"),),
        after=(Line(c_z, -slow_ratio(), r"\to"),),
        uses=("slow_decay",),
        assumptions=("Both correlations are positive.",),
        check=lambda before, after: (
            Identity(((after[c_z], -before[k_c]),)),
            Limit(
                lambda rng: evidence.coefficient_orders(rng, before, after[c_z]),
                1e-2,
                "the coefficient at large heads: remainder of order 2",
                reads=after,
            ),
        ),
    )
