"""Results that draw themselves."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from theory import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Drawn:
    """A result with a figure of its own; ``drawn_by`` names what draws it in :mod:`derivations.figures`."""

    drawn_by: ClassVar[str]

    def plot(self) -> Figure:
        """The figure, not yet shown or saved.

        Raises
        ------
        InputError
            without the extra ``report``, which draws.
        """
        require.extra("report", "matplotlib")
        return getattr(import_module("derivations.figures"), self.drawn_by)(self)
