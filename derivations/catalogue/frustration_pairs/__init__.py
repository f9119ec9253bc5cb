r"""Frustration between two labels at a time, ``pairs``: samples that belong to two classes, all pairs equally often.

Section 2 of the notes.  The sectors come from the symmetry between labels, with K, the counts, the link weight q and both
mobilities as symbols; the number m of frustrated samples for each pair of labels is the small parameter.
"""

TITLE = "Frustrated pairs: samples between two classes, and the rate at which they pull all classes together"
SUMMARY = (
    "Beside $n_0$ pure samples a class there are $m$ frustrated samples for each pair of labels, coupled to both with "
    "weight $q$. They are no longer idle between classes, and the sector has three amplitudes. The slowest rate is "
    "proportional to $m$; with mobilities inverse to the degrees the frustration of all class modes is "
    "$\\varphi K/2(K-1)$."
)
REFERENCES = (
    "The flow, its zero modes and its conserved centroids: see the derivation of the embedding-only model.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
