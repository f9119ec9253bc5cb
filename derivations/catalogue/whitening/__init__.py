r"""Squared distances with second moments held near the identity: which modes survive frustration, how large, how stable.

Mobilities are inverse to the degrees, and the weight :math:`\beta` of the second moments is positive.  Nothing else: no head,
no stop, no decay.
"""

TITLE = "Whitening: a sharp threshold of each mode, linear in its correlation"
SUMMARY = (
    "Squared distances alone collapse every frustrated mode. A term that holds the second moments of all embeddings near "
    "the identity pushes each of them apart at one rate, the pull of its couplings against it at another: a mode survives "
    "where the push is stronger, along a direction of its own and with a length that follows from both. Where there are "
    "fewer directions than such modes, the least frustrated ones have them. It is a gradient flow: every start comes to rest, "
    "and but for rotations one state is stable, whatever the start."
)
REFERENCES = (
    "J. Z. HaoChen, C. Wei, A. Gaidon, T. Ma, Provable guarantees for self-supervised deep learning with spectral contrastive "
    "loss, 2021, arXiv:2106.04156.",
    "R. Balestriero, Y. LeCun, Contrastive and non-contrastive self-supervised learning recover global and local spectral "
    "embedding methods, 2022, arXiv:2205.11508.",
    "With stop-gradient and decay in its place: see the derivation of weight decay.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
