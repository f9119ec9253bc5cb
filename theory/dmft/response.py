r"""The response of labels, averaged over the disorder, and the curves that follow from it (§6 of the notes).

Embeddings start independent, with entries of variance :math:`\sigma^2`, and move with :math:`\dot Z=-Z(D-A)`.  As the operator
is symmetric, all second moments of a label follow from :math:`R(t)=\frac1K\operatorname{tr}_{\rm labels}e^{-(D-A)t}`, the
inverse Laplace transform of :math:`G(s)`, per dimension and in units of :math:`\sigma^2`:

.. math:: E\,y_a(t)\cdot y_a(t')=R(t+t'),\qquad E\lVert y_a-y_b\rVert^2=2\,d\,R(2t) .

The zero mode of a coupling that is connected weighs :math:`1/(N+K)` in R, so that it is absent from the limit: compare with
simulated labels taken from their mean.

>>> response = LabelResponse("regular", pure_per_class=2, links=3, digits=30)
>>> mpmath.nprint(response.response(1 + 1j), 30)
(0.243078223561602035644459982388 - 0.111585854557778783986313443253j)
>>> labels = LabelResponse("poisson", pure_per_class=10, links=20)
>>> labels.variance([0.0, 1.0, 10.0]).round(4)
array([1.0e+00, 2.4e-02, 7.0e-04])

The closure of many links is chosen by name; it is off by :math:`O(1/c)` however many the classes, and late by any amount:

>>> closed = LabelResponse("poisson", pure_per_class=10, links=20, closure="large-c")
>>> bool(closed.variance(10.0) > 1.1 * labels.variance(10.0))
True

Which way it is computed:

=====================  ==============================================  ==========================================
ensemble and closure   :math:`G(s)`                                    :math:`R(t)`
=====================  ==============================================  ==========================================
regular                closed form                                     integral over the exact spectrum
poisson, cavity        population dynamics                             a hyperbola, for each population
poisson, large-c       roots by mpmath; arrays by Newton in doubles    Talbot in mpmath; a hyperbola in doubles
=====================  ==============================================  ==========================================

When it fails: late times, where the large-c closure has modes that grow (:attr:`LabelResponse.abscissa` is positive) and an
error of order 1/c; with few links the poisson graph falls apart (:attr:`LabelResponse.frozen`), which only the cavity knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from numbers import Complex
from typing import Any, Literal, get_args

import mpmath
import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.dmft import fast, populations, regular, self_consistency
from theory.dmft.edges import outer_edge
from theory.dmft.ensembles import Closure, EnsembleName, Pairs
from theory.dmft.finite_trees import kept_variance
from theory.dmft.inversion import CERTIFIED, by_hyperbola, by_talbot, object_array
from theory.dmft.populations import PopulationSize
from theory.dmft.self_consistency import Solution
from theory.errors import InputError, UnfinishedError

Path = Literal["fast", "mpmath"]

SAMPLES = 3  # points of an array at which mpmath solves again


@dataclass(frozen=True)
class Curve:
    """A function of time.

    Attributes
    ----------
    times, values
        of one shape.
    errors
        estimates for each value, absolute: differences of two quadratures, and standard errors of populations.
    method
        how it was computed, in words.
    """

    times: Any
    values: Any
    errors: Any
    method: str


@dataclass(frozen=True)
class LabelResponse:
    """The disorder-averaged response of labels, for :math:`H=1`.

    Parameters
    ----------
    ensemble, pure_per_class, links, weight, closure
        as of :class:`theory.dmft.ensembles.Pairs`: the exact cavity, unless ``closure="large-c"`` is named.
    digits
        15 to 50: of everything that mpmath computes, which is all but the Poisson cavity.
    path
        ``fast`` computes arrays and times in double precision, and raises unless two contours and mpmath at some of the points
        agree with it to 1e-11; ``mpmath`` computes everything in mpmath.  By default fast at 15 digits, mpmath at more.
    size
        of the populations for the Poisson cavity, whose accuracy is its standard error and not ``digits``.

    Raises
    ------
    InputError
        for parameters outside their ranges, and for ``digits`` or a ``path`` of the Poisson cavity.
    """

    ensemble: EnsembleName
    pure_per_class: float
    links: float
    weight: float = 0.5
    closure: Closure = "cavity"
    digits: int = 15
    path: Path | None = None
    size: PopulationSize = field(default_factory=PopulationSize)

    def __post_init__(self):
        _ = self.pairs
        check_digits(self.digits)
        if self.path is not None:
            require.one_of(self.path, get_args(Path), "path")
        if self.path == "fast" and self.digits > 15:
            raise InputError("15 digits on the fast path", str(self.digits), 'use path="mpmath"')
        if self._is_sampled and (self.digits != 15 or self.path is not None):
            asked = f"digits={self.digits}" if self.path is None else f"path={self.path!r}"
            expected = "neither digits nor a path for the Poisson cavity, which has a standard error"
            raise InputError(expected, asked, 'enlarge its populations, or name closure="large-c"')

    @cached_property
    def pairs(self) -> Pairs:
        """The ensemble and its closure."""
        return Pairs(self.ensemble, self.pure_per_class, self.links, self.weight, self.closure)

    @property
    def is_fast(self) -> bool:
        """Whether arrays and times are computed in double precision."""
        return self._is_sampled or (self.path or ("fast" if self.digits == 15 else "mpmath")) == "fast"

    @property
    def _is_sampled(self) -> bool:
        return self.ensemble == "poisson" and self.pairs.closure == "cavity"

    @cached_property
    def abscissa(self) -> float:
        """The rightmost singularity of :math:`G`, the rate of the slowest modes with its sign changed."""
        if self.ensemble == "regular":
            return -regular.slowest_rate(self.pairs)
        if self._is_sampled or self.links == 0:
            return 0.0
        return outer_edge(self.pairs.labels, self.links, 0.0, 1.0 + self.links * self.weight)

    @property
    def frozen(self) -> float:
        r""":math:`R(\infty)`: what labels of finite components keep in the limit, of which only the Poisson cavity knows."""
        return kept_variance(self.links, self.pure_per_class) if self._is_sampled else 0.0

    # -- the response at s ---------------------------------------------------------------------------------------------

    def response(self, s: Complex | ArrayLike) -> Any:
        """:math:`G(s)`: an mpmath number at a number s, an array at an array.

        Raises
        ------
        InputError
            for s that is not finite or on the cut, the real axis up to :attr:`abscissa`.
        UnfinishedError
            where the accuracy claimed is not reached.
        """
        return self.solve(s).value

    def solve(self, s: Complex | ArrayLike) -> Solution:
        """:meth:`response` with residual and error."""
        if isinstance(s, Complex | mpmath.mpf | mpmath.mpc):
            self._check_points(np.array([complex(s)]))
            return self._sample_points(np.array([complex(s)]), scalar=True) if self._is_sampled else self._solve_precisely(s)
        points = _complex_array(s)
        self._check_points(points.ravel())
        if self._is_sampled:
            return self._sample_points(points)
        if self.is_fast:
            return self._certify_points(points)
        found = [self._solve_precisely(complex(p)) for p in points.ravel()]
        columns = [[f.value for f in found], [f.residual for f in found], [f.error for f in found]]
        return Solution(*(object_array(column).reshape(points.shape) for column in columns))

    def _check_points(self, points: NDArray) -> None:
        if not np.all(np.isfinite(points)):
            raise InputError("finite points s", "some that are not", "leave them out")
        cut = (points.imag == 0) & (points.real <= self.abscissa)
        if np.any(cut):
            expected = f"s off the cut, the real axis up to {self.abscissa:.6g}"
            raise InputError(expected, f"{points[np.argmax(cut)].real:.6g}", "give s an imaginary part or move it to the right")

    def _solve_precisely(self, s: Any) -> Solution:
        if self.ensemble == "poisson":
            return self_consistency.solve(self.pairs.labels, self.links, s, self.digits)
        with mpmath.workdps(self.digits + self_consistency.GUARD):
            found = regular.solve(self.pairs, self.pairs.labels(mpmath.mpmathify(s)), mpmath.sqrt)
            if not found.error <= abs(found.value) * mpmath.mpf(10) ** -self.digits:
                raise UnfinishedError(
                    f"the response at s = {mpmath.nstr(s, 6)} is not known to {self.digits} digits; raise digits"
                )
        with mpmath.workdps(self.digits):
            return Solution(+found.value, +found.residual, +found.error)

    def _certify_points(self, points: NDArray) -> Solution:
        """The response in double precision, held against mpmath where the error is largest and in between."""
        flat = points.ravel()
        upper = np.where(flat.imag < 0, flat.conj(), flat)
        if self.ensemble == "regular":
            found = regular.solve(self.pairs, self.pairs.labels(upper))
        else:
            found = fast.solve(self.pairs.labels, self.links, upper)
        order = np.argsort(found.error / np.abs(found.value))
        apart = 0.0
        for j in order[np.unique(np.linspace(0, len(order) - 1, SAMPLES).astype(int))] if flat.size else []:
            apart = max(apart, abs(complex(self._solve_precisely(complex(upper[j])).value) / found.value[j] - 1))
        worst = max(apart, float(np.max(found.error / np.abs(found.value), initial=0.0)))
        if not worst < CERTIFIED:
            raise UnfinishedError(f'double precision reaches {worst:.0e}, not {CERTIFIED:g}; use path="mpmath"')
        value = np.where(flat.imag < 0, found.value.conj(), found.value)
        return Solution(*(x.reshape(points.shape) for x in (value, found.residual, found.error)))

    def _sample_points(self, points: NDArray, scalar: bool = False) -> Solution:
        found = populations.summarise_means(populations.sample_responses(self.pairs, points.ravel(), self.size))
        if scalar:
            return Solution(complex(found.value[0]), 0.0, float(found.error[0]))
        return Solution(*(x.reshape(points.shape) for x in (found.value, found.residual, found.error)))

    # -- in time -------------------------------------------------------------------------------------------------------

    def variance(self, t: ArrayLike) -> Any:
        r"""Variance of a label per dimension, in units of :math:`\sigma^2`: :math:`R(2t)`, at a number or an array of times.

        Raises
        ------
        InputError
            for times that are negative or not finite.
        UnfinishedError
            where two inverse Laplace transforms disagree beyond the accuracy claimed.
        """
        return self.relaxation(2 * _check_times(t)).values[()]

    def correlation(self, t: ArrayLike, u: ArrayLike) -> Any:
        r"""Correlation of a label at two times per dimension, in units of :math:`\sigma^2`: :math:`R(t+u)`."""
        return self.relaxation(_check_times(t) + _check_times(u)).values[()]

    def separation(self, t: ArrayLike, dimension: int) -> Any:
        r"""Expected squared distance of two labels, in units of :math:`\sigma^2`: :math:`2dR(2t)`."""
        require.whole(dimension, "a dimension of at least 1", "give a positive integer", least=1)
        return 2 * dimension * self.variance(t)

    def relaxation(self, t: ArrayLike) -> Curve:
        """:math:`R(t)` for times of any shape; the accuracy claimed is absolute.  Raises as :meth:`variance`."""
        times = _check_times(t)
        smooth = self._by_hyperbola if self.is_fast else self._by_talbot
        values, errors, method = (self._integrate_times if self.ensemble == "regular" else smooth)(times.ravel())
        return Curve(times, values.reshape(times.shape), errors.reshape(times.shape), method)

    def _integrate_times(self, times: NDArray) -> tuple[NDArray, NDArray, str]:
        method = "integral over the exact spectrum"
        if self.is_fast:
            return *regular.relaxation(self.pairs, times), method
        with mpmath.workdps(self.digits):
            values = [+v for v in regular.precise_relaxation(self.pairs, [mpmath.mpf(t) for t in times], self.digits)]
            errors = np.full(len(times), mpmath.mpf(10) ** -self.digits, dtype=object)
        return object_array(values), errors, f"{method}, {self.digits} digits"

    def _by_talbot(self, times: NDArray) -> tuple[NDArray, NDArray, str]:
        def transform(s: Any) -> Any:
            # Talbot's rule amplifies errors by the root of what it gains: three quarters of its precision are enough.
            return self_consistency.solve(self.pairs.labels, self.links, s, round(0.75 * mpmath.mp.dps)).value

        found = by_talbot(transform, times, self.digits, self.abscissa)
        return *found, f"Talbot's rule at two degrees, {self.digits} digits"

    def _by_hyperbola(self, times: NDArray) -> tuple[NDArray, NDArray, str]:
        if self._is_sampled:
            advice, method = "ask for earlier times", "hyperbolas of two sizes for each population"
            return *by_hyperbola(lambda s: populations.sample_responses(self.pairs, s, self.size), times, 0.0, advice), method
        advice, method = 'use path="mpmath" with more digits', "hyperbolas of two sizes"
        return *by_hyperbola(lambda s: self._certify_points(s).value[None, :], times, self.abscissa, advice), method


def check_digits(digits: object) -> None:
    remedy = "choose the precision of mpmath in that range"
    require.whole(digits, "digits as an integer from 15 to 50", remedy, least=15, most=50)


def _check_times(t: ArrayLike) -> NDArray:
    return require.finite(t, "finite non-negative times", "leave the others out", least=0)


def _complex_array(s: ArrayLike) -> NDArray:
    try:
        return np.asarray(s, dtype=complex)
    except (TypeError, ValueError) as error:
        raise InputError("points s as complex numbers", repr(s), "give a number or an array") from error
