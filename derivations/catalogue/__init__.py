"""The derivations, a folder each: title, summary and references; ``steps`` that are made on first use; their ``evidence``."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivations.engine import Derivation, Step

_OF_THE_MODEL = (
    "embedding",
    "classifiable",
    "frustration_uniform",
    "frustration_pairs",
    "weak_frustration",
    "dmft",
    "projection_head",
    "stop_gradient",
    "one_mode",
    "non_conservative",
    "stop_gradient_stability",
    "weight_decay",
    "decay_stability",
    "plain_mobilities",
    "mean_field_head",
    "ageing",
    "single_site",
    "wide_head",
    "phase_line",
    "teacher_student",
)
_OF_OTHER_LOSSES = (
    "homogeneous",
    "whitening",
    "spectral_contrastive",
    "coding_rates",
    "redrawn_labels",
    "info_nce",
    "variance_hinge",
    "redundancy_reduction",
    "cosine",
    "cosine_head",
)


def names() -> tuple[str, ...]:
    """The names that :func:`derive` knows."""
    return (*_OF_THE_MODEL, *_OF_OTHER_LOSSES)


def names_of_the_model() -> tuple[str, ...]:
    """The names of what is derived of the model that a report runs: squared distances, a head, a stop, decays."""
    return _OF_THE_MODEL


@cache
def derive(name: str) -> Derivation:
    """The derivation of that name, whose steps are made when they are first asked for.

    Raises
    ------
    InputError
        for a name that is not in :func:`names`.
    """
    from derivations.engine import Derivation
    from theory import require

    require.one_of(name, names(), "a derivation")
    about = _about(name)

    def steps() -> tuple[Step, ...]:
        return import_module(f"derivations.catalogue.{name}.steps").steps()

    return Derivation(name, about.TITLE, about.SUMMARY, steps, about.REFERENCES)


def titles() -> dict[str, str]:
    """The title of each derivation by its name; nothing is derived, and no symbol is made."""
    return {name: _about(name).TITLE for name in names()}


def _about(name: str) -> ModuleType:
    return import_module(f"derivations.catalogue.{name}")
