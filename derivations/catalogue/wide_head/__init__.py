r"""A wide random head: from the flow, which is linear in the random matrix, to one dimension with noise and memory.

Section 6 of the notes.  Both targets are stopped, :math:`H=D^{-1}`, the mobility of the head is :math:`\gamma/d`; one mode, or
any that start independent, in :math:`d\to\infty` dimensions.  Times are those of a grid, on which integrals are sums: the
closure is exact at any step, and the solver takes the same sums.

>>> from derivations import derive
>>> derive("wide_head")["cavity"].uses
('trajectories',)

When it fails: as many modes as dimensions.
"""

TITLE = "A wide head that starts at random"
SUMMARY = (
    "Embeddings of many dimensions, few modes, and a head that starts as a multiple of the identity and a random matrix. "
    "Put into the flow, the head is memory and two fields, linear in the random matrix. By the cavity these are Gaussian noise "
    "and an echo, with overlaps and responses that a single dimension has to reproduce. Small labels grow at a rate in closed "
    "form; without decay a conserved quantity keeps labels; with decay the random part is forgotten."
)
REFERENCES = (
    "The flow of the modes: see the derivation of stop-gradient.",
    "H. Sompolinsky, A. Crisanti, H. J. Sommers, Chaos in random neural networks, Physical Review Letters 61, 259, 1988.",
    "A. Crisanti, H. J. Sommers, The spherical p-spin interaction spin glass model, Zeitschrift für Physik B 87, 341, 1992.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
