r"""Cross-correlations of two views drawn to the identity (Barlow Twins): without a scale, frustration can only turn dimensions.

Mobilities are inverse to frequencies, :math:`H=mD^{-1}` with the total weight m; any other multiple is a clock.  Positive
:math:`\alpha`.
"""

TITLE = "Cross-correlations drawn to the identity: no scale, no collapse, but dimensions can share a mode"
SUMMARY = (
    "Each dimension is divided by its standard deviation, so that no length is felt and none changes: frustration cannot "
    "collapse embeddings. Where all modes have one correlation, dimensions end orthogonal and frustration is but their loss. "
    "Where correlations differ, frustration turns dimensions: with a small weight of redundancy two of them lie along the "
    "same mode, with a larger one on both sides of it, with a still larger one, and strong frustration only, along modes of "
    "their own."
)
REFERENCES = (
    "J. Zbontar, L. Jing, I. Misra, Y. LeCun, S. Deny, Barlow Twins: self-supervised learning via redundancy reduction, 2021, "
    "arXiv:2103.03230.",
    "R. Balestriero, Y. LeCun, Contrastive and non-contrastive self-supervised learning recover global and local spectral "
    "embedding methods, 2022, arXiv:2205.11508.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
