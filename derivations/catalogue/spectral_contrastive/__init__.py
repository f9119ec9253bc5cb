r"""The spectral contrastive loss of two views: frustration collapses nothing, it shrinks and it decides what has no room.

Mobilities are inverse to the degrees; no head, no stop.
"""

TITLE = "Spectral contrastive loss: every mode with a positive correlation survives, and is as large as its correlation"
SUMMARY = (
    "What repels views in this loss repels them as their fourth power, what attracts them as their square: no mode is too "
    "frustrated to grow. The loss is the distance of the products of both views from the normalised coupling, so that at "
    "rest they are its best approximation of their rank. Only room collapses modes: where there are fewer directions than "
    "positive correlations, the most frustrated die, as slowly as their correlations are close. A decay of the embeddings "
    "beside it makes a threshold."
)
REFERENCES = (
    "J. Z. HaoChen, C. Wei, A. Gaidon, T. Ma, Provable guarantees for self-supervised deep learning with spectral contrastive "
    "loss, 2021, arXiv:2106.04156.",
    "C. Eckart, G. Young, The approximation of one matrix by another of lower rank, Psychometrika 1, 211-218, 1936.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
