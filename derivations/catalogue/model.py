r"""The flows of any loss that a user writes, in scalars or in matrices: what stop-gradient deletes, curl, what is conserved."""

from __future__ import annotations

import re

from derivations.analysis.conserved import integrals_with_rates
from derivations.engine import Derivation
from derivations.steps.account import Account
from derivations.steps.curl import curl_account
from derivations.steps.flows import flow_account, followed
from derivations.steps.integrals import integrals_account
from theory import Flow, InputError, Loss
from theory.errors import UnfinishedError


def derive_model(loss: Loss, name: str, time_limit: float | None = 60, quantities: Account | None = None) -> Derivation:
    """The checked derivation of the flows of a loss, and of what is conserved or changes at a rate of its own.

    The time limit, in seconds, is that of the latter, unless ``quantities`` holds them.
    """
    flow, source = _flow_of(loss), followed(loss)
    kept = quantities_account(loss, time_limit) if quantities is None else quantities
    account = flow_account(flow, loss) + curl_account(flow, source) + kept
    name = re.sub(r"[^\w-]", "_", name)
    summary = "Everything follows from the loss by differentiation; each formula is compared with numbers found without it."
    return Derivation(
        name=name,
        title=f"The flows of {name}",
        summary=" ".join((summary, *account.gaps)),
        steps=account.steps,
    )


def _flow_of(loss: Loss) -> Flow:
    return loss.stop_gradient_flow() if loss.is_marked else loss.gradient_flow()


def quantities_account(loss: Loss, time_limit: float | None) -> Account:
    """Quantities up to degree two; none are offered where a velocity is not rational in the state."""
    flow, source = _flow_of(loss), followed(loss)
    try:
        return integrals_account(integrals_with_rates(flow, time_limit=time_limit), flow, source)
    except InputError:
        return Account()
    except UnfinishedError as error:
        return Account(gaps=(f"What is conserved was not found: {error}.",))
