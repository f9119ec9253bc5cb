r"""How far the disorder-averaged theory is from couplings that are drawn: deviations, and power laws fitted to them.

*Deviation*: of the variance of labels at one time, what a sampled coupling has over what the theory says, less one; its root
mean square over couplings.  Sampled labels are taken from their mean over classes.

* An exact closure, the cavity, is the limit of many classes.  A *regular* coupling of K classes lacks one of K modes and has
  some short loops of links: its deviation falls like :math:`K^{-1}`.  In a *Poisson* one the numbers of links fluctuate from
  coupling to coupling, and their average over K classes like :math:`K^{-1/2}`.
* The large-c closure is off by :math:`O(1/c)` however many the classes (the derivation ``dmft``).  It is felt at times of order
  :math:`\sqrt c`, as the rates of the band spread by a share of :math:`1/\sqrt c`.

Laws are fitted with their leading correction, :math:`ax^p\exp(bx^{-r})`: r = 1 in the number of classes of regular couplings,
and r = ½ in the number of links, as the spread of the rates is a series in :math:`c^{-1/2}`.  Fluctuations of Poisson couplings
are too noisy for one.

>>> law = fit_power_law([10, 100, 1000, 10000], [0.2, 0.02, 0.002, 0.0002], [0.002, 0.0002, 0.0001, 1e-5])
>>> round(law.exponent, 6), round(float(law(50)), 6)
(-1.0, 0.04)

When it fails: deviations that are lost in their standard errors follow no law; take more couplings.
"""

from __future__ import annotations

from derivations.agreement.deviations import Deviations, against_classes, against_links, response_of, sampled_deviations
from derivations.agreement.heads import HeadPoints, critical_head_decay, simulated_head
from derivations.agreement.nonlinear import NonlinearStudy, SitePoints, against_ratios, nonlinear_study, simulated_sites
from derivations.agreement.overview import AgreementStudy, study_agreement
from derivations.agreement.power_law import PowerLaw, fit_power_law
from derivations.agreement.sampled import expected_variances, sampled_coupling, sampled_response, simulated_variance
from derivations.agreement.wide import WidePlanes, against_dimensions, simulated_wide, wide_planes
from theory.simulation.observables import StartPoints

__all__ = [
    "AgreementStudy",
    "Deviations",
    "HeadPoints",
    "NonlinearStudy",
    "PowerLaw",
    "SitePoints",
    "StartPoints",
    "WidePlanes",
    "against_classes",
    "against_dimensions",
    "against_links",
    "against_ratios",
    "critical_head_decay",
    "expected_variances",
    "fit_power_law",
    "nonlinear_study",
    "response_of",
    "sampled_coupling",
    "sampled_deviations",
    "sampled_response",
    "simulated_head",
    "simulated_sites",
    "simulated_variance",
    "simulated_wide",
    "study_agreement",
    "wide_planes",
]
