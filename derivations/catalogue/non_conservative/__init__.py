r"""Stop-gradient and losses: curl, loop integrals, metrics, and where the original loss rises.

Section 4 of the notes.  There is no loss in the metric of the mobilities, and for one mode in any constant metric; what metrics
that depend on the state can do is in :mod:`derivations.catalogue.non_conservative.metrics`.

>>> from derivations import derive
>>> derive("non_conservative")["loop"].after[0].right
l_v*l_w*mu*v
"""

TITLE = "Stop-gradient follows no loss in the metric of its mobilities: curl, a loop integral, and a loss that rises"
SUMMARY = (
    "In the metric of its mobilities the flow with stop-gradient has a curl, so that closed paths cost or gain: no "
    "loss has it as its gradient flow. In one mode both are closed form, and no constant metric helps. A metric that "
    "depends on the state does, but only where the mode is alive; where modes die, beside heads that turn the plane, "
    "and with decay beside states in which two modes rotate, no metric does. And there is a region, in closed form, "
    "where the loss that one differentiates rises along the flow."
)
REFERENCES = (
    "The flow, and its reduction: see the derivations of the shared head with stop-gradient, and of one mode.",
    "The pair of modes with decay, and its boundary: see the derivation of how fast a head has to decay.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
