"""Property tests for theories of one's own: Hypothesis strategies, and properties that a theory must have.

Names are imported on first use; ``__init__.pyi`` says from where.  Hypothesis is of the extra ``test``.
"""

from lazy_loader import attach_stub

from theory import require

_find, __dir__, __all__ = attach_stub(__name__, __file__)


def __getattr__(name: str):
    if name in __all__:
        require.extra("test", "hypothesis")
    return _find(name)
