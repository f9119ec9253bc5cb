r"""Frustration of one kind, ``uniform``: a fraction of the samples couples to every label alike.

Section 2 of the notes.  The sectors come from the symmetry between labels, with K, n, φ and both mobilities as symbols.
"""

TITLE = "Uniform frustration: an additional slow time scale, and the collapse of all labels"
SUMMARY = (
    "Of $n$ samples a class a fraction $\\varphi$ couples to every label alike, weight $1/K$ each. Permutations of the "
    "labels split the flow into small sectors, at any number of samples. Between classes it has two rates: a fast one, "
    "at which labels and their own samples meet, and a slow one, proportional to $\\varphi$, at which all labels "
    "collapse to one point."
)
REFERENCES = (
    "The flow, its zero modes and its conserved centroids: see the derivation of the embedding-only model.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
