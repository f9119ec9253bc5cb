"""Steps of the derivation ``dmft``: the closure of many links, for Poisson graphs, and what it misses."""

from __future__ import annotations

from sympy import Sum

from derivations.catalogue.dmft import mean_responses
from derivations.catalogue.dmft.trees import KERNEL, branch_lines, cavity_lines, regular_tree_lines
from derivations.checks import AtRandomPoints, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import G_0, N_Z, F, G, a, c, j, k, p_f, x_G
from theory.dmft import ensembles
from theory.models.vocabulary import K


def closure_steps() -> tuple[Step, ...]:
    """The steps."""
    levels = Sum(1 / ensembles.label_level(KERNEL, F[a, a], c * G), (a, 0, K - 1))
    closure = Line(G, levels / K)
    return (_many_links_step(closure), _poisson_step(closure), _remainder_step())


def _many_links_step(closure: Line) -> Step:
    return Step(
        "many_links",
        "Then many links: a sum over neighbours is $c$ times its mean, with fluctuations of relative size $1/\\sqrt c$. "
        "One equation is left for the mean response. The numbers of links are kept on the diagonal.",
        "Law of large numbers in $\\sum_jh_j$, and $g\\simeq G$. Only the variance $ck^2$ of couplings to others is left: "
        "Gaussian couplings of this variance, beside the same diagonal, have the same average.",
        before=cavity_lines(),
        after=(closure,),
        uses=("cavity",),
        assumptions=("$c\\to\\infty$ after $K\\to\\infty$, with $ck^2$ of the order of $(\\alpha+\\beta c)^2$.",),
        check=lambda before, after: (
            Numerics(lambda rng: mean_responses.sharp_sums(rng, before, after[G]), 0.05, "trees of many links at each class"),
            Numerics(
                lambda rng: mean_responses.gaussian_responses(rng, after[G]), 1e-2, "dense Gaussian couplings on a diagonal"
            ),
        ),
    )


def _poisson_step(closure: Line) -> Step:
    averaged = Sum(p_f[j, 0] / ensembles.label_level(KERNEL, j, c * G), (j, 0, N_Z - 1))
    return Step(
        "poisson",
        "Of many classes a share $p_{f,j}$ has $j$ links: for Poisson graphs of mean $c$ one equation without disorder.",
        "Sort the classes by their links. Of its roots the one that is $\\simeq1/s$ far from the band, continued.",
        before=(closure,),
        after=(Line(G, averaged),),
        uses=("many_links",),
        check=lambda before, after: (
            AtRandomPoints(((before[G], after[G]),), mean_responses.sorted_classes),
            Numerics(lambda rng: mean_responses.solved_poisson(rng, after[G]), 1e-12, "the roots of both solvers"),
            Numerics(lambda rng: mean_responses.poisson_edges(rng, after[G]), 1e-8, "the end of the band by the solver"),
        ),
    )


def _remainder_step() -> Step:
    missed = G_0 - c * k**4 * G_0**5 / (1 - c * k**2 * G_0**2)
    return Step(
        "remainder",
        "What this closure $G_0$ misses is of relative order $1/c$, whatever the number of classes: in closed form where "
        "every class has equally many links.",
        "Expand the closed form of the tree in $1/c$ at fixed $ck^2$: one branch is missing below, and one sees itself.",
        before=regular_tree_lines(),
        after=(*branch_lines(c, x_G, G_0), Line(G, missed, r"\simeq")),
        uses=("regular",),
        check=lambda before, after: Remainder(
            lambda rng: mean_responses.remainders(rng, before, after),
            1e-4,
            "the closed form at a million links: the next order",
            reads=after[2:],
        ),
    )
