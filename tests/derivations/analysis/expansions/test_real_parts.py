"""Real parts of constants whose radicands have known signs."""

from sympy import I, Rational, S, sqrt, symbols

from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.real_parts import real_part

a, b = symbols("a b", positive=True)


def test_the_real_part_of_a_root_of_a_negative_number():
    assert vanishes(real_part(S.NegativeOne ** Rational(1, 3) * a, Region()) - a / 2)
    assert real_part(I * sqrt(a) * sqrt(b), Region()) == 0


def test_inequalities_decide_the_sign_of_a_radicand():
    constant, below = (a - b + sqrt(a - b)) ** 2, Region((a < b,))
    assert vanishes(real_part(constant, below) - (a - b) ** 2 - (a - b), below)
    assert real_part(sqrt(a - b), Region()) is None
    assert real_part(sqrt(a - b), below) == 0
