r"""Which places of a head and of a stopped gradient collapse, which only freeze, and which prevent (§4.3 of the notes).

Each of the twenty models of :func:`theory.models.projection_head`, without decay, on a connected graph.

* **Frozen**: the velocity of the samples or of the labels is identically zero.  That side never learns: no prevention.
* **Collapses**: the flow has a :mod:`balance <derivations.placement.balance>`, so that at every fixed point the observable is
  one point.  The observable is declared: the labels :math:`Y`, or only their projection :math:`WY`.
* **Non-collapsed**: there is no balance, and modes with amplitudes of labels and head are stable fixed points.  So they are
  possible; whether a start reaches them depends on it (§4.1).

The first two hold for the whole matrix flow, with any couplings and mobilities.  Fixed points and stability are those of one
mode with a correlation :math:`0<\mu<1` in one direction: amplitudes :math:`u` of the samples, :math:`v` of the labels,
:math:`w` of the head.  They say nothing of perturbations that leave it.  That a run *reaches* a fixed point is not derived: a
simulation witnesses it.  :func:`placement_table` makes the table; ``docs/placement.md`` shows it.

Fails: on a graph of several components, each of which becomes a point of its own.
"""

from derivations.placement.balance import Balance, balance_of
from derivations.placement.cells import Placement, PlacementOutcome, PlacementTable, Witness
from derivations.placement.deriving import placement_table

__all__ = ["Balance", "Placement", "PlacementOutcome", "PlacementTable", "Witness", "balance_of", "placement_table"]
