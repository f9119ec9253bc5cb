r"""A nonlinear head behind which components do not meet: one scalar problem for all of them.

Section 6 of the notes.  The head :math:`x\mapsto f(Wx)` with f on each component, both targets stopped, ``uniform`` couplings
with a fraction :math:`\varphi` of frustrated samples, mobilities inverse to the degrees, that of the head
:math:`\gamma/\sum J`, a start at a multiple of the identity.

>>> from derivations import derive
>>> derive("single_site")["sites"].uses
('component',)

When it fails: d/K not small, where entries off the diagonal of the head reach what comes through it.
"""

TITLE = "A nonlinear head, one component at a time"
SUMMARY = (
    "Behind a multiple of the identity the components of embeddings do not meet, and each is a copy of one scalar "
    "problem, whose velocities are the derivatives of the loss of one component. Many classes keep the head there: what "
    "turns it is a sum of uncorrelated terms. A linear function gives the mean field of three modes; for the error "
    "function the first velocity of the head is known in closed form."
)
REFERENCES = (
    "The linear head: see the derivation of the head in the mean field.",
    "D. Saad, S. A. Solla, On-line learning in soft committee machines, 1995: Gaussian averages of error functions.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
