r"""Shared projection head without stop-gradient: a mass that no head removes, and collapse.

Section 3 of the notes.  The matrix steps hold for any couplings and any mobilities; the mode steps take mobilities inverse to
the degrees, where with :math:`ZD^{1/2}=\sum_kv_k\phi_k^T` each eigenvector :math:`\phi_k` of the normalised adjacency has an
amplitude :math:`v_k`.  The bounds hold for every head and every path that it takes; they say nothing of how fast the head
itself settles.

>>> from derivations import derive
>>> derive("projection_head")["decay"].after[1].right
S_k*exp(-2*psi_k*t)
"""

TITLE = "A shared projection head alone: frustrated modes decay, whatever the head does"
SUMMARY = (
    "A shared linear head predicts labels from samples and samples from labels, and everything descends the loss. In "
    "the modes of the couplings the loss is a square, which the head may make vanish, and a mass, which it cannot "
    "reach: the frustration $\\psi_k=1-\\mu_k^2$. Every mode with $|\\mu_k|<1$ decays at least at that rate, and the "
    "labels of a component collapse to one point."
)
REFERENCES = ("The model is a reconstruction from the abstract of arXiv:2604.09979.",)
