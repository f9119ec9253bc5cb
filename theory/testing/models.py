"""Everything that can be tested of a model without being told what to expect, as one ready test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from theory.errors import InputError
from theory.flow import Flow
from theory.loss import Loss
from theory.testing.examples import EXAMPLES
from theory.testing.linear import eigenvalues_are_dense
from theory.testing.properties import gradient_is_differences, integrals_stay, lowered_is_symbolic
from theory.testing.reductions import reduction_is_matrix_flow


def check_model(model: Loss | Flow | str | Path, *, examples: int = EXAMPLES) -> Callable[[], None]:
    """A test of a model, ready for pytest.

    The flows of a loss are its differences, every flow is lowered as it is written, and the polynomial first integrals that are
    derived for it stay.

    Parameters
    ----------
    model
        a loss, a flow, or the path of a model file.

    >>> from sympy import symbols
    >>> x, w = symbols("x w", real=True)
    >>> test_model = check_model(Loss((w*x - 1)**2 / 2, (x, w)))
    >>> test_model()
    """
    loss_or_flow = _read(model) if isinstance(model, str | Path) else model
    if not isinstance(loss_or_flow, Loss | Flow):
        raise InputError("a Loss, a Flow or a model file", type(model).__name__, "make one with theory.Loss(...)")

    def test() -> None:
        """A model is what it is derived from."""
        if isinstance(loss_or_flow, Loss):
            gradient_is_differences(loss_or_flow, examples=examples)
        for flow in _flows_of(loss_or_flow):
            lowered_is_symbolic(flow, examples=examples)
            for quantity in _first_integrals(flow):
                integrals_stay(flow, quantity, examples=examples)

    return test


def check_study(study, *, examples: int = EXAMPLES) -> Callable[[], None]:
    """A test of all that a study found, ready for pytest.

    The model as :func:`check_model` has it; integrals with their rates; the reduction beside the matrix flow; each fixed point
    and its eigenvalues beside the dense Jacobian.

    Parameters
    ----------
    study
        an object with the ``subject`` (its ``flow``, and ``loss`` or None), ``conserved`` (each a ``quantity`` with its
        ``rate``), the ``reduction`` or None, the flow of the ``amplitudes`` and what is ``conserved_amplitudes``, and
        ``states`` (each a ``point`` and its ``stability`` or None); or one that has such ``findings``.
    """
    found = getattr(study, "findings", study)

    def test() -> None:
        """What a study found holds in its model."""
        check_model(found.subject.loss or found.subject.flow, examples=examples)()
        for integral in found.conserved:
            integrals_stay(found.subject.flow, integral.quantity, integral.rate, examples=examples)
        if found.reduction is not None:
            reduction_is_matrix_flow(found.reduction, examples=examples)
        for integral in found.conserved_amplitudes:
            integrals_stay(found.amplitudes, integral.quantity, integral.rate, examples=examples)
        for state in found.states:
            if state.stability is not None:
                eigenvalues_are_dense(found.amplitudes, state.point, state.stability.eigenvalues_at, examples=examples)

    return test


def _read(path: str | Path) -> Loss | Flow:
    from derivations.spec import read_model

    subject = read_model(Path(path))
    return subject.loss or subject.flow


def _flows_of(model: Loss | Flow) -> list[Flow]:
    if isinstance(model, Flow):
        return [model]
    return [model.gradient_flow(), *([model.stop_gradient_flow()] if model.is_marked else [])]


def _first_integrals(flow: Flow) -> tuple:
    """Those up to degree two; none of a flow outside the class that they are derived for."""
    try:
        return flow.conserved()
    except InputError:
        return ()
