"""Programs beside this package that crash, hang, print nonsense or are not there."""

from __future__ import annotations

import os
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import symbols

from derivations.analysis.algebra import programs as programs_module
from derivations.analysis.algebra.finite_zeros import finite_zeros
from derivations.analysis.algebra.msolve import parametrize
from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.programs import Program, ProgramError, Programs, installed_programs
from derivations.analysis.algebra.singular import block_basis, minimal_primes, read_polynomial
from derivations.analysis.points import fixed_points as fixed_points_module
from derivations.analysis.points import splitter
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from theory import Flow, InputError

x, y, a = symbols("x y a", real=True)
RING = Ring((x, y))
EQUATIONS = [RING.numerator(e) for e in (x**2 + y**2 - 5, x * y - 2)]
FLOW = Flow({x: x**3 + y**2 - 5, y: x * y**2 - 2 * x})

needs_programs = pytest.mark.skipif(
    installed_programs().singular is None or installed_programs().msolve is None, reason="the extra algebra is not installed"
)


def script(text: str, name: str = "Singular") -> Program:
    """A program that runs a piece of Python."""
    return Program(name, sys.executable, ("-c", text))


FAILURES = {
    "import os; os.abort()": "ended with status -6",
    "raise SystemExit(3)": "ended with status 3",
    "import time; time.sleep(60)": "was stopped at its limit of 1 s",
    "print('x0^2 + 1')": "did not finish its answer",
    "print('x0 +* 1'); print('complete')": "printed what is no polynomial",
    "print('x7'); print('complete')": "printed what is no polynomial of these symbols",
    "print('   ? error occurred in STDIN line 1'); print('complete')": "printed what is no polynomial",
    "print(b'\\xff\\xfe'.decode('latin1')); print('complete')": "printed what is no polynomial",
}


@pytest.mark.parametrize(("text", "said"), FAILURES.items())
def test_a_singular_that_fails_is_a_sentence_and_no_answer(text, said):
    programs = Programs(script(text), None, seconds=1)
    assert block_basis(programs, RING, (x, y), EQUATIONS) is None
    (note,) = programs.notes
    assert note == f"Singular {said}, and the built-in route went on"
    assert programs.notes == {note: False}


@pytest.mark.parametrize(
    "printed",
    [
        "",
        "[0, [0]]:",
        "nonsense",
        "[0, __import__('os')]:",
        "[" * 10_000,
        "[0, [0, 2, 2, ['x0', 'x1'], [0, 1], [1, [[2, [1]], [0, [1]], []]]]]:",
    ],
)
def test_a_msolve_that_fails_is_a_sentence_and_no_answer(printed):
    programs = Programs(None, script(f"print({printed!r})", "msolve"), seconds=20)
    assert parametrize(programs, RING, (x, y), EQUATIONS) is None
    assert [note.startswith("msolve ") for note in programs.notes] == [True]


@pytest.mark.parametrize("printed", ["[-1]:", "[1, 2, -1, []]:"])
def test_no_zeros_and_infinitely_many_are_no_failure(printed):
    programs = Programs(None, script(f"print({printed!r})", "msolve"), seconds=20)
    assert parametrize(programs, RING, (x, y), EQUATIONS) is None
    assert not programs.notes


def test_a_program_that_is_gone_is_a_sentence():
    programs = Programs(Program("Singular", "/no/such/program"), None, seconds=1)
    assert minimal_primes(programs, RING, (x, y), EQUATIONS) is None
    assert next(iter(programs.notes)).startswith("Singular ")


@needs_programs
def test_zeros_that_are_none_are_not_taken(monkeypatch):
    """A parametrization of other zeros, and one of too few."""
    real = installed_programs()
    wrong = "[0, [0, 2, 1, ['x0', 'x1'], [0, 1], [1, [[1, [-3, 1]], [0, [1]], [[[0, [-1]], 1]]]]]]:"
    programs = Programs(real.singular, script(f"print({wrong!r})", "msolve"), seconds=20)
    assert finite_zeros(programs, RING, EQUATIONS) is None
    assert "a point of msolve's is no zero of the equations, and the built-in route went on" in programs.notes
    nowhere = "[0, [0, 2, 4, ['x0', 'x1'], [0, 1], [1, [[4, [4, 0, -5, 0, 1]], [0, [0]], [[[0, [0]], 1]]]]]]:"
    programs = Programs(real.singular, script(f"print({nowhere!r})", "msolve"), seconds=20)
    assert finite_zeros(programs, RING, EQUATIONS) is None
    assert "a point of msolve's is no zero of the equations, and the built-in route went on" in programs.notes
    few = "[0, [0, 2, 1, ['x0', 'x1'], [0, 1], [1, [[1, [-1, 1]], [0, [1]], [[[0, [-2]], 1]]]]]]:"
    programs = Programs(real.singular, script(f"print({few!r})", "msolve"), seconds=20)
    assert finite_zeros(programs, RING, EQUATIONS) is None
    assert "Singular counts 4 complex zeros and msolve has 1, and the built-in route went on" in programs.notes


