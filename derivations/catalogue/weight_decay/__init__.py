r"""Decay of embeddings and head: which states it leaves, their simplex of labels, and up to which frustration they exist.

Section 4.2 of the notes.  Both decays are positive and mobilities are inverse to the degrees (:math:`\kappa=0` has no state
without collapse, and :math:`\lambda=0` lets amplitudes diverge).  Stability beyond one direction: see ``decay_stability``.
"""

TITLE = "Weight decay: orthogonal modes, a simplex of labels, and where they end"
SUMMARY = (
    "With decay of embeddings and head nothing of the start is conserved. What comes to rest is rigid: a symmetric "
    "head, orthogonal modes, and amplitudes that follow from the decays. Equal class modes put the labels on a "
    "regular simplex. These states are born in a saddle-node at a critical decay, beside the collapsed state, which "
    "is always stable: the start decides, and frustration ends the choice. One mode in one direction always comes to "
    "rest; several need not, see the derivation of how fast a head has to decay."
)
REFERENCES = (
    "The flow of the modes: see the derivation of stop-gradient.",
    "Y. Tian, X. Chen, S. Ganguli, Understanding self-supervised learning dynamics without contrastive pairs, 2021, "
    "arXiv:2102.06810.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
