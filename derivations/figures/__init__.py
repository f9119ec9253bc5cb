"""The figures, on matplotlib, without its global state."""

from derivations.figures.frustrated import frustration
from derivations.figures.report import curves, head_eigenvalues
from derivations.figures.spectra import spectrum
from derivations.figures.style import save

__all__ = ["curves", "frustration", "head_eigenvalues", "save", "spectrum"]
