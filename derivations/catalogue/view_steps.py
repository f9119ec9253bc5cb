"""Steps that losses of two views share: with which they begin, in modes, and what a stopped view changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from sympy import Expr, Inverse, Trace

from derivations.catalogue.views import compare_with_all, mode_point
from derivations.checks import Descent, Identity, Numerics
from derivations.closed_forms.views import VIEWS, view_modes, with_stops
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import L, L_stopped, m
from theory import Loss
from theory.models.vocabulary import D_x, D_y, H_x, H_y


def moving_views(loss: Loss) -> Lines:
    """The velocities of samples and labels in modes."""
    return Lines(Line(dot(view), velocity.doit()) for view, velocity in view_modes(loss).gradient_flow().velocity.items())


def modes_step(loss: Loss, statement: str, draw: Callable[[np.random.Generator], dict]) -> Step:
    """A loss of two views in modes; ``draw`` makes its parameters."""
    inner = view_modes(loss)
    return Step(
        "modes",
        f"{statement} Samples and labels are written in the singular vectors of the normalised coupling, where mode $k$ has "
        "the canonical correlation $\\mu_k$.",
        "Write $XD_x^{1/2}$ and $YD_y^{1/2}$ in the left and right singular vectors of $D_x^{-1/2}JD_y^{-1/2}$; the loss knows "
        "embeddings by their moments alone.",
        given=(
            Line(L, loss.expression),
            *((Line(m, Trace(D_x)),) if m in inner.expression.free_symbols else ()),
            *(Line(H, Inverse(D)) for H, D in ((H_x, D_x), (H_y, D_y))),
        ),
        after=(Line(L, inner.expression.doit()), *moving_views(loss)),
        assumptions=("$\\mu_{xy}$ has all $\\mu_k$ on its diagonal.",),
        check=lambda given, after: (
            Descent(
                inner.with_parts(expression=after[L]),
                after.of(*map(dot, VIEWS)).rights,
                lambda rng: mode_point(rng, tuple(draw(rng))),
                stopped=False,
            ),
            Numerics(
                lambda rng: compare_with_all(loss, rng, given, after, draw(rng)), 1e-10, "the lowered flow of all embeddings"
            ),
        ),
    )


def stop_step(loss: Loss) -> Step:
    """Stop-gradient at the other view."""
    moving, stopped = moving_views(loss), [dot(view, "stopped") for view in VIEWS]
    return Step(
        "stop",
        "Where each view is drawn to the other one, stopped, embeddings move half as fast along the same paths: without a head "
        "a stop changes the clock alone.",
        "The slope of the loss in a view is the same whether the other one is stopped or not, and each view is free in one of "
        "two terms.",
        before=moving,
        given=(Line(L, with_stops(view_modes(loss)).expression.doit()),),
        after=tuple(Line(left, (line.right / 2).doit()) for left, line in zip(stopped, moving, strict=True)),
        uses=("modes",),
        check=lambda before, after: Identity(
            tuple(
                (velocity, after[left])
                for view, left in zip(VIEWS, stopped, strict=True)
                for velocity in (
                    Loss(before[L], state=VIEWS).stop_gradient_flow().velocity[view],
                    before[dot(view)] / 2,
                )
            )
        ),
    )


def whole_stop_step(loss: Loss) -> Step:
    """The same for all blocks of a loss, where it is no function of moments."""

    def flow_by(expression: Expr) -> Mapping:
        return loss.with_parts(expression=expression).stop_gradient_flow().velocity

    return Step(
        "stop",
        "Where each view is drawn to the other one, stopped, embeddings move half as fast along the same paths.",
        "The slope of the loss in a view is the same whether the other one is stopped or not, and each view is free in one of "
        "two terms.",
        given=(Line(L, loss.expression), Line(L_stopped, with_stops(loss).expression)),
        after=tuple(Line(dot(view, "stopped"), dot(view) / 2) for view in loss.state),
        check=lambda given, after: Identity(
            tuple(
                (flow_by(given[L_stopped])[view], after[dot(view, "stopped")].xreplace({dot(view): flow_by(given[L])[view]}))
                for view in loss.state
            ),
            loss.context,
        ),
    )
