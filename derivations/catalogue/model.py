r"""The flows of any loss that a user writes, in scalars or in matrices: what stop-gradient deletes, curl, first integrals."""

from __future__ import annotations

import re

from sympy import S

from derivations.analysis.conserved import Conserved
from derivations.engine import Derivation
from derivations.steps.curl import curl_account
from derivations.steps.flows import flow_account, followed
from derivations.steps.integrals import integrals_account
from theory import Flow, InputError, Loss


def derive_model(loss: Loss, name: str) -> Derivation:
    """The checked derivation of the flows of a loss."""
    flow, source = loss.stop_gradient_flow() if loss.is_marked else loss.gradient_flow(), followed(loss)
    account = flow_account(flow, loss) + curl_account(flow, source)
    account += integrals_account(tuple(Conserved(q, S.Zero) for q in _first_integrals(flow)), flow, source)
    name = re.sub(r"[^\w-]", "_", name)
    summary = "Everything follows from the loss by differentiation; each formula is compared with numbers found without it."
    return Derivation(
        name=name,
        title=f"The flows of {name}",
        summary=" ".join((summary, *account.gaps)),
        steps=account.steps,
    )


def _first_integrals(flow: Flow) -> tuple:
    """First integrals up to degree two; none are offered where a velocity is not rational in the state."""
    try:
        return flow.conserved()
    except InputError:
        return ()
