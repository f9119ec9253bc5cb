r"""Where heads in the mean field of many classes hold: :math:`K\to\infty` classes at fixed d, from a multiple of the identity.

Entries of W off the diagonal are sums of K independent terms, and d of them reach a component: what is left out is of the order
of d/K, relative to the head.  It is more than half of that order at :math:`K=d`, where nothing is said.

>>> share_of_dimensions(classes=300, dimension=8)
0.02666666666666667
>>> share_of_dimensions(None, None) is None
True
"""

from __future__ import annotations

from theory import require
from theory.errors import InputError

LIMIT = "many classes K for each of d dimensions, from a head that is a multiple of the identity; off by the order of d/K"
MOST = 0.5  # dimensions for each class, from which on the order of what is left out is one


def share_of_dimensions(classes: int | None, dimension: int | None) -> float | None:
    """The estimate d/K of what is left out, where both are known.

    Raises
    ------
    InputError
        for one without the other, for numbers that are not whole, and for more than one dimension for two classes.
    """
    if classes is None and dimension is None:
        return None
    expected = "classes and dimension together, whole numbers of at least 1"
    K, d = (require.whole(number, expected, "give both, or neither", least=1) for number in (classes, dimension))
    if d > MOST * K:
        remedy = "add classes, simulate, or take WideHead where modes are few"
        raise InputError("at most one dimension for two classes", f"{d} dimensions and {K} classes", remedy)
    return d / K
