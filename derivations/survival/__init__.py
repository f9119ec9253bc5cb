r"""Which losses does frustration collapse, at which threshold, and what is left of a mode otherwise?

One row a loss: formulas of the closed forms, which derivations of the catalogue show and check, and a witness: runs of the
whole model on :meth:`theory.Coupling.uniform`, whose class modes all have the correlation :math:`\mu_k=\sqrt{1-\varphi}`, from
both sides of the threshold.  Mobilities are inverse to the degrees.  A run that ends where the formula says is no proof that
all do: what is argued, or only measured, is said beside the row.

>>> row = survival_row("whitening")
>>> print(row)
whitening: squared distances, second moments near the identity
survives if 1 - mu_k < beta
\beta_c = 1 - mu_k
\lVert v_k\rVert^{2} = 1 - (1 - mu_k)/beta
back to its length: r_- = 2*(beta + mu_k - 1)
few frustrated: \tau_{\text{slow}} ~ 1/(2*beta) + phi/(4*beta**2)
that almost every start ends there is argued and measured
>>> round(row.predict(0.5), 6), round(row.critical_fraction(), 12)
(0.267767, 0.64)

When it fails: class modes of other couplings have correlations of their own; put each into the formulas.
"""

from derivations.survival.row import Survival, SurvivalWitness
from derivations.survival.table import SurvivalTable, survival_row, survival_rows, survival_table

__all__ = ["Survival", "SurvivalTable", "SurvivalWitness", "survival_row", "survival_rows", "survival_table"]
