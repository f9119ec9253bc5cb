"""What the claims of a run are about, in words: frustrated samples, or a linear encoder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from theory import Coupling
from theory.encoder import Encoder


class Subject(NamedTuple):
    """A name, what it does to labels, whose labels these are, whether each sample has one label of its own, and what several
    components mean."""

    name: str
    bring: str
    labels: str
    alone: bool
    separation: str


def subject_of(coupling: Coupling) -> Subject:
    """The subject of the claims of a run."""
    if isinstance(coupling, Encoder):
        told = f"; linear maps of the inputs tell {'all' if coupling.classifiable else 'some'} classes apart"
        bring = "brings all labels to one point by itself"
        return Subject("a linear encoder", bring, "labels of a linear encoder", False, told)
    several = float(coupling.counts[np.diff(coupling.types.tocsr().indptr) > 1].sum())
    name = f"frustrated samples, {100 * several / coupling.samples:.3g}% of all,"
    return Subject(name, "bring all labels to one point", "labels with frustrated samples", coupling.classifiable, "")
