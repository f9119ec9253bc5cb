r"""The class graph: what a coupling looks like to labels that move slowly (Kron reduction, §2 of the notes).

Eliminating the samples from :math:`\dot Z=-Z(D-A)H` at rate :math:`r` leaves the label-only equation :math:`\det S(r)=0`,
:math:`S(r)=D_y-r/\eta_y-J^T(D_x-r/\eta_x)^{-1}J`.  Sample :math:`i` follows its labels with the *lag*
:math:`\tau_i=1/(\eta_id_i)`, and alone it joins them by the Laplacian :math:`L_i=\operatorname{diag}J_i-J_iJ_i^T/d_i`, of
conductances :math:`J_{ia}J_{ib}/d_i`; a *pure* sample, of one label, has :math:`L_i=0`.  Putting
:math:`J_iJ_i^T/d_i=\operatorname{diag}J_i-L_i` into :math:`S`,

.. math::
    S(r)=L(r)-rM(r),\qquad L(r)=\sum_i\frac{L_i}{1-r\tau_i},\qquad
    M_{aa}(r)=\frac1{\eta_a}+\sum_i\frac{\tau_iJ_{ia}}{1-r\tau_i},

exactly and for any :math:`J`: labels of mass :math:`M`, to which each sample adds its inverse mobility, shared out among its
labels, joined by the conductances of the *frustrated* samples.  The total mass :math:`\sum1/\eta` is that of the conserved
centroid.  With :math:`L^{(p)}=\sum_i\tau_i^pL_i`, :math:`M^{(0)}=M(0)` and :math:`M^{(1)}_{aa}=\sum_i\tau_i^2J_{ia}`, the
class rates solve

* at leading order :math:`L^{(0)}x=rM^{(0)}x`, with the relative error :math:`O(r\tau)`.  Since every part of :math:`L(r)` and
  :math:`M(r)` lies between once and :math:`1/(1-\rho)` times its leading value, :math:`\rho=r\max_i\tau_i`, each rate with
  :math:`\rho<1` is within this factor of its leading value;
* at next order :math:`(L^{(0)}+rL^{(1)})x=r(M^{(0)}+rM^{(1)})x`, with :math:`O((r\tau)^2)`.

In the leading modes :math:`X`, :math:`X^TM^{(0)}X=1`, :math:`X^TL^{(0)}X=R`, the next order is a mass matrix:
:math:`R\,c=r\,(1-X^TL^{(1)}X+R^{1/2}X^TM^{(1)}XR^{1/2})\,c`.  For a simple rate this is the quadratic equation to the order
kept; that :math:`r\,R^{1/2}X^TM^{(1)}XR^{1/2}` stands for :math:`r^2X^TM^{(1)}X` changes the operator by a similarity
transformation and terms beyond that order, so that equal and nearly equal rates need no care.  The mass matrix is positive, as
:math:`M^{(0)}-L^{(1)}=1/\eta_y+\sum_i\tau_iJ_iJ_i^T/d_i` is, and all rates are non-negative.

Two classes of three samples each and one frustrated sample, all mobilities one: masses 1 + 3 + ½, conductance ¼.

>>> from theory import Coupling
>>> coupling = Coupling.from_labels([{0}] * 3 + [{1}] * 3 + [{0, 1}], mobility="uniform")
>>> reduced = class_graph(coupling)
>>> reduced.masses, float(reduced.conductances[0, 1])
(array([4.5, 4.5]), 0.25)
>>> [round(float(rate), 6) for rate in (reduced.rates()[1], reduced.rates(order=2)[1], coupling.rates()[1])]
[0.111111, 0.113924, 0.113999]

When it fails: where a class rate is not slow against :math:`1/\tau_i`, as with strong frustration or a nearly immobile sample.
:meth:`ClassGraph.error` measures it.  Moments of an encoder have no class graph, since their :math:`J` has signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling.reduction import conductances
from theory.coupling.weights import Weights

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, eq=False)
class ClassGraph:
    r"""Labels with masses, joined by conductances.

    Attributes
    ----------
    masses
        :math:`M^{(0)}` (K,): a label's inverse mobility with its share of those of its samples.
    conductances
        the weights of :math:`L^{(0)}` (K, K), symmetric with zeros on the diagonal.
    lagged_masses, lagged_conductances
        :math:`M^{(1)}` and the weights of :math:`L^{(1)}`: the same sums with each sample's part times its lag.
    components
        the number of components, each of which has one zero rate.
    """

    masses: NDArray
    conductances: NDArray
    lagged_masses: NDArray
    lagged_conductances: NDArray
    components: int

    @cached_property
    def laplacian(self) -> NDArray:
        """The Laplacian of the conductances (K, K); its rows sum to zero."""
        return _laplacian(self.conductances)

    def rates(self, order: Literal[1, 2] = 1) -> NDArray:
        """Rates at which classes approach each other (K,), ascending, one zero for each component.

        Parameters
        ----------
        order
            1 for the leading order of weak frustration, 2 for the next.

        Raises
        ------
        InputError
            for another order.
        """
        require.whole(order, "order 1 or 2", "choose one; exact rates are those of the coupling", least=1, most=2)
        scale = self.masses**-0.5
        values, vectors = np.linalg.eigh(scale[:, None] * self.laplacian * scale)
        moving, modes = np.maximum(values[self.components :], 0.0), (scale[:, None] * vectors)[:, self.components :]
        if order == 2 and moving.size:
            moving = self._next_order(moving, modes)
        return np.concatenate([np.zeros(self.components), moving])

    def _next_order(self, leading: NDArray, modes: NDArray) -> NDArray:
        from scipy.linalg import eigh

        root = np.sqrt(leading)
        lagging = modes.T @ _laplacian(self.lagged_conductances) @ modes
        inertia = modes.T @ (self.lagged_masses[:, None] * modes)
        return eigh(np.diag(leading), np.eye(len(root)) - lagging + root[:, None] * inertia * root, eigvals_only=True)

    def error(self, exact: ArrayLike, order: Literal[1, 2] = 1) -> float:
        """The largest relative error of the non-zero rates.

        Parameters
        ----------
        exact
            slowest rates of the coupling itself, ascending, zeros included: ``coupling.rates(K)``, where the slowest are those
            of classes.
        order
            as of :meth:`rates`.
        """
        moving = np.asarray(exact)[self.components :]
        own = self.rates(order)[self.components :][: len(moving)]
        return float(np.max(np.abs(own / moving[: len(own)] - 1), initial=0.0))

    @cached_property
    def graph(self) -> networkx.Graph:
        """Nodes 0, 1, ... with ``mass``, edges with ``conductance``."""
        import networkx

        graph = networkx.Graph()
        graph.add_nodes_from((a, {"mass": float(mass)}) for a, mass in enumerate(self.masses))
        ends = np.argwhere(np.triu(self.conductances))
        graph.add_edges_from((int(a), int(b), {"conductance": float(self.conductances[a, b])}) for a, b in ends)
        return graph


def class_graph(coupling: Weights) -> ClassGraph:
    """The class graph of a coupling, at a cost of the squared numbers of labels of its sample types, and of K × K numbers.

    Raises
    ------
    InputError
        for the moments of an encoder.
    """
    coupling.require_graph("use its modes and rates")
    coupling.require_attraction()
    lags = 1 / (coupling.sample_mobility * coupling.sample_degrees)
    shared = coupling.types.T @ np.column_stack([coupling.counts * lags, coupling.counts * lags**2])
    weights = coupling.counts / coupling.sample_degrees
    return ClassGraph(
        1 / coupling.label_mobility + shared[:, 0],
        conductances(coupling.types, weights),
        shared[:, 1],
        conductances(coupling.types, weights * lags),
        int(coupling.label_components.max()) + 1,
    )


def _laplacian(conductances: NDArray) -> NDArray:
    return np.diag(conductances.sum(axis=1)) - conductances
