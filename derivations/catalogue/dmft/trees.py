"""Steps of the derivation ``dmft``: responses on a tree of classes, and those of a regular one in closed form."""

from __future__ import annotations

from sympy import Expr, Sum, Symbol, sqrt, sympify

from derivations.catalogue.dmft import evidence
from derivations.checks import AtRandomPoints, Numerics
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import G_K, G, alpha, c, c_G, c_g, g, h, j, k, x_c
from theory.dmft import ensembles, regular
from theory.models.vocabulary import beta

KERNEL = ensembles.Kernel(alpha, beta, k)


def tree_steps(class_graph: Line) -> tuple[Step, ...]:
    """The steps, from the response of labels to labels on the graph of their classes."""
    return (_cavity_step(class_graph), _regular_step())


def cavity_lines() -> tuple[Line, Line]:
    """The response of a label without one of its links, and of a whole one."""
    below, around = (Sum(h[j, 0], (j, 0, count - 1)) for count in (c_g, c_G))
    return Line(g, 1 / ensembles.label_level(KERNEL, c_g + 1, below)), Line(G, 1 / ensembles.label_level(KERNEL, c_G, around))


def _cavity_step(class_graph: Line) -> Step:
    return Step(
        "cavity",
        "On a tree the branches at a label do not know of each other: the response $g$ of a label towards the root is that "
        "of a label with branches $h_j$ below it.",
        "Schur complement again: remove a label, and the graph falls into branches. A branch adds $k^2h_j$.",
        before=(class_graph,),
        after=cavity_lines(),
        uses=("class_graph",),
        assumptions=(
            "First $K\\to\\infty$ with the links of a class fixed: loops then are longer than any path that matters. The "
            "$c_g$ links beside the one to the root are Poisson of mean $c$, or $c-1$ in a regular graph; $c_G$ are all.",
        ),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.tree_responses(rng, before[G_K.I], after),
                1e-10,
                "dense inverses of random trees, from leaves to root",
            ),
            Numerics(evidence.populations_of_trees, 0.03, "the solver's populations, three errors of a large coupling"),
        ),
    )


def branch_lines(branching: Expr, ratio: Symbol, towards_root: Symbol) -> tuple[Line, Line]:
    """The response towards the root in closed form where every class has c links."""
    return (
        Line(ratio, regular.ratio(KERNEL, c, branching, sqrt)),
        Line(towards_root, regular.branch_response(ratio, KERNEL, branching, sqrt)),
    )


def regular_tree_lines() -> tuple[Line, ...]:
    """The response towards the root and of a label."""
    return (*branch_lines(c - 1, x_c, g), Line(G, 1 / ensembles.label_level(KERNEL, c, c * g)))


def _regular_step() -> Step:
    return Step(
        "regular",
        "With $c$ links at every class all branches are alike, and the average over the disorder is in closed form.",
        "A quadratic equation; of its roots the one that vanishes for large $s$, as a response does.",
        before=cavity_lines(),
        after=regular_tree_lines(),
        uses=("cavity",),
        check=lambda before, after: (
            after.of(G).same(_all_alike(before).of(G)),
            AtRandomPoints(insert_solution(_all_alike(before).of(g), _with_ratio(after)), evidence.regular_point),
            Numerics(lambda rng: evidence.bethe_responses(rng, after), 1e-8, "the root of a finite regular tree, dense"),
            Numerics(lambda rng: evidence.solved_regular(rng, after), 1e-12, "the solver's response"),
        ),
    )


def insert_solution(equations: Lines, solutions: Lines) -> tuple:
    """Both sides of equations with solutions put in."""
    found = solutions.mapping
    return tuple((sympify(e.left, strict=True).xreplace(found), e.right.xreplace(found)) for e in equations)


def _with_ratio(lines: Lines) -> Lines:
    """The response towards the root without the ratio that it is written in, and that of a label."""
    return Lines((Line(g, lines[g].xreplace({x_c: lines[x_c]})), *lines.of(G)))


def _all_alike(cavity: Lines) -> Lines:
    """Responses where every class has c links, and all branches are the same."""
    counts = ((g, c_g, c - 1), (G, c_G, c))
    return Lines(Line(name, cavity[name].xreplace({h[j, 0]: g, count: links}).doit()) for name, count, links in counts)
