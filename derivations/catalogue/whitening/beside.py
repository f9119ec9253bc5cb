"""What changes in the derivation ``whitening`` beside a decay of the embeddings, and with stops."""

from __future__ import annotations

from derivations.catalogue.view_steps import whole_stop_step
from derivations.catalogue.whitening.embeddings import decaying_states
from derivations.checks import Identity, Numerics
from derivations.closed_forms.whitening import critical_weight, survivor_square
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import beta_c, beta_c_decay, mu_k, square_decay, square_k
from theory import models
from theory.models.vocabulary import lam


def beside_steps(known: Lines) -> tuple[Step, ...]:
    """A decay, and stops."""
    return _decay_step(Lines((*known.of(beta_c), *known.of(square_k)))), whole_stop_step(models.whitening())


def _decay_step(known: Lines) -> Step:
    return Step(
        "decay",
        "A decay of all embeddings beside the loss adds $\\lambda$ to $1-\\mu_k$ and changes nothing else.",
        "A decay pulls as couplings pull, but to no partner.",
        before=known,
        after=(Line(beta_c_decay, critical_weight(lam)), Line(square_decay, survivor_square(lam))),
        uses=("threshold", "rest"),
        check=lambda before, after: (
            Identity(
                tuple(
                    (before[left].subs(mu_k, mu_k - lam), after[shifted])
                    for left, shifted in ((beta_c, beta_c_decay), (square_k, square_decay))
                )
            ),
            Numerics(lambda rng: decaying_states(rng, after), 1e-10, "velocities of all embeddings beside a decay"),
        ),
    )
