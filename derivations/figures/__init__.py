"""The figures, on matplotlib, without its global state.

Names are imported on first use; ``__init__.pyi`` says from where.
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
