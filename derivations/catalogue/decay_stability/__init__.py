r"""Stability of the states that decay leaves: the complete condition, the Hopf boundary, and how fast a head has to decay.

Section 4.2 of the notes, in the units of :mod:`derivations.catalogue.weight_decay_flow`: :math:`\omega=w/\sqrt\lambda`,
:math:`k=\kappa/\lambda`.  Mobilities are inverse to the degrees, both decays positive, and the flow is linearised; below the
Hopf boundary the cycle that is born there is said, to leading order, and nothing of what is far from it.
"""

TITLE = "How fast a head has to decay: complete stability of the states without collapse"
SUMMARY = (
    "With decay every surviving mode rests on a direction of its own. Whether it stays there is decided by pairs of "
    "directions: the head can turn one mode towards another. The matrix of a pair is a rotation, which costs nothing, "
    "times a cubic. Its Hurwitz conditions leave a single inequality, which a head that decays too slowly violates: "
    "there the state is lost by a Hopf bifurcation, to modes that turn on a cycle at first. A head that decays "
    "at least a quarter as fast as the embeddings is always safe from that."
)
REFERENCES = (
    "The flow of the modes and its fixed points: see the derivations of stop-gradient and of weight decay.",
    "A. Liénard, M. H. Chipart, J. Math. Pures Appl. 10 (1914); F. R. Gantmacher, Theory of Matrices II, ch. XV.",
    "The model is a reconstruction from the abstract of arXiv:2604.09979.",
)
