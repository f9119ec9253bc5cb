from .bands import Band as Band
from .ensembles import Pairs as Pairs
from .mean_field import HeadCurve as HeadCurve, MeanFieldHead as MeanFieldHead, SteadyState as SteadyState
from .mode_measure import Modes as Modes, outlier_mass as outlier_mass
from .phase_line import critical_fraction as critical_fraction, share_above as share_above
from .populations import PopulationSize as PopulationSize
from .response import Curve as Curve, LabelResponse as LabelResponse
from .self_consistency import Solution as Solution
from .single_site import (
    ERF as ERF,
    LINEAR as LINEAR,
    TANH as TANH,
    Nonlinearity as Nonlinearity,
    SingleSite as SingleSite,
    SiteCurve as SiteCurve,
)
from .wide.curve import WideCurve as WideCurve
from .wide.head import RestingMode as RestingMode, WideHead as WideHead
from .wide.modes import WideModes as WideModes
