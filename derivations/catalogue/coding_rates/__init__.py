r"""Squared distances against the coding rates of both views: which modes survive frustration, how large, how stable.

Mobilities are inverse to the degrees; no head, no stop.  The weight :math:`\alpha` of the rates and the precision
:math:`\epsilon` are positive.
"""

TITLE = "Coding rates: a threshold of each mode, linear in its correlation, and survivors that grow without bound"
SUMMARY = (
    "Coding rates are logarithms of determinants of second moments: they push the two views apart in every direction, and "
    "less the further they are. Each mode has a threshold, linear in its correlation, as where second moments are held near "
    "the identity; but what survives is the larger the less frustrated it is, and modes without frustration, the mean among "
    "them, grow for ever, as the square root of time."
)
REFERENCES = (
    "Y. Yu, K. H. R. Chan, C. You, C. Song, Y. Ma, Learning diverse and discriminative representations via the principle of "
    "maximal coding rate reduction, 2020, arXiv:2006.08558.",
    "S. Tong, Y. Chen, Y. Ma, Y. LeCun, EMP-SSL: towards self-supervised learning in one training epoch, 2023, "
    "arXiv:2304.03977.",
    "The coupling is that of a reconstruction from the abstract of arXiv:2604.09979; the loss is not.",
)
