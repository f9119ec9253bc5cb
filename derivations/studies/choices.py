"""What a user chooses of a study, by names: the small parameter, the plane, exact numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from sympy import Basic, Rational, Symbol

from derivations.analysis.modes.equations import without_equations
from derivations.studies.findings import Subject
from theory.errors import InputError
from theory.flow import Flow
from theory.loss import Loss


def subject_of(model: Loss | Flow | Subject) -> Subject:
    """A model as the subject of a study."""
    if isinstance(model, Subject):
        return model
    if isinstance(model, Loss):
        loss, put = without_equations(model)
        return Subject("model", "A study of a loss", "", loss.stop_gradient_flow(), loss, stands_for=put)
    if isinstance(model, Flow):
        flow, put = without_equations(model)
        return Subject("model", "A study of a flow", "", flow, stands_for=put)
    raise InputError("a Loss, a Flow or the subject of a model file", type(model).__name__, "make one of these")


def with_choices(subject: Subject, small: Any, plane: Sequence | None, numbers: Mapping) -> Subject:
    """A subject with what is chosen beside, or in place of, its own choices; names are looked up by :func:`resolve`."""
    return replace(
        subject,
        small=subject.small if small is None else small,
        plane=subject.plane if plane is None else tuple(plane),
        numbers={**{str(p): n for p, n in subject.numbers.items()}, **{str(p): n for p, n in numbers.items()}},
    )


def resolve(subject: Subject, flow: Flow) -> Subject:
    """The choices as symbols and exact numbers of the flow of the amplitudes.

    Raises
    ------
    InputError
        for what is no parameter of it, and for what is no exact number.
    """
    known = {str(p): p for p in flow.parameters}
    chosen = (*filter(None, (subject.small,)), *(subject.plane or ()), *subject.numbers)
    if bound := [(x, e) for x, e in subject.stands_for.items() if str(x) in map(str, chosen)]:
        raise InputError("parameters that are free", "{} = {}".format(*bound[0]), "choose among the others")
    small = None if subject.small is None else _parameter(known, subject.small, "the small parameter")
    plane = None if subject.plane is None else tuple(_parameter(known, p, "the plane") for p in subject.plane)
    if plane is not None and len(set(plane)) != 2:
        raise InputError("two parameters of the plane", ", ".join(map(str, plane)), "name two different ones")
    numbers = {_parameter(known, p, "a number"): _exact(p, value) for p, value in subject.numbers.items()}
    return replace(subject, small=small, plane=plane, numbers=numbers)


def _parameter(known: Mapping[str, Symbol], name: Any, role: str) -> Symbol:
    if str(name) not in known:
        raise InputError(f"for {role} a parameter among {_named(known)}", str(name), "correct the name")
    return known[str(name)]


def _named(known: Iterable[str]) -> str:
    return ", ".join(sorted(known)) or "none: the model has no parameter"


def _exact(name: Any, value: Any) -> Rational:
    """A number as an exact fraction; a float is the decimal that it prints as."""
    if isinstance(value, Basic):
        number = value
    elif isinstance(value, bool) or not isinstance(value, int | float | Fraction | str):
        number = None
    else:
        try:
            number = Rational(Fraction(str(value)))
        except (ValueError, ZeroDivisionError):
            number = None
    if not isinstance(number, Rational):
        raise InputError(f"an exact number for {name}", repr(value), 'write for example 1 or "4/5"')
    return number
