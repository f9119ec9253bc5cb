r"""Classifiable data do not collapse: components, their centroids, and the criterion of collapse.

Section 2 of the notes.  The criterion holds for any couplings and any mobilities; the stars take one label for each sample.
"""

TITLE = "Classifiable data do not collapse"
SUMMARY = (
    "Each connected component of the sample-label graph contracts to its own conserved centroid. Labels of one "
    "component meet; labels of different components stay apart for almost every start. So, for almost every start, "
    "all labels collapse to one point exactly if the graph is connected. Data in which every sample has a single "
    "label fall into a star for each label: they do not collapse, and wrong labels, as long as they are single, "
    "change nothing of that."
)
REFERENCES = (
    "The flow, its zero modes and its conserved centroids: see the derivation of the embedding-only model.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
