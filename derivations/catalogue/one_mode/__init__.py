r"""One mode along one direction, under stop-gradient: every start and its end.

Section 4.1 of the notes.  One mode with :math:`\mu>0` and no decay.  Other modes in the same direction share the head, and
change the end.
"""

TITLE = "One mode under stop-gradient: which starts survive"
SUMMARY = (
    "One mode along one direction moves on a hyperbola. The head goes to the canonical correlation; if the hyperbola "
    "meets zero amplitude on the way, the mode dies there, otherwise it survives with a finite amplitude. The boundary "
    "is closed form in all quadrants, and on it the approach is slow."
)
REFERENCES = (
    "Modes and the conserved matrix: see the derivation of the shared head with stop-gradient.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
