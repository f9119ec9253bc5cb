r"""Stop-gradient without decay: which of the many states at rest are stable, and what protects the sign of the head.

Section 4.1 of the notes.  States at rest are those with :math:`WV=V\mu`; they form families, and stability is meant transverse
to them: zero eigenvalues move along a family, or along a head that touches no mode.
"""

TITLE = "Stop-gradient without decay: which states are stable"
SUMMARY = (
    "Perturbations of a state at rest act through their residual alone, and the residual obeys a linear flow of its "
    "own. Along orthogonal modes its rates are explicit: surviving modes are held by their own amplitude, absent "
    "modes are kept out by heads that are large enough. Any split of the directions into the positive top and the "
    "negative bottom of the spectrum is stable, given amplitude; modes that are not orthogonal are stable where "
    "their amplitudes are large. A positive conserved matrix keeps the sign of the determinant of the head."
)
REFERENCES = (
    "The flow of the modes, its conserved matrix and its states at rest: see the derivation of stop-gradient.",
    "Numerical range: R. A. Horn, C. R. Johnson, Topics in Matrix Analysis, ch. 1.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
