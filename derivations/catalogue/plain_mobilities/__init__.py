r"""Decay with any mobilities, such as plain ones, :math:`H=1`: the heads of the states at rest.

Section 4.2 of the notes, last lines.  Decays are not multiplied by mobilities: what learns fast hardly feels its decay.
"""

TITLE = "Weight decay with any mobilities: a quadratic eigenvalue problem"
SUMMARY = (
    "With mobilities that are not inverse to the degrees the modes of the embedding-only flow no longer part the "
    "flow. Where the head is a number its values at rest still solve one equation, a quadratic eigenvalue problem. "
    "Where all samples have one rate and all labels another it is a quadratic in $w^2$ for each canonical "
    "correlation: fast labels hardly feel their decay, and a mode bears up to four times as much of it. In two or more "
    "dimensions the head is not symmetric in general, and the equation fails."
)
REFERENCES = (
    "Mobilities inverse to the degrees: see the derivation of weight decay.",
    "F. Tisseur, K. Meerbergen, The quadratic eigenvalue problem, SIAM Review 43, 2001.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
