"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Inverse, Matrix, Rational, S, exp, log

from derivations.catalogue.redrawn_labels import evidence
from derivations.checks import Numerics, Remainder
from derivations.closed_forms.redrawn_labels import OTHER_FREQUENCY, OWN_FREQUENCY, cross_entropy, margin_at_rest, pull
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import D, H, L, L_least, margin, margin_end, p_other, p_own, phi, s_end, s_zero, u, v
from theory.models.vocabulary import K

PROBABILITIES = Lines((Line(p_own, OWN_FREQUENCY), Line(p_other, OTHER_FREQUENCY)))
PRODUCT = Line(margin, u * v)
LOSS = Line(L, cross_entropy())
MOVING = Lines((Line(dot(u), v * pull().subs(margin, u * v)), Line(dot(v), u * pull().subs(margin, u * v))))
END = Line(margin_end, margin_at_rest())


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (
        _frequencies_step(),
        _loss_step(),
        _flow_step(),
        _margin_step(),
        _least_loss_step(),
        _rates_step(),
        _few_redrawn_step(),
    )


def _frequencies_step() -> Step:
    return Step(
        "frequencies",
        "Where a fraction $\\varphi$ of the labels is redrawn uniformly, each wrong label is as frequent as any other.",
        "A label that is redrawn is the right one in one of $K$ cases.",
        after=PROBABILITIES,
        assumptions=("Many labels a sample, or many samples that are alike: frequencies are probabilities.",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.mixed_frequencies(rng, after), 1e-12, "mixtures of right and uniform labels"
        ),
    )


def _loss_step() -> Step:
    return Step(
        "loss",
        "Samples of a class lie together, and classes along a simplex: the loss is a function of the margin $\\Delta$, by "
        "which the score of the right label exceeds that of each other one.",
        "All other scores are equal; the probabilities sum to one.",
        before=PROBABILITIES,
        after=(LOSS,),
        uses=("frequencies",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.losses_on_simplex(rng, before, after), 1e-12, "the lowered loss of all embeddings"
        ),
    )


def _flow_step() -> Step:
    return Step(
        "flow",
        "Samples keep to the simplex, with an amplitude $u$, and labels with an amplitude $v$.",
        "The corners of a regular simplex with products $1-\\tfrac1K$ with themselves and $-\\tfrac1K$ with others; the "
        "flow treats all classes alike.",
        before=(LOSS,),
        given=(PRODUCT, Line(H, Inverse(D))),
        after=MOVING,
        uses=("loss",),
        assumptions=("$n$ samples a class.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.slopes(rng, before, after), 1e-6, "differences of the loss"),
            Numerics(lambda rng: evidence.velocities_on_simplex(rng, before[H], after), 1e-10, "the flow of all embeddings"),
        ),
    )


def _margin_step() -> Step:
    return Step(
        "margin",
        "Embeddings at rest have scores that fit the frequencies of the labels: frustration bounds the margin, and does "
        "not collapse it. A smaller one grows.",
        "The softmax of the margin is the probability of the right label.",
        before=MOVING,
        given=(PRODUCT, Line(phi, S.One, "<")),
        after=(END, Line(margin_end, S.Zero, ">")),
        uses=("flow",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.resting_margins(rng, before, after),
                1e-9,
                "the velocities, where and only where it is assumed",
                reads=after.bounds,
            ),
            Numerics(
                lambda rng: evidence.margins_of_runs(rng, after[margin_end]),
                1e-5,
                "the end of runs of all embeddings from random starts",
            ),
        ),
    )


def _least_loss_step() -> Step:
    return Step(
        "least_loss",
        "No embeddings of any dimension have a smaller loss: what is left is the entropy of the labels.",
        "Their difference is the relative entropy of frequencies and softmax, which is never negative.",
        before=(*PROBABILITIES, LOSS, END),
        after=(Line(L_least, -p_own * log(p_own) - (K - 1) * p_other * log(p_other)), Line(L, L_least, r"\ge")),
        uses=("frequencies", "loss", "margin"),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.entropies(rng, before, after), 1e-9, "the loss at the margin, and the entropy"),
            Numerics(
                lambda rng: evidence.higher_losses(rng, before, after), 0, "the loss of random embeddings", reads=after.bounds
            ),
        ),
    )


def _rates_step() -> Step:
    return Step(
        "rates",
        "The state without embeddings is unstable unless all labels are redrawn, and the margin at rest is stable. With "
        "few redrawn labels it is reached slowly.",
        "The Jacobian of both amplitudes is a pull beside none; at rest one eigenvalue is zero, that of the exchange of "
        "amplitude between samples and labels.",
        before=(*MOVING, END),
        after=_eigenvalues(Lines((*MOVING, END))),
        uses=("flow", "margin"),
        check=lambda before, after: (
            after.same(_eigenvalues(before)),
            Numerics(lambda rng: evidence.dense_rates(rng, before, after), 1e-8, "the dense Jacobian of all embeddings"),
        ),
    )


def _few_redrawn_step() -> Step:
    return Step(
        "few_redrawn",
        "With few redrawn labels the margin is large, and it is their logarithm alone that bounds it.",
        "Expand.",
        before=(END,),
        after=(Line(margin_end, log(K / phi), r"\simeq"),),
        uses=("margin",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.remainder_orders(rng, before, after),
            2e-2,
            "the margin at two small fractions: a remainder of order 1",
            reads=after,
        ),
    )


def _eigenvalues(known: Lines) -> Lines:
    """Those of the Jacobian of both amplitudes without embeddings, which grows, and at rest, which falls."""
    matrix = Matrix(known.of(dot(u), dot(v)).rights).jacobian([u, v])
    grown = (matrix[0, 1] + matrix[1, 0]).subs({u: 0, v: 0}) * Rational(1, 2)
    fallen = matrix.trace().subs(exp(u * v), exp(known[margin_end]))
    return Lines((Line(s_zero, grown.simplify()), Line(s_end, fallen.factor())))
