from .animations import animate as animate, check_film as check_film
from .claims import (
    contraction as contraction,
    couplings as couplings,
    prevention as prevention,
    solution as solution,
    teacher as teacher,
    time_scales as time_scales,
)
from .diagnoses import diagnosis as diagnosis
from .dimensional import dimensional_collapse as dimensional_collapse
from .dmft import agreement as agreement, nonlinear as nonlinear, wide_planes as wide_planes
from .encoders import encoder_training as encoder_training
from .frustrated import frustration as frustration
from .phases import phase_diagram as phase_diagram
from .spectra import spectrum as spectrum, spectrum_of_views as spectrum_of_views
from .study import (
    bifurcation_diagram as bifurcation_diagram,
    phase_plane as phase_plane,
    phase_portrait as phase_portrait,
    runs_over_theory as runs_over_theory,
    series_of_rates as series_of_rates,
)
from .style import save_embedded as save_embedded, save_figure as save_figure
from .survivals import survival as survival
from .trajectories import trajectory as trajectory
from .two_scales import two_time_scales as two_time_scales
