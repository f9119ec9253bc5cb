"""The earlier name of :mod:`theory.encoder`, kept for scripts that use it."""

from theory.encoder import *  # noqa: F403
from theory.encoder import __all__ as __all__
