"""Properties on drawn examples: the simplest example at which one fails is what its sentence shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import TypeVar

import numpy as np
from hypothesis import HealthCheck, Phase, currently_in_test_context, given, reject, settings
from hypothesis import strategies as st
from hypothesis.control import current_build_context
from hypothesis.errors import Unsatisfiable
from sympy import Basic

from theory import require
from theory.abridging import brief
from theory.errors import InputError

Example = TypeVar("Example")
EXAMPLES = 20
SIMPLER = 100  # examples that are tried after one has failed
PATIENCE = 60.0  # seconds after which no new ones are tried at all


def hold_at_examples(property_: Callable[[Example], None], examples: st.SearchStrategy[Example], count: int, name: str) -> None:
    """A property at drawn examples, the same on every run; inside a Hypothesis test at one, which belongs to that test.

    Raises
    ------
    AssertionError
        that of the property at the simplest example found.
    InputError
        where no example can be drawn.
    """
    require.whole(count, "a number of examples", least=1)

    limited = _Limited(property_)
    if currently_in_test_context():
        return limited(current_build_context().data.draw(examples))

    @settings(
        max_examples=count, deadline=None, derandomize=True, database=None, report_multiple_bugs=False, print_blob=False,
        suppress_health_check=[*HealthCheck], phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(examples)
    def holds(example):
        limited(example)

    try:
        holds()
    except AssertionError as error:
        raise AssertionError(str(error)) from None
    except Unsatisfiable:
        expected = f"examples for {name} within the assumptions and conditions"
        raise InputError(expected, "none in all that were drawn", "state fewer, or give numbers") from None


class _Limited:
    """A property that fails again where it has failed, and tries new examples within its limits only.

    Examples at which a formula divides by zero are dropped.
    """

    def __init__(self, property_: Callable):
        self.property, self.until, self.left = property_, monotonic() + PATIENCE, SIMPLER
        self.failed: dict[str, AssertionError] = {}

    def __call__(self, example) -> None:
        key = repr(example)
        if key in self.failed:
            raise self.failed[key]
        self.left -= bool(self.failed)
        if self.left < 0 or monotonic() > self.until:
            return
        try:
            self.property(example)
        except ZeroDivisionError:  # in a formula that is claimed
            reject()
        except AssertionError as error:
            self.failed[key] = error
            raise


def show_values(values: Mapping) -> str:
    """Values in one line, by name."""
    return ", ".join(f"{symbol} = {_show_value(value)}" for symbol, value in values.items())


def _show_value(value) -> str:
    if isinstance(value, Basic):
        return brief(value)
    if np.ndim(value) == 2:
        return str([[show_number(x) for x in row] for row in np.asarray(value)]).replace("'", "")
    return show_number(value)


def show_number(value) -> str:
    """A number to six digits."""
    number = complex(value)
    return f"{number.real:.6g}" if number.imag == 0 else f"{number:.6g}"
