"""Derivations and names that documents show, as strange as users may write them."""

from sympy import Symbol, symbols

from derivations import Derivation, Line, Step
from derivations.catalogue.model import derive_model
from derivations.checks import CheckOutcome, Status
from derivations.verification import CheckedStep, Verification
from tests.strategies import SCALARS
from theory import Loss, sg

x, y, w = SCALARS
NASTY_NAMES = [
    "50%_x", "a & b", "<script>alert(1)</script>", "#1", "{", "}", r"\undefined", "~", "^", r"\input{x}", "a_b_c",
    '"quoted" <b>',
]  # fmt: skip


def toy(name="toy", title="A toy", step="one", statement="It follows.", detail=""):
    """A derivation of one step, and what its check found."""
    line = Line("L", x + y)
    made = Derivation(
        name, title, statement, (Step(step, statement, statement, (line,), assumptions=(statement,)),), (statement,)
    )
    return made, Verification(name, (CheckedStep(step, CheckOutcome(Status.FAILED, "error", detail or statement), 0.1),))


def viewed(made):
    """What documents see of a derivation with its verification."""
    derivation, verification = made
    return derivation.view(verification)


def own(*spelled):
    """The derivation of a loss whose variables have these names."""
    a, b = symbols(spelled, real=True)
    rate = Symbol("rate_of_change", positive=True)
    return derive_model(Loss((a - sg(b)) ** 2 / 2 + a**2 * b**2, state=(a, b), mobility={a: rate}), "own")
