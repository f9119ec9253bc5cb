r"""The line of frustration beyond which no class mode survives decay, and how fast a head has to decay beside the mode one.

Section 6 of the notes.  Class modes at the edge of a band survive a decay of the embeddings up to a quarter of their squared
correlation; beside the mode :math:`\mu=1`, which all components have, the head must decay fast enough, too.

>>> from derivations import derive
>>> derive("phase_line")["beside_the_outlier"].uses
('heads',)

When it fails: d of the order of K, where directions hold modes below the edge and pairs of them have to be stable as well; and
beyond the line of stability nothing is said but that the state is left.
"""

TITLE = "Phase lines of random couplings: existence, and stability beside the mode one"
SUMMARY = (
    "Frustration moves the edge of the band, and with it the decay that class modes survive: in closed form where all "
    "classes have equally many links. Poisson graphs have no edge; there the share of modes above a point decides, the "
    "imaginary part of one function. Beside the mode that all classes have in common a head that decays too slowly "
    "turns, and the least ratio of the decays is a root of one cubic."
)
REFERENCES = (
    "The band and its response: see the derivation of random couplings; heads at rest: see the derivation of the head in "
    "the mean field; the pair of directions: see the derivation of how fast a head has to decay.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
