r"""Cross-entropy of cosines at a temperature: no length, no collapse, and a temperature above which frustration is not felt.

Mobilities are inverse to the degrees; no head.
"""

TITLE = "InfoNCE: frustration collapses no mode, and above a temperature it is not felt at all"
SUMMARY = (
    "Cosines keep all lengths: there is no mode of scale that could die. Where all embeddings point in one direction every "
    "mode with a positive correlation grows. Where a fraction of the labels is redrawn the margin comes to rest at what "
    "frequencies ask for, as without normalisation, unless cosines cannot reach it: above a critical temperature samples and "
    "labels lie on simplices as if nothing were frustrated. Samples that see all labels alike change neither."
)
REFERENCES = (
    "A. van den Oord, Y. Li, O. Vinyals, Representation learning with contrastive predictive coding, 2018, arXiv:1807.03748.",
    "T. Chen, S. Kornblith, M. Norouzi, G. Hinton, A simple framework for contrastive learning of visual representations, "
    "2020, arXiv:2002.05709.",
    "Without normalisation: see the derivation of redrawn labels.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
