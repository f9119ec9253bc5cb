"""Real parts of constants, and what they take for granted of radicands."""

from sympy import I, Rational, S, sqrt, symbols

from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.real_parts import is_proved, real_part

a, b = symbols("a b", positive=True)
p = symbols("p", real=True)


def proved_part(constant, region):
    """A real part that takes nothing for granted."""
    part, assumed = real_part(constant, region)
    assert assumed == frozenset()
    return part


def test_the_real_part_of_a_root_of_a_negative_number():
    assert vanishes(proved_part(S.NegativeOne ** Rational(1, 3) * a, Region()) - a / 2)
    assert proved_part(I * sqrt(a) * sqrt(b), Region()) == 0


def test_inequalities_decide_the_sign_of_a_radicand():
    constant, below = (a - b + sqrt(a - b)) ** 2, Region((a < b,))
    assert vanishes(proved_part(constant, below) - (a - b) ** 2 - (a - b), below)
    assert proved_part(sqrt(a - b), Region()) is None
    assert proved_part(sqrt(a - b), below) == 0


def test_parameters_choose_a_side_and_the_inequality_is_told():
    for given, part, side in (({a: S(2), b: S(1)}, sqrt(a - b), a - b > 0), ({a: S(1), b: S(2)}, 0, a - b < 0)):
        assert real_part(sqrt(a - b), Region(), given) == (part, {side})


def test_a_side_that_follows_from_what_is_known_is_not_told():
    assert proved_part(sqrt(a**2 + b + p**2), Region()) == sqrt(a**2 + b + p**2)
    assert proved_part(sqrt(-a - b), Region()) == 0
    assert not is_proved(a - b > 0, Region())
    assert is_proved(a - b > 0, Region((a > 2 * b,)))
