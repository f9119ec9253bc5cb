"""Dynamical mean-field theory: what couplings drawn from an ensemble do on average, without drawing any (§6 of the notes).

* :class:`LabelResponse`: the response of labels, their variance and separation in time.
* :class:`Band`: the density of canonical correlations, its edges and sum rules.
* :class:`MeanFieldHead`: a linear head in the mean field of all :class:`Modes`, its steady states, its ageing.
* :func:`critical_fraction`: the line beyond which no class mode survives decay.
* :class:`SingleSite`: a nonlinear head, one component at a time.
* :class:`WideHead`: embeddings of many dimensions beside a random head, by functions of two times.

Names are imported on first use; ``__init__.pyi`` says from where.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