def test_roots_that_do_not_tell_points_apart_are_refused():
    """Two roots at one point: the root is said to be x + y, and is not."""
    coordinates = "[[[1, [0, -4]], 1], [[1, [0, -2]], 1]]"
    twice = f"[0, [0, 3, 2, ['x0', 'x1', 'A'], [1, 1, 1], [1, [[2, [-1, 0, 1]], [1, [0, 2]], {coordinates}]]]]:"
    programs = Programs(None, script(f"print({twice!r})", "msolve"), seconds=20)
    assert parametrize(programs, RING, (x, y), EQUATIONS) is None
    assert "msolve has a root that is no linear form of the coordinates, and the built-in route went on" in programs.notes


@pytest.mark.parametrize("text", list(FAILURES)[:5])
def test_the_built_in_route_answers_where_programs_fail_and_the_result_says_so(monkeypatch, text):
    broken = Programs(script(text), script(text, "msolve"), seconds=1)
    monkeypatch.setattr(fixed_points_module, "installed_programs", lambda time_limit=None: broken)
    found = fixed_points(FLOW, time_limit=None)
    expected = fixed_points(FLOW, time_limit=None, backend="builtin")
    assert found.points == expected.points
    assert found.completeness is Completeness.PROVED
    assert "and the built-in route went on" in found.reason
    assert "and the built-in route went on" not in expected.reason


def test_nothing_installed_is_no_error_unless_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(programs_module, "_installed", lambda *args: None)
    assert fixed_points(FLOW, time_limit=None).completeness is Completeness.PROVED
    with pytest.raises(InputError, match=r"no Singular and msolve.*collapse-theory\[algebra\]"):
        fixed_points(FLOW, backend="programs")
    with pytest.raises(InputError, match="backend"):
        fixed_points(FLOW, backend="maple")


def test_a_built_in_route_that_gives_up_names_the_extra(monkeypatch):
    monkeypatch.setattr(splitter, "CASES", 0)
    for backend, told in (("builtin", True), ("auto", installed_programs().singular is None)):
        found = fixed_points(Flow({x: x**2 + y**2 - a, y: x**2 * y + a * y**2 - x}), time_limit=None, backend=backend)
        assert found.completeness is not Completeness.PROVED
        assert ("the extra algebra" in found.reason) == told


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="processes are looked up in /proc")
def test_a_program_ends_with_the_worker_that_waits_for_it(tmp_path, monkeypatch):
    place = tmp_path / "number"
    hanging = script(f"import os, time; open({str(place)!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    programs = Programs(hanging, hanging, seconds=600)
    monkeypatch.setattr(fixed_points_module, "installed_programs", lambda time_limit=None: programs)
    found = fixed_points(FLOW, time_limit=8)
    assert found.completeness is not Completeness.PROVED
    deadline = time.monotonic() + 10
    while os.path.isdir(f"/proc/{place.read_text()}") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.isdir(f"/proc/{place.read_text()}")


# -- polynomials as text ---------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.tuples(st.integers(0, 12), st.integers(0, 12)), st.integers(-(10**40), 10**40), min_size=1))
def test_polynomials_are_read_as_they_are_written(terms):
    p = RING.context.from_dict({k: c for k, c in terms.items() if c})
    if not p.is_zero():
        assert read_polynomial(str(p).replace(" ", ""), RING) == p


def test_integers_of_any_length_are_read():
    long = "7" * 20_000
    assert str(read_polynomial(f"{long}*x0^2-x1", RING).leading_coefficient()) == long


@pytest.mark.parametrize("text", ["", "+", "x0x1", "2^3", "x0^", "x", "1/2*x0", "x0*+x1", "x0**2", "x0 + x1", "-"])
def test_other_text_is_no_polynomial(text):
    with pytest.raises(ProgramError):
        read_polynomial(text, RING)
