"""Papers on studies: what their steps show, and their numbers in words."""

import pytest
from sympy import symbols

from derivations import study
from derivations.papers.sections import ball_text, number_text, say_in_short, view_paper
from derivations.studies.enclosures import Enclosure
from theory import Flow

x, y = symbols("x y", real=True)
a = symbols("a", positive=True)


@pytest.fixture(scope="module")
def paper():
    return view_paper(study(Flow({x: a * x - x**3, y: -y}), simulated=False), {})


def step_of(paper, title):
    return next(step for section in paper.sections for step in section.steps if step.title == title)


def test_a_given_flow_is_shown(paper):
    ((words, shown),) = step_of(paper, "Flow").parts
    assert words == ""
    assert r"\dot{x}" in shown


def test_steps_show_what_they_lead_to_and_name_what_they_come_from(paper):
    step = step_of(paper, "State 2")
    ((words, shown),) = step.parts
    assert words == ""
    assert r"\sqrt{a}" in shown
    assert r"\dot{x}" not in shown
    assert step_of(paper, "States").parts == ()
    assert "Flow" in step.uses


def test_the_abstract_counts_states(paper):
    assert any("three states at rest, which is proved to be all" in sentence for sentence in paper.abstract)


def test_what_was_not_found_is_said():
    made = study(Flow({x: -x * abs(x) - x}), simulated=False)
    if not made.findings.points:
        assert "States at rest were not found" in " ".join(say_in_short(made.findings))
        assert view_paper(made, {}).sections[-1].title == "What could not be finished"


def test_numbers_are_set_with_powers_of_ten():
    assert number_text(0.00001234, 3) == r"$1.23\cdot10^{-5}$"
    assert ball_text(Enclosure(0.5, 2e-17, "")) == r"$0.5$ $\pm10^{-16}$"
    assert ball_text(Enclosure(0.5, 0.0, "")) == "$0.5$"
