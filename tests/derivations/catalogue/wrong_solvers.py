"""Solvers of :mod:`theory.dmft` and :mod:`theory.simulation` put wrong, and the steps of derivations that notice.

Each is a list of changes (where, name, wrong) and the steps that fail, by derivation.
"""

from dataclasses import replace
from importlib import import_module

import numpy as np
from sympy import Rational

from theory import Flow, dmft
from theory.dmft import (
    edges,
    ensembles,
    fast,
    head_equations,
    mode_measure,
    nonlinearity,
    phase_line,
    populations,
    power_series,
    regular,
    self_consistency,
    single_site,
)
from theory.dmft.wide import causal
from theory.dmft.wide import equations as wide_equations
from theory.simulation import closure, descent, order_parameters


def everywhere(home, name, wrong):
    """A function put wrong in its module and wherever the theory has imported it by name."""
    right, found = getattr(home, name), [(home, name, wrong)]
    for module in (edges, ensembles, fast, mode_measure, phase_line, populations, regular, single_site, dmft.bands):
        if module is not home and getattr(module, name, None) is right:
            found.append((module, name, wrong))
    return found


def _evidence(name):
    return import_module(f"derivations.catalogue.{name}.evidence")


def _halved(function):
    return lambda *arguments: function(*arguments) / 2


def _memory_of_one_label(s, weight):
    return weight * (weight / (s + weight))


def _labels_without_lag(s, pure, weight):
    return replace(of_labels(s, pure, weight), alpha=s + pure)


def _correlations_of_one_label(z, pure, weight):
    return replace(of_correlations(z, pure, weight), hop=weight)


def _level_of_single_hops(kernel, links, below):
    return kernel.alpha + kernel.beta * links - kernel.hop * below


def _correlation_at_the_whole_weight(eigenvalue, pure, links, weight):
    return (pure + weight * (links + eigenvalue)) / (pure + weight * links)


def _other_branch(ratio, kernel, branching, sqrt):
    return 2 / (ratio - sqrt(ratio - 2) * sqrt(ratio + 2)) / (sqrt(branching) * kernel.hop)


def _kesten_mckay_of_all_links(cos, links, pi):
    return 2 * links**2 * (1 - cos**2) / (pi * (links**2 - 4 * links * cos**2))


def _block_without_pure_samples(eigenvalue, pure, links, weight, sqrt):
    rows = block(eigenvalue, pure, links, weight, sqrt)
    rows[0][1] = rows[1][0] = 0
    return rows


def _fast_defect_without_links(kernel, links, p, value):
    return fast_defect(kernel, 1.0, p, value)


def _precise_defect_without_links(context, p, links, kernel, G):
    return precise_defect(context, p, 1.0, kernel, G)


def _generation_without_the_link_above(pairs, kernel, both, rng, links_above):
    return generation(pairs, kernel, both, rng, 0)


def _rate_without_decay(correlation, head, lam):
    return -head * (head - correlation)


def _head_without_mobility(pulls, head, gamma, kappa):
    return -pulls - kappa * head


def _head_without_decay(pulls, head, gamma, kappa):
    return -gamma * pulls


def _ageing_at_a_step(edge, lam, sqrt):
    """The coefficient at an edge where the density jumps."""
    return 1 / (2 * sqrt(edge**2 - 4 * lam))


def _heads_exchanged(edge, lam, sqrt):
    return resting_heads(edge, lam, sqrt)[::-1]


def _residual_without_memory(correlation, head, spread, gamma, state, field, memory):
    return wide_residual(correlation, head, spread, 0 * gamma, state, field, memory)


def _velocity_without_its_field(head, spread, gamma, lam, state, residual, field, memory):
    return wide_velocity(head, 0 * spread, gamma, lam, state, residual, field, memory)


def _pole_without_its_last_term(pole, correlation, head, spread):
    return pole_condition(pole, correlation, head, spread) - pole_condition(0, correlation, head, spread)


def _series_of_the_other_sign(mu, felt, lam, kappa, w, order):
    return series(-mu, felt, lam, kappa, w, order)


def _velocities_without_slope(function):
    """The single-site velocity without f'."""

    def moved(at, head, target, decay):
        pull = function.value(head * at) - target
        return -head * pull - decay * at, -pull * at

    return moved


def _wide_starts(count):
    starts = quadrature(count)
    return replace(starts, labels=2 * starts.labels, pure=2 * starts.pure, frustrated=2 * starts.frustrated)


def _closure_of_slow_means(model, groups, integrals=()):
    found = close(model, groups, integrals)
    velocity = {**found.flow.velocity}
    velocity[closure.M] = velocity[closure.M] / 2
    return replace(found, flow=Flow(velocity, assumptions=found.flow.assumptions))


