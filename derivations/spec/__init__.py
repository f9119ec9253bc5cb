r"""Model files: a loss or velocities, their state and their parameters in TOML, read without ever evaluating text as code.

.. code-block:: toml

    state = ["x", "y", "w"]
    loss = "(w*x - sg(y))**2/2 + (w*y - sg(x))**2/2"
    [parameters]          # "real", "positive", "nonnegative", "integer", or an interval "(0, 1/2)"
    gamma = "positive"
    [mobility]
    w = "gamma"
    [decay]
    w = "kappa"           # an error: kappa is not declared

Expressions have ``+ - * / **``, parentheses, integers and decimals (read as exact fractions), ``pi``, ``sg`` and the functions
in :data:`derivations.formulas.FUNCTIONS`; ``^`` is accepted for ``**``.  A name that is declared is what it is declared to be,
``pi`` included.

Matrices are declared by their shapes, in letters for dimensions or numbers, with what is known of them, and may be state or
data:

.. code-block:: toml

    title = "SimSiam with a linear predictor"
    source = "arXiv:2102.06810"
    state = ["P", "W"]
    loss = "tr(P*W*A*W.T*P.T)/2 - tr(P*W*B*sg(W).T)"
    [matrices]
    P = "m x m"           # or "m, m"
    W = "m x n"
    A = "n x n, positive definite"
    B = "n x n, symmetric"             # or "symmetric n"; "n x n, diagonal" or "diagonal n"
    [parameters]
    eta = "positive"
    alpha = "positive"
    [mobility]
    P = "alpha"
    [decay]
    P = "eta"
    W = "eta"
    [assume]
    together = [["A", "B"]]            # data that share their vectors
    facts = ["4*a*eta < b**2"]         # inequalities between numbers, or equations between products of data
    [study]
    small = "eta"                      # the parameter of time scales
    plane = ["eta", "b"]               # the two parameters of the phase plane
    numbers = {a = 1, b = "4/5", alpha = 1}

Formulas then have the operations of :mod:`theory.nodes` by their names (:data:`derivations.formulas.MATRIX_FUNCTIONS`), ``M.T``
for a transpose, ``trace`` or ``tr``, ``inverse``, ``identity(d)`` and ``ones(d, N)``; functions of numbers are taken of every
entry.  Eigenvalues and singular values of data have the lower-case names of their matrices in facts and in ``[study]``.

A target that follows is state with a rate and a source, :math:`\dot T=\text{rate}\,(\text{source}-T)`:

.. code-block:: toml

    [follow]
    T = ["beta", "W"]

A flow of one's own has velocities in place of a loss:

.. code-block:: toml

    state = ["x", "y"]
    [velocity]
    x = "-x + a*y"
    y = "-y - a*x"
    [parameters]
    a = "real"
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sympy import Expr, Symbol

from derivations.analysis.modes.equations import without_equations
from derivations.spec.beside import read_facts, read_study, value_symbols
from derivations.spec.declared import Declared, read_declared
from derivations.spec.reader import Reader
from derivations.spec.table import read_table
from derivations.subject import Subject
from theory import Flow, InputError, Loss
from theory.stopgrad import StopGradient, StopGradientMatrix, is_marked


def read_model(path: Path) -> Subject:
    """What a model file says: the flow to be studied, its loss if it has one, and what a study is to do.

    Raises
    ------
    InputError
        for a file that cannot be read, a key, a domain or a shape that is not known, a loss that leaves no state variable a
        gradient, and, with line and column, for an expression that is no formula or names a symbol that is not declared.
    """
    return _File(path).subject()


def load_model(path: Path) -> Loss:
    """The loss of a model file.

    Raises
    ------
    InputError
        as :func:`read_model`, and for a file of velocities.
    """
    loss = read_model(path).loss
    if loss is None:
        raise InputError(f"a loss in {path.name}", "velocities", "write loss = ... instead of [velocity], or study the flow")
    return loss


def parse_expression(text: str, known: Mapping[str, Symbol]) -> Expr:
    """One expression over the known symbols.

    Raises
    ------
    InputError
        as :func:`load_model`, with the column in the text.
    """
    return Reader(known, text, None, "the expression").read(text)


class _File:
    """A model file, from which formulas are read."""

    def __init__(self, path: Path):
        self.path, self.name = path, path.name
        self.text, self.table = read_table(path)
        self.declared: Declared = read_declared(self.table)

    def subject(self) -> Subject:
        model: Flow | Loss = self.velocity() if "velocity" in self.table else self.loss()
        facts, study = self.table.get("assume", {}).get("facts", []), self.table.get("study", {})
        known = {**(value_symbols(_flow_of(model)) if facts or study else {}), **self.declared.known}
        stands_for: dict[Symbol, Expr] = {}
        if facts:
            model, stands_for = without_equations(_with_facts(model, read_facts(facts, self.reader("facts", known))))
        return Subject(
            self.path.stem,
            self.table.get("title", self.path.stem),
            self.table.get("source", ""),
            _flow_of(model),
            model if isinstance(model, Loss) else None,
            stands_for=stands_for,
            **read_study(study, known, lambda key: self.reader(key, {})),
        )

    def loss(self) -> Loss:
        declared = self.declared
        loss = Loss(
            self.read("loss", self.table["loss"]),
            state=declared.state.values(),
            mobility=self.rates("mobility"),
            decay=self.rates("decay"),
            assumptions=declared.assumptions,
            parameters=declared.beside_state,
            follow={declared.state_variable(b, "target"): self.pair(b, e) for b, e in self.table.get("follow", {}).items()},
        )
        if not loss.learns:
            raise _cannot_learn(loss, self.name)
        return loss

    def velocity(self) -> Flow:
        velocity = self.rates("velocity")
        for block, v in velocity.items():
            if is_marked(v):
                raise InputError(f"a velocity of {block} without markers", str(v), "drop sg(...), or give a loss")
        return Flow({block: velocity[block] for block in self.declared.state.values()}, assumptions=self.declared.assumptions)

    def rates(self, role: str) -> dict[Any, Expr]:
        """What a table gives for blocks of the state."""
        return {self.declared.state_variable(b, role): self.read(b, e) for b, e in self.table.get(role, {}).items()}

    def pair(self, target: str, given: object) -> tuple[Expr, ...]:
        """The rate and the source that a target follows."""
        if not isinstance(given, list) or len(given) != 2:
            raise InputError(f"a rate and a source that {target} follows", repr(given), f'write {target} = ["rate", "source"]')
        return tuple(self.read(target, part) for part in given)

    def read(self, key: str, text: object) -> Expr:
        return self.reader(key, self.declared.known).read(text)

    def reader(self, key: str, known: Mapping) -> Reader:
        return Reader(known, self.text, key, self.name)


def _flow_of(model: Flow | Loss) -> Flow:
    return model.stop_gradient_flow() if isinstance(model, Loss) else model


def _with_facts(model: Flow | Loss, facts: tuple) -> Flow | Loss:
    known = (*model.assumptions, *facts)
    return model.with_parts(assumptions=known) if isinstance(model, Loss) else Flow(model.velocity, assumptions=known)


def _cannot_learn(loss: Loss, name: str) -> InputError:
    """What stands in the way of a loss without a gradient: its markers, or that it is constant."""
    variables = ", ".join(map(str, loss.learners))
    if not variables:
        return InputError(f"a loss in {name} that some state variable descends", "targets alone", "let one of them not follow")
    stops = sorted(map(str, loss.expression.atoms(StopGradient, StopGradientMatrix)))
    why = f"{' and '.join(stops)}, which removes every gradient" if stops else "a constant loss"
    return InputError(
        f"a loss in {name} that can learn {variables}", why, "stop less of it" if stops else "write it with the state"
    )
