r"""The head as a mean field of all modes: from the loss of the head model to three equations, their masses and steady states.

Section 6 of the notes.  Both targets are stopped, mobilities are inverse to the degrees, that of the head is
:math:`\gamma/\sum J`; the start is :math:`W=w_0\mathbb 1` with independent embeddings of variance one.  Late times: see the
derivation ``ageing``.

>>> from derivations import derive
>>> derive("mean_field_head")["three_equations"].uses
('mean_field',)

When it fails: few modes for each direction; starts of the head that are no multiple of the identity.
"""

TITLE = "A head in the mean field of all modes"
SUMMARY = (
    "From a multiple of the identity, the head of many independent modes stays one. Each mode then grows by a factor "
    "of its correlation alone, and three equations are left for any number of modes. A mode that is one of many turns "
    "the head along its own direction only. With decay the modes at the edge of the correlations rest, up to a "
    "critical decay. Finite steps obey the same equations in differences."
)
REFERENCES = (
    "The flow of the modes: see the derivation of stop-gradient; canonical correlations of frustrated pairs: see the "
    "derivation of random couplings.",
    "Y. Tian, X. Chen, S. Ganguli, Understanding self-supervised learning dynamics without contrastive pairs, 2021, "
    "arXiv:2102.06810.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
