r"""Shared head with stop-gradient: what is deleted, what is conserved, and where the flow can rest.

Section 4.1 of the notes.  The matrix steps hold for any couplings and any mobilities; the mode steps take mobilities inverse to
the degrees, as in the derivation ``projection_head``.  With decays of different rates nothing is conserved, and other fixed
points take the place of these.

>>> from derivations import derive
>>> derive("stop_gradient")["fixed_points"].after[0].right
V*\mu
"""

TITLE = "A shared projection head with stop-gradient: what prevents collapse"
SUMMARY = (
    "The loss is that of a shared head, differentiated with its targets held. This deletes exactly the part of the "
    "flow that made every frustrated mode decay. A matrix is conserved instead, which can keep the head invertible, "
    "and the flow can rest where the head acts on every surviving mode as its canonical correlation."
)
REFERENCES = (
    "The same model without stop-gradient: see the derivation of the shared projection head alone.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
    "Y. Tian, X. Chen, S. Ganguli, Understanding self-supervised learning dynamics without "
    "contrastive pairs, 2021, arXiv:2102.06810.",
    "X. Chen, K. He, Exploring simple Siamese representation learning, 2020, arXiv:2011.10566.",
)
