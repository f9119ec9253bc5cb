r"""Embedding-only model: loss, Laplacian flow, zero modes and conserved centroids.

Section 2 of the notes.  Everything is exact for any couplings and any mobilities; what follows for classifiable and for
frustrated data has derivations of its own.
"""

TITLE = "The embedding-only model: gradient flow, fixed points and what is conserved"
SUMMARY = (
    "Samples and labels attract each other along their couplings. The flow is that of a graph Laplacian, for any "
    "couplings and any mobilities. It rests where every connected component of the sample-label graph has contracted "
    "to one point, the centroid that it has conserved from the start."
)
REFERENCES = ("The model is a reconstruction from the abstract of arXiv:2604.09979.",)
