"""The bifurcation diagram of a study: branches in closed form, what their eigenvalues say, and where that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from sympy import Symbol

from derivations.analysis.linearisation.certify import Certificate
from derivations.analysis.linearisation.kinds import BifurcationKind
from derivations.analysis.linearisation.questions import CellStatus
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.figures.study.branches import Branch, Kind
from derivations.figures.study.critical import Critical
from derivations.figures.study.diagram import NORM, PANELS, Diagram, Panel, diagram_of
from derivations.figures.study.families import draw_families, family_line
from derivations.figures.study.formulas import equation, formula, numbers_text
from derivations.figures.study.ranges import value_range
from derivations.figures.study.shades import CERTIFIED, LINES, WORDS, shade_of
from derivations.figures.style import DARK, STYLE
from derivations.studies.findings import Findings, State

MARKERS: dict[BifurcationKind, str] = {
    BifurcationKind.SADDLE_NODE: "o",
    BifurcationKind.TRANSCRITICAL: "X",
    BifurcationKind.PITCHFORK: "D",
    BifurcationKind.HOPF: "s",
    BifurcationKind.DEGENERATE: "*",
    BifurcationKind.UNCLASSIFIED: "P",
}
NUMERIC: dict[str, Any] = {"marker": "o", "markersize": 6.5, "color": "#777777", "fillstyle": "none"}
APART = 0.045  # of the width: critical numbers closer than this share a letter
LISTED = 4  # numbers of changes in the legend
ROOM = 0.3  # of the width for a formula above the axes
WIDENED = 1.8  # by which a branch is wider than the next that lies on it


def bifurcation_diagram(
    findings: Findings,
    parameter: Symbol | None = None,
    amplitudes: Sequence[Symbol] = (),
    certificates: Mapping[int, Sequence[Certificate]] | None = None,
) -> Figure | None:
    """The branches of fixed points along a parameter; None where the flow has no parameter, or no fixed point.

    Parameters
    ----------
    parameter
        by default the small one where a bifurcation depends on it, else the one with most critical values.
    amplitudes
        one or two, a panel each; by default both where there are two, and one beside the norm of all where there are more.
    certificates
        of states by number, as :func:`certify_branches` makes them: stretches that are proved stable are marked.
    """
    diagram = diagram_of(findings, parameter)
    if diagram is None:
        return None
    panels = list(amplitudes)[:PANELS] or diagram.panels()
    with rc_context(STYLE):
        figure = Figure(figsize=(2.6 + 3.3 * len(panels), 3.9))
        axes = list(np.atleast_1d(figure.subplots(1, len(panels))))
        families: list[Artist] = []
        for axis, panel in zip(axes, panels, strict=True):
            families = _draw_panel(axis, diagram, panel, certificates or {})
            _name_critical_numbers(axis, diagram)
        proved = any(line.get_gid() == CERTIFIED["gid"] for axis in axes for line in axis.lines)
        handles = [*_branch_handles(diagram, proved), *families, *_critical_handles(diagram)]
        told = numbers_text(findings.numbers, without=[diagram.parameter])
        legend = figure.legend(handles=handles, loc="outside right upper", title=told or None)
        legend.set_alignment("left")
        return figure


def _draw_panel(axis: Axes, diagram: Diagram, panel: Panel, certificates: Mapping[int, Sequence[Certificate]]) -> list[Artist]:
    """One panel; and what the legend shows of the families in it."""
    marks = [(c, float(diagram.shown(panel, c.place))) for c in diagram.critical]
    shown = [diagram.shown(panel, branch.values) for branch in diagram.branches]
    fixed = [line for state in diagram.families if (line := family_line(diagram, state, panel)) is not None]
    up = value_range([*shown, *fixed], always=[m for _, m in marks])
    diagram.across.put_on(axis, "x")
    up.put_on(axis, "y")
    families = draw_families(axis, diagram, up, panel)
    for k, (branch, values) in enumerate(zip(diagram.branches, shown, strict=True)):
        later = zip(diagram.branches[k + 1 :], shown[k + 1 :], strict=True)
        above = sum(other.state is not branch.state and _lies_on(line, values) for other, line in later)
        _draw_branch(axis, branch, values, 1.7 + WIDENED * above)
        if branch.state.number in certificates:
            proved = certified_along(certificates[branch.state.number], diagram.parameter, branch.along)
            axis.plot(branch.along, np.where(proved & (branch.kinds == Kind.STABLE), values, np.nan), **CERTIFIED)
    for critical, value in marks:
        axis.axvline(critical.number, color="#555555", linewidth=0.6, linestyle=(0, (1, 3)), zorder=1)
        axis.plot(critical.number, value, **_marker(critical), zorder=6)
    for change in diagram.unexplained:
        axis.plot(change.number, float(diagram.shown(panel, change.place)), **NUMERIC, zorder=6, gid="numeric change")
    axis.set(xlabel=formula(diagram.parameter), ylabel="norm of the amplitudes" if panel == NORM else formula(panel))
    return families


def _lies_on(one: NDArray, other: NDArray) -> bool:
    """Whether two branches are one line in a panel, over half of what both show."""
    both = np.isfinite(one) & np.isfinite(other)
    size = np.abs(one[both]) + np.abs(other[both])
    return bool(both.any() and np.mean(np.abs(one[both] - other[both]) <= 1e-9 * size) > 0.5)


def _draw_branch(axis: Axes, branch: Branch, values: NDArray, width: float) -> None:
    for kind, piece in branch.pieces():
        axis.plot(
            branch.along[piece],
            values[piece],
            color=shade_of(branch.state.number),
            linestyle=LINES[kind],
            linewidth=width,
            zorder=4 if kind == Kind.STABLE else 3,
            gid=f"state {branch.state.number} {kind.name.lower()}",
        )


def _marker(critical: Critical) -> dict[str, Any]:
    """The mark of a bifurcation, hollow where it is subcritical."""
    hollow = critical.bifurcation.criticality == "subcritical"
    mark = MARKERS[critical.bifurcation.kind]
    return {"marker": mark, "markersize": 6.5, "color": "black", "markerfacecolor": "white" if hollow else "black"}


def certified_along(certificates: Sequence[Certificate], parameter: Symbol, along: NDArray) -> NDArray:
    """Which numbers of a parameter lie in a cell that is proved stable, whatever the others in the box."""
    proved = np.zeros(len(along), dtype=bool)
    for cell in (cell for certificate in certificates for cell in certificate.cells):
        low, high = cell.box[parameter]
        if cell.status is CellStatus.PROVED_STABLE:
            proved |= (along >= float(low)) & (along <= float(high))
    return proved


# Names of critical numbers, and the legend -----------------------------------------------------------------------------


def _groups(diagram: Diagram) -> list[list[Critical]]:
    """Critical numbers, those that the axis does not show apart together."""
    groups: list[list[Critical]] = []
    for c in diagram.critical:
        if groups and diagram.across.share(c.number) - diagram.across.share(groups[-1][-1].number) < APART:
            groups[-1].append(c)
        else:
            groups.append([c])
    return groups


def _letters(diagram: Diagram) -> list[str]:
    """A letter for each group of critical numbers; none where there is room for formulas above the axes."""
    groups = _groups(diagram)
    places = [diagram.across.share(group[0].number) for group in groups]
    roomy = all(b - a > ROOM for a, b in pairwise(places))
    single = all(len({_told_value(diagram, c) for c in group}) == 1 for group in groups)
    return ["" if roomy and single else chr(ord("a") + k % 26) for k in range(len(groups))]


def _told_value(diagram: Diagram, critical: Critical) -> str:
    return equation(diagram.parameter, critical.formula, critical.number)


def _name_critical_numbers(axis: Axes, diagram: Diagram) -> None:
    """Formulas above the axes, or letters that the legend explains."""
    for letter, group in zip(_letters(diagram), _groups(diagram), strict=True):
        place = diagram.across.share(group[0].number)
        side = "left" if place < 0.2 else "right" if place > 0.8 else "center"
        text = letter or _told_value(diagram, group[0]).rsplit(" = ", 1)[0]
        text = text if letter or "=" in text else _told_value(diagram, group[0])
        axis.annotate(
            text,
            (group[0].number, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center" if letter else side,
            va="bottom",
            fontsize=8,
        )


def _branch_handles(diagram: Diagram, proved: bool) -> list[Artist]:
    """States by colour, and what their lines say."""
    states = dict.fromkeys(b.state for b in diagram.branches)
    handles: list[Artist] = [Line2D([], [], color=shade_of(s.number), label=_state_words(s)) for s in states]
    words = {WORDS[kind]: LINES[kind] for kind in sorted({kind for b in diagram.branches for kind, _ in b.pieces()})}
    if diagram.findings.reduction is not None and WORDS[Kind.STABLE] in words:
        words = {f"{word} among amplitudes" if word == WORDS[Kind.STABLE] else word: line for word, line in words.items()}
    handles += [Line2D([], [], color=DARK, linestyle=line, label=word) for word, line in words.items()]
    return [*handles, Line2D([], [], **CERTIFIED, label="proved stable")] if proved else handles


def _state_words(state: State) -> str:
    """A state by its number, and that the whole matrix model is unstable there where that is proved."""
    unstable = state.whole is not None and state.whole.verdict in (Verdict.SADDLE, Verdict.UNSTABLE)
    return f"state {state.number}" + ",\nunstable in the whole model" * unstable


def _critical_handles(diagram: Diagram) -> list[Artist]:
    """Bifurcations by their marks, with the critical value."""
    told: dict[str, Line2D] = {}
    for letter, group in zip(_letters(diagram), _groups(diagram), strict=True):
        for c in group:
            kind = " ".join(filter(None, (c.bifurcation.criticality, c.bifurcation.kind.value)))
            label = (f"{letter}: " if letter else "") + f"{kind}\n{_told_value(diagram, c)}"
            told.setdefault(label, Line2D([], [], linestyle="none", label=label, **_marker(c)))
    changes = list(dict.fromkeys(f"{change.number:.3g}".replace("-", "−") for change in diagram.unexplained))
    if changes:
        listed = ", ".join(changes[:LISTED]) + ", …" * (len(changes) > LISTED)
        label = f"change found numerically\n{formula(diagram.parameter)} ≈ {listed}"
        told[label] = Line2D([], [], linestyle="none", label=label, **NUMERIC)
    return list(told.values())
