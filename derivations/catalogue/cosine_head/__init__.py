r"""The mean cosine of predictions by a shared linear head and stopped targets, symmetrised: SimSiam's loss, and BYOL's.

Any couplings near one direction; the family ``uniform`` far from it.  Mobilities inverse to the degrees and lengths one, where
nothing else is said.
"""

TITLE = "Cosines with a head and stop-gradient: angles stay open below a ratio of the head"
SUMMARY = (
    "The loss of SimSiam and BYOL compares directions of predictions with directions of stopped targets. Lengths of embeddings "
    "and of the head are conserved, and what decides is the ratio of the head across the common direction and along it: a mode "
    "of angles dies where the ratio exceeds its correlation, and classes stay apart at angles of their own where it does not, "
    "with a head that rests there, too. Decay changes the clocks of embeddings and head, and neither angles at rest nor the "
    "threshold. Without the stop all angles close; targets that follow rest at the same states."
)
REFERENCES = (
    "X. Chen, K. He, Exploring simple Siamese representation learning, 2021, arXiv:2011.10566.",
    "J.-B. Grill et al., Bootstrap your own latent, 2020, arXiv:2006.07733.",
    "Y. Tian, X. Chen, S. Ganguli, Understanding self-supervised learning dynamics without contrastive pairs, 2021, "
    "arXiv:2102.06810: eigenvalues of a linear predictor, for squared distances.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
