r"""Weak frustration of any kind: the samples eliminated, a graph of classes that a few frustrated samples join.

Section 2 of the notes.  The label-only equation is exact for any couplings and any mobilities; the graph of classes is its
limit for few frustrated samples, to leading and to next order in their number.
"""

TITLE = "Weak frustration: classes as masses, frustrated samples as springs"
SUMMARY = (
    "Samples can be eliminated exactly: every rate is a root of an equation between labels alone. Pure samples then "
    "only add to the mass of their label. Frustrated samples, as long as they are few, are springs between labels, "
    "with the conductances of a Kron reduction. The slow rates are those of a graph of classes; the next order in the "
    "number of frustrated samples follows by perturbation."
)
REFERENCES = (
    "The flow: see the derivation of the embedding-only model.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
    "F. Doerfler, F. Bullo, Kron reduction of graphs with applications to electrical networks, 2013, arXiv:1102.2950.",
)
