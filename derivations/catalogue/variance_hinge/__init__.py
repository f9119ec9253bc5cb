r"""A hinge on the variance of each dimension against the pull of frustrated couplings (VICReg): which dimensions survive.

Mobilities are inverse to frequencies, :math:`H=mD^{-1}` with the total weight m; any other multiple is a clock.  Positive
:math:`\alpha,\zeta,\epsilon`.
"""

TITLE = "A hinge on variances: a threshold of its own, a kink, and dimensions that share a mode"
SUMMARY = (
    "Squared distances pull the dimensions of the embeddings together, a hinge pushes the standard deviation of each up to "
    "one. Without covariances every dimension moves by itself, towards the least frustrated mode. It dies where the push at "
    "zero is too weak, survives with a standard deviation in inverse proportion to the frustration, or reaches the kink of "
    "the hinge and rests there. A term on covariances turns two dimensions apart, but not onto modes of their own: what they "
    "share stays, in proportion to the difference of both correlations, unless one of them has a much larger variance."
)
REFERENCES = (
    "A. Bardes, J. Ponce, Y. LeCun, VICReg: variance-invariance-covariance regularization for self-supervised learning, 2022, "
    "arXiv:2105.04906.",
    "A. F. Filippov, Differential equations with discontinuous righthand sides, 1988: states at rest on a kink.",
    "R. Balestriero, Y. LeCun, Contrastive and non-contrastive self-supervised learning recover global and local spectral "
    "embedding methods, 2022, arXiv:2205.11508.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
