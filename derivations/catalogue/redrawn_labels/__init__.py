r"""Classification by softmax with labels as embeddings, a fraction of which is redrawn: frustration sets the margin.

Mobilities are inverse to the degrees; no head, no stop, no decay.
"""

TITLE = "Redrawn labels and softmax: a margin in place of a collapse"
SUMMARY = (
    "Samples and labels are embeddings, and scores of each sample go through a softmax. Where a fraction of the labels is "
    "redrawn at random, the squared distance collapses all classes. The cross-entropy does not: the scores fit the frequencies "
    "of the labels, and frustration only bounds how far they are apart. The state without embeddings is never stable."
)
REFERENCES = (
    "M. Lukasik, S. Bhojanapalli, A. Menon, S. Kumar, Does label smoothing mitigate label noise?, 2020, arXiv:2003.02819.",
    "With squared distances in its place: see the derivation of whitening.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
