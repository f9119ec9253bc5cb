r"""The head at late times: at a band with a square-root edge it never arrives, and its relaxation depends on its age.

Section 6 of the notes.  The head in the mean field of its modes (derivation ``mean_field_head``), whose correlations fill a
band up to a largest one, as those of regular frustrated pairs do (derivation ``dmft``).

>>> from derivations import derive
>>> derive("ageing")["late_head"].uses
('slow_edge',)

When it fails: single modes, which arrive exponentially; K classes for :math:`t^{3/2}` of the order of K/d, when fewer than d
modes are left to grow.
"""

TITLE = "Ageing: a head that follows ever fewer modes"
SUMMARY = (
    "Near a square-root edge of the band ever fewer modes keep up with the head, and their sum is a power of time "
    "below the growth of the fastest. As their total mass has a limit, the head stays behind its own by a gap of one "
    "over time, with a coefficient that the edge and the decay of the embeddings fix. The fastest mode grows for ever "
    "as a power, and overlaps at two times depend on their ratio alone."
)
REFERENCES = (
    "The three equations of the head and its steady states: see the derivation of the head in the mean field; the band "
    "and its edges: see the derivation of random couplings.",
    "L. F. Cugliandolo, D. S. Dean, Full dynamical solution for a spherical spin-glass model, 1995: the same power.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