def _steps_uphill(whole, done):
    positions, momenta, velocities = take(whole, done)
    return positions, momenta, [-velocity for velocity in velocities]


of_labels, of_correlations = ensembles.of_labels, ensembles.of_correlations
block, quadrature, resting_heads, series = (
    regular.flow_block,
    single_site.start_quadrature,
    head_equations.resting_heads,
    power_series._taylor_series,
)
fast_defect, precise_defect, generation = fast._equation_defect, self_consistency._equation_defect, populations._next_generation
wide_residual, wide_velocity, pole_condition = (
    wide_equations.residual,
    wide_equations.velocity,
    wide_equations.pole_condition,
)
close, take, band_density = order_parameters.closure, descent.WholeDescent.take, dmft.Band.density

WRONG_SOLVERS = {
    "memory of a sample with one label": (
        everywhere(ensembles, "pair_memory", _memory_of_one_label),
        {"dmft": ["memory", "class_graph", "three_coordinates"]},
    ),
    "labels without the lag of their pure samples": (
        everywhere(ensembles, "of_labels", _labels_without_lag),
        {"dmft": ["class_graph", "three_coordinates"]},
    ),
    "correlations with the degree of one label": (
        everywhere(ensembles, "of_correlations", _correlations_of_one_label),
        {"dmft": ["correlations", "band"]},
    ),
    "levels with a hop for two": (
        everywhere(ensembles, "label_level", _level_of_single_hops),
        {"dmft": ["cavity", "regular", "many_links"], "phase_line": ["potential"]},
    ),
    "correlations of regular graphs at the whole weight": (
        everywhere(ensembles, "squared_correlation", _correlation_at_the_whole_weight),
        {"dmft": ["band"]},
    ),
    "the phase line shifted": (
        [(phase_line, "frustrated_fraction", lambda pure, links: links / (links + 1.9 * pure))],
        {"phase_line": ["existence"]},
    ),
    "the fraction of samples with links counted twice": (
        everywhere(ensembles, "frustrated_fraction", lambda pure, links: links / (links + pure)),
        {"phase_line": ["existence"]},
    ),
    "the other root of regular graphs": (
        everywhere(regular, "branch_response", _other_branch),
        {"dmft": ["regular", "density"]},
    ),
    "a band of half the width": (
        everywhere(regular, "adjacency_reach", lambda branching, sqrt: sqrt(branching)),
        {"dmft": ["band", "density"], "phase_line": ["existence"]},
    ),
    "a tree whose branches have all links": (
        everywhere(regular, "kesten_mckay", _kesten_mckay_of_all_links),
        {"dmft": ["density"], "phase_line": ["shares"]},
    ),
    "three coordinates without pure samples": (
        everywhere(regular, "flow_block", _block_without_pure_samples),
        {"dmft": ["three_coordinates", "variance"]},
    ),
    "the variance of a label at its time, not at twice that": (
        [(dmft.LabelResponse, "variance", lambda labels, t: labels.relaxation(np.asarray(t)).values[()])],
        {"dmft": ["variance"]},
    ),
    "arrays of responses without the number of links": (
        [(fast, "_equation_defect", _fast_defect_without_links)],
        {"dmft": ["poisson"], "phase_line": ["shares"]},
    ),
    "precise responses without the number of links": (
        [(self_consistency, "_equation_defect", _precise_defect_without_links)],
        {"dmft": ["poisson"]},
    ),
    "populations without the link to the root": (
        [(populations, "_next_generation", _generation_without_the_link_above)],
        {"dmft": ["cavity"]},
    ),
    "a density twice as high": (
        [(dmft.Band, "density", lambda band, mu2: 2 * band_density(band, mu2))],
        {"phase_line": ["shares"]},
    ),
    "a potential with the whole square": (
        [(phase_line, "cavity_potential", lambda mean, kernel, links, g: mean + links * kernel.hop**2 * g**2)],
        {"phase_line": ["potential", "shares"]},
    ),
    "modes of half the variance": (
        [(mode_measure, "initial_variance", _halved(mode_measure.initial_variance))],
        {"mean_field_head": ["masses"]},
    ),
    "an outlier of half the mass": (
        [(mode_measure, "mass_of_outlier", _halved(mode_measure.mass_of_outlier))],
        {"mean_field_head": ["outlier"]},
    ),
    "modes that do not decay": (
        [(head_equations, "growth_rate", _rate_without_decay)],
        {"mean_field_head": ["mean_field", "three_equations", "balance", "steady_states", "finite_steps"]},
    ),
    "a head without its mobility": (
        everywhere(head_equations, "head_rate", _head_without_mobility),
        {"mean_field_head": ["mean_field", "balance", "outlier", "finite_steps"], "single_site": ["sites", "first_velocity"]},
    ),
    "a head that does not decay": (
        everywhere(head_equations, "head_rate", _head_without_decay),
        {"mean_field_head": ["mean_field", "balance", "steady_states"], "single_site": ["sites"]},
    ),
    "pulls of the other sign": (
        [(head_equations, "mode_pull", lambda correlation, head: head + correlation)],
        {"mean_field_head": ["mean_field", "outlier", "finite_steps"]},
    ),
    "growths to the square": (
        [(head_equations, "mode_growth", lambda correlation, gain, decays, exp: exp(2 * (correlation * gain - decays)))],
        {"mean_field_head": ["three_equations", "balance", "finite_steps"]},
    ),
    "gains of the squared head": (
        [(head_equations, "logarithmic_rates", lambda head, lam: (head**2 + lam, head**2))],
        {"mean_field_head": ["three_equations"], "ageing": ["slow_edge", "late_head"]},
    ),
    "residuals without memory": (
        [(wide_equations, "residual", _residual_without_memory)],
        {"wide_head": ["trajectories", "closure", "end"]},
    ),
    "amplitudes that feel no random field": (
        [(wide_equations, "velocity", _velocity_without_its_field)],
        {"wide_head": ["trajectories", "noise", "closure"]},
    ),
    "fields without their echo": (
        [(wide_equations, "echoed", lambda noise, echo: noise)],
        {"wide_head": ["cavity", "noise", "closure"]},
    ),
    "memory by Euler's steps": (
        [(causal, "memory_weights", lambda times: np.diff(times))],
        {"wide_head": ["closure"]},
    ),
    "a cubic without its last term": (
        [(wide_equations, "pole_condition", _pole_without_its_last_term)],
        {"wide_head": ["growth"]},
    ),
    "poles at other rates": (
        [
            (
                wide_equations,
                "rate_of_pole",
                lambda pole, correlation, head, spread: pole - wide_equations.stiffness(correlation, head),
            )
        ],
        {"wide_head": ["at_rest", "growth"]},
    ),
    "labels protected by the whole head": (
        [(wide_equations, "protected_mass", lambda head, spread: head**2 + spread**2)],
        {"wide_head": ["kept"]},
    ),
    "resting modes of half the variance": (
        [(wide_equations, "resting_variance", _halved(wide_equations.resting_variance))],
        {"wide_head": ["end"]},
    ),
    "a head that rests on a mode as without residual": (
        [(wide_equations, "resting_head", lambda correlation, ratio: correlation * ratio)],
        {"wide_head": ["end"]},
    ),
    "series of the other sign": (
        [(power_series, "_taylor_series", _series_of_the_other_sign)],
        {"mean_field_head": ["three_equations"]},
    ),
    "heads at rest exchanged": (
        [(head_equations, "resting_heads", _heads_exchanged)],
        {"mean_field_head": ["steady_states", "critical_decay"], "ageing": ["late_head"], "phase_line": ["heads"]},
    ),
    "half the mass at rest": (
        [(head_equations, "resting_mass", _halved(head_equations.resting_mass))],
        {"mean_field_head": ["steady_states"], "ageing": ["mass"]},
    ),
    "twice the critical decay": (
        [(head_equations, "critical_decay", lambda edge: edge**2 / 2)],
        {"mean_field_head": ["critical_decay"], "phase_line": ["existence"]},
    ),
    "ageing with another exponent of the edge": (
        [(head_equations, "ageing_coefficient", _ageing_at_a_step)],
        {"ageing": ["late_head"]},
    ),
    "single sites without the slope of their function": (
        [(nonlinearity.Nonlinearity, "velocities", property(_velocities_without_slope))],
        {"single_site": ["component", "sites", "first_velocity"]},
    ),
    "labels that do not feel frustrated samples": (
        [(single_site, "mean_felt", lambda fraction, pure, frustrated: pure + 0 * frustrated)],
        {"single_site": ["sites", "linear"]},
    ),
    "a head that feels samples of either kind alike": (
        [(single_site, "mean_head_velocity", lambda fraction, labels, pure, other: labels + (pure + other) * Rational(1, 2))],
        {"single_site": ["sites"]},
    ),
    "starts of four times the variance": (
        [(single_site, "start_quadrature", _wide_starts), (_evidence("single_site"), "start_quadrature", _wide_starts)],
        {"single_site": ["linear", "first_velocity"]},
    ),
    "order parameters whose means are slow": (
        [(order_parameters, "closure", _closure_of_slow_means)],
        {"mean_field_head": ["finite_steps"]},
    ),
    "steps uphill": ([(descent.WholeDescent, "take", _steps_uphill)], {"mean_field_head": ["finite_steps"]}),
}
