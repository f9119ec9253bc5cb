r"""Minus the mean cosine of pairs: frustration collapses angles as it collapses distances.

Any mobilities and lengths; rates at mobilities inverse to the degrees and lengths one.  No head.
"""

TITLE = "Cosines: angles collapse as distances do"
SUMMARY = (
    "Of each embedding only the direction counts, and its length is conserved: there is no scale that could shrink. Angles "
    "do in its place. Near one direction they follow the Laplacian of the couplings, so that each frustrated mode dies at the "
    "rate of squared distances; farther away frustration still closes every angle, in two stages. Decay makes this faster and "
    "stop-gradient slower, and neither prevents it. In three dimensions or more nothing else is stable; in a plane, rings of "
    "samples and labels can stay twisted."
)
REFERENCES = (
    "X. Chen, K. He, Exploring simple Siamese representation learning, 2021, arXiv:2011.10566.",
    "J. Markdahl, J. Thunberg, J. Goncalves, Almost global consensus on the n-sphere, IEEE Transactions on Automatic Control "
    "63 (2018) 1664: consensus from almost every start on spheres of dimension two or more.",
    "D. A. Wiley, S. H. Strogatz, M. Girvan, The size of the sync basin, Chaos 16 (2006) 015103: twisted states of rings.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
