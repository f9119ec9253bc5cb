r"""Reduction: a matrix flow on a set of states that it never leaves, as the scalar flow of its amplitudes (§4 of the notes).

With an :class:`Ansatz <derivations.analysis.modes.ansatz.Ansatz>` :math:`B=\sum_i\alpha_iB_i`, each velocity is multiplied out
under the rules.  The ansatz is invariant where :math:`F_B=\sum_if_iB_i` with the same :math:`f_i(\alpha)` in every block.  Then
:math:`\dot\alpha_i=f_i`: a solution of the scalar flow *is* a solution of the matrix flow.  Nothing is said of states beside
the ansatz: what is stable among the amplitudes may be unstable in the matrix model.

>>> from derivations.analysis.modes.ansatz import whole_model_ansatz
>>> from theory import models
>>> reduction = reduce_to_modes(models.projection_head().stop_gradient_flow(), whole_model_ansatz(), time_limit=None)
>>> [velocity.factor() for velocity in reduction.flow.velocity.values()]
[-v*(lambda - mu*w + w**2), gamma*mu*v**2 - gamma*v**2*w - kappa*w]
>>> reduction.step.verify().outcome.status.value
'passed'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import mpmath
import numpy as np
from sympy import Basic, Eq, Expr, Matrix, MatrixExpr, MatrixSymbol, S, Symbol
from sympy.logic.boolalg import Boolean

from derivations import checks
from derivations.analysis.limits import run_within
from derivations.analysis.modes.aligned import aligned_ansatz
from derivations.analysis.modes.ansatz import Ansatz, Points, is_rule
from derivations.analysis.modes.metric import amplitude_mobility, has_matrix, replace_traces
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.typeset.rows import Row, row_of
from derivations.typeset.shown import Shown
from theory.abridging import Say, brief
from theory.errors import InputError
from theory.evaluate import Point, evaluate
from theory.flow import Flow
from theory.printing import exact_text
from theory.state import names_of, scalar_or_matrix_symbols
from theory.words import Context, Word, assemble, collect, expand


@dataclass(frozen=True, eq=False)
class Reduction(Shown):
    """The scalar ``flow`` of the amplitudes, the ``whole`` matrix flow, and the ``ansatz`` that joins them."""

    flow: Flow
    whole: Flow
    ansatz: Ansatz

    @property
    def step(self) -> Step:
        """The reduction as a step: velocities, ansatz and rules given, velocities of the amplitudes after.

        Its check puts the lines into each other, by algebra and, with ``ansatz.points``, by numbers.
        """
        return Step(
            "reduction",
            "States of this form keep it: the matrix flow moves nothing but their amplitudes.",
            "Insert the form, multiply out under the rules for its constant matrices, and compare coefficients.",
            given=(*velocity_lines(self.whole), *self._form, *self._rules),
            after=velocity_lines(self.flow),
            assumptions=("The state starts in this form.",),
            check=self.check,
        )

    def rows(self) -> list[Row]:
        form = [row_of(block, self.ansatz.blocks[block]) for block in self.whole.state]
        return [*form, *(Row(line.left, line.right) for line in velocity_lines(self.flow))]

    def lines(self, say: Say) -> list[str]:
        form = (f"{block} = {say(self.ansatz.blocks[block])}" for block in self.whole.state)
        return [*form, *self.flow.lines(say)]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            "ansatz": {str(b): exact_text(form) for b, form in self.ansatz.blocks.items()},
            "rules": [f"{exact_text(rule.lhs)} = {exact_text(rule.rhs)}" for rule in self.ansatz.rules],
            "velocity": {str(x): exact_text(v) for x, v in self.flow.velocity.items()},
        }

    @property
    def _form(self) -> Lines:
        return Lines(Line(block, self.ansatz.blocks[block]) for block in self.whole.state)

    @property
    def _rules(self) -> Lines:
        return Lines(Line(rule.lhs, rule.rhs) for rule in self.ansatz.rules)

    def check(self, premises: Lines, after: Lines) -> list[checks.Check]:
        """The evidence of the step, from its lines."""
        velocities = premises.of(*map(dot, self.whole.state))
        form, rules = premises.of(*self.whole.state), premises.of(*(rule.lhs for rule in self.ansatz.rules))
        shown = _Shown(self, velocities, form, rules, after.of(*map(dot, self.flow.state)))
        evidence: list[checks.Check] = [form.same(self._form), rules.same(self._rules), shown.closes()]
        if points := self.ansatz.points:
            against = "both sides at random constants that obey the rules"
            evidence.append(checks.Numerics(lambda rng: shown.cases(rng, points), 1e-10, against))
        return evidence


def reduce_to_modes(
    flow: Flow, ansatz: Ansatz | None = None, time_limit: float | None = 60, *, modes: int | Sequence[int] = 1
) -> Reduction:
    r"""A matrix flow on an invariant ansatz, as a flow of its amplitudes.

    The scalar flow carries the assumptions on scalars, and the mobilities :math:`1/\sum_B\operatorname{tr}(B_iH_B^{-1}B_i^T)`
    of the metric that the amplitudes inherit, where the rules make that diagonal; else none.

    Parameters
    ----------
    ansatz
        without one, that of :func:`derivations.analysis.modes.aligned.aligned_ansatz`.
    time_limit
        in seconds; None runs without limit in this process.
    modes
        of the aligned ansatz: how many, each in a direction of its own, or how many in each direction.

    Raises
    ------
    InputError
        where data are not aligned; where the ansatz does not fit the flow (blocks, names), has an amplitude too many, or is not
        invariant: a velocity leaves its span, or two blocks ask for different velocities of one amplitude.
    UnfinishedError
        at the time limit.
    """
    ansatz = aligned_ansatz(flow, modes) if ansatz is None else ansatz
    _check_names(flow, ansatz)
    given = (*flow.assumptions, *ansatz.assumptions)
    velocity, mobility = run_within(time_limit, _reduce_flow, flow, dict(ansatz.blocks), ansatz.amplitudes, given)
    return Reduction(Flow(velocity, mobility, tuple(a for a in given if not has_matrix(a))), flow, ansatz)


def _reduce_flow(flow: Flow, blocks: Mapping, amplitudes: tuple[Symbol, ...], given: tuple[Boolean, ...]) -> tuple[dict, dict]:
    ansatz, context = Ansatz(blocks, amplitudes, given), Context(given)
    return _amplitude_velocities(flow, ansatz, context), amplitude_mobility(flow, ansatz, context)


def _check_names(flow: Flow, ansatz: Ansatz) -> None:
    if set(flow.state) != set(ansatz.blocks):
        raise InputError(
            f"a form for each block of the flow ({names_of(flow.state)}) and no other",
            names_of(ansatz.blocks),
            "match the blocks",
        )
    constants = set().union(*(scalar_or_matrix_symbols(e) for e in (*ansatz.blocks.values(), *ansatz.rules)))
    if clash := sorted({*flow.state} & constants | {*flow.parameters} & {*ansatz.amplitudes}, key=str):
        raise InputError("an ansatz with names of its own", f"{names_of(clash)} of the flow", "rename its symbols")


# -- the check: lines put into each other -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shown:
    """The lines of the step, by their role."""

    reduction: Reduction
    velocities: Lines
    form: Lines
    rules: Lines
    scalars: Lines

    @property
    def speeds(self) -> dict[Symbol, Basic]:
        return dict(zip(self.reduction.flow.state, self.scalars.rights, strict=True))

    def closes(self) -> checks.Identity:
        """Each velocity at the form is the form with the velocities of the amplitudes, under the rules shown."""
        given = (*self.reduction.whole.assumptions, *(a for a in self.reduction.ansatz.assumptions if not is_rule(a)))
        context = Context((*given, *(Eq(line.left, line.right, evaluate=False) for line in self.rules)))
        form = self.form.mapping
        lines = zip(self.velocities.rights, self.form.rights, strict=True)
        sides = ((replace_traces(v.xreplace(form), context), f.xreplace(self.speeds)) for v, f in lines)
        pairs = ((collect(left, context), collect(right, context)) for left, right in sides)
        return checks.Identity(tuple(pairs), context)

    def cases(self, rng: np.random.Generator, points: Points) -> Iterator[tuple[object, object]]:
        """Both sides of the velocities, and of the rules, evaluated at a random point."""
        at = self._with_scalars(points(rng), rng)
        here = at | {line.left: evaluate(line.right, at) for line in self.form}
        moved = at | {a: evaluate(f, at) for a, f in self.speeds.items()}
        yield _all_entries(self.velocities.rights, here), _all_entries(self.form.rights, moved)
        if self.rules:
            yield _all_entries((line.left for line in self.rules), at), _all_entries(self.rules.rights, at)

    def _with_scalars(self, at: Point, rng: np.random.Generator) -> Point:
        shown = set().union(*(e.free_symbols for e in (*self.velocities.rights, *self.form.rights, *self.scalars.rights)))
        missing = sorted((s for s in shown - {*at.values} if isinstance(s, Symbol)), key=str)
        return at | {s: mpmath.mpf(rng.uniform(0.2, 2)) for s in missing}


def _all_entries(expressions: Iterable[Basic], at: Point) -> np.ndarray:
    """The entries of all values, one after the other."""
    return np.concatenate([np.reshape(evaluate(e, at), -1) for e in expressions])


# -- matching the velocities to the ansatz ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _System:
    """Linear equations, one for each block and word: coefficients of the ansatz times unknown velocities = velocity."""

    places: tuple[tuple[MatrixSymbol, Word], ...]
    ansatz: Matrix
    moved: Matrix

    def only(self, block: MatrixSymbol) -> _System:
        rows = [i for i, (b, _) in enumerate(self.places) if b == block]
        pick = [self.places[i] for i in rows]
        return _System(tuple(pick), self.ansatz[rows, :], self.moved[rows, :])

    @property
    def independent(self) -> tuple[int, ...]:
        """Amplitudes whose constant matrices are linearly independent."""
        return self.ansatz.rref()[1]

    def solve(self) -> tuple[Matrix, Matrix]:
        """Velocities of the independent amplitudes by least squares, and what is left over."""
        basis = self.ansatz[:, list(self.independent)]
        found = (basis.T * basis).LUsolve(basis.T * self.moved) if basis.cols else basis.T * self.moved
        return found, (self.moved - basis * found).applyfunc(lambda e: e.cancel().expand())

    def leftover(self) -> dict[MatrixSymbol, MatrixExpr]:
        """What is left over in each block that is not matched."""
        _, left = self.solve()
        found = {b: {w: c for (at, w), c in zip(self.places, left, strict=True) if at == b and c != 0} for b, _ in self.places}
        return {b: assemble(terms, b.shape) for b, terms in found.items() if terms}


def _amplitude_velocities(flow: Flow, ansatz: Ansatz, context: Context) -> dict[Symbol, Expr]:
    system = _velocity_system(flow, ansatz, context)
    if len(system.independent) < len(ansatz.amplitudes):
        raise InputError(
            f"amplitudes ({names_of(ansatz.amplitudes)}) whose constant matrices are linearly independent",
            "dependent ones",
            "drop the amplitudes that say nothing new",
        )
    if leftover := system.leftover():
        raise _not_invariant(system, leftover)
    found, _ = system.solve()
    velocity = {a: f.cancel().expand() for a, f in zip(ansatz.amplitudes, found, strict=True)}
    for amplitude, f in velocity.items():
        if has_matrix(f):
            raise InputError(f"rules that make the velocity of {amplitude} a number", brief(f), "add a rule for these traces")
    return velocity


def _velocity_system(flow: Flow, ansatz: Ansatz, context: Context) -> _System:
    moved = {b: expand(replace_traces(v.xreplace(dict(ansatz.blocks)), context), context) for b, v in flow.velocity.items()}
    parts = {b: [expand(ansatz.part(b, a), context) for a in ansatz.amplitudes] for b in flow.state}
    places = tuple(dict.fromkeys((b, w) for b in flow.state for words in (*parts[b], moved[b]) for w in words))
    rows = [[part.get(w, S.Zero) for part in parts[b]] for b, w in places]
    return _System(places, Matrix(rows), Matrix([moved[b].get(w, S.Zero) for b, w in places]))


def _not_invariant(system: _System, leftover: Mapping[MatrixSymbol, MatrixExpr]) -> InputError:
    for block in leftover:
        if alone := system.only(block).leftover():
            drives = all(1 not in M.shape for M in alone[block].atoms(MatrixSymbol))  # no vector of a mode stands in it
            remedy = (
                "it drives all modes at once: write the flow of one mode in scalars"
                if drives
                else "add an amplitude for it, or the rule that removes it"
            )
            expected = f"a velocity of {block} in the span of its constant matrices"
            return InputError(expected, f"{brief(alone[block])} left over", remedy)
    block, term = next(iter(leftover.items()))
    return InputError(
        f"the same velocities of the amplitudes in all blocks ({names_of(leftover)})",
        f"{brief(term)} left over in {block}",
        "give the blocks amplitudes of their own",
    )
