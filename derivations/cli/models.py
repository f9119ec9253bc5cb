"""Models from the options of a command: embeddings, heads, and the losses that have a name; their parameters and starts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.cli.common import read_parameters
from derivations.cli.couplings import refuse_options
from theory.errors import InputError

if TYPE_CHECKING:
    from theory import Loss

PLACED = ("embedding", "head")
SUMS = ("embedding", "squared")  # whose rates are those of the coupling
LOSSES = (
    *("squared", "cosine", "simsiam", "byol", "barlow-twins", "vicreg", "info-nce", "spectral-contrastive", "coding-rate"),
    *("softmax-classification", "whitening"),
)
ANCHORED = ("info-nce", "softmax-classification")
OPTIONS = (
    click.option(
        "--head",
        type=click.Choice(["none", "samples", "labels", "both", "shared"]),
        default="shared",
        show_default=True,
        help="Where a head stands.",
    ),
    click.option(
        "--stop",
        type=click.Choice(["none", "labels", "samples", "both"]),
        default="both",
        show_default=True,
        help="Targets that stop the gradient.",
    ),
    click.option("--symmetric", is_flag=True, help="The mean over anchors in both views (info-nce, softmax-classification)."),
    click.option("--shared", is_flag=True, help="One encoder of two views: both start, and stay, at the same embeddings."),
    click.option(
        "--parameter", "parameters", metavar="NAME=VALUE", multiple=True, help="A parameter of the model; may be repeated."
    ),
)


def is_model_file(name: str) -> bool:
    """Whether a model is named by its file."""
    return name.endswith(".toml")


def with_models(command):
    """Give a command the options of a model."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def model_of(name: str, options: Mapping[str, Any], given: set[str]) -> Loss:
    """The loss of a name, or of a model file.

    Raises
    ------
    InputError
        for options that have no meaning for it, and for a file that is no model file.
    """
    from derivations.spec import load_model
    from theory import models

    if name != "head":
        refuse_options(given & {"head", "stop"}, name)
    if is_model_file(name):
        refuse_options(given & {"symmetric"}, name)
        return load_model(Path(name))
    if name not in ANCHORED:
        refuse_options(given & {"symmetric"}, name)
    if name == "embedding":
        return models.embedding_only()
    if name == "head":
        return models.projection_head(options["head"], options["stop"])
    loss = getattr(models, name.replace("-", "_"))
    return loss(symmetric=True) if options["symmetric"] else loss()


def checked_parameters(name: str, loss: Loss, texts: tuple[str, ...]) -> dict[str, float]:
    """NAME=VALUE pairs, one for each parameter that has no default."""
    found = read_parameters(texts)
    needed, free = parameters_of_loss(loss)
    if unknown := sorted(set(found) - needed - free):
        known = ", ".join(sorted(needed | free))
        wanted = f"parameters of {name} among {known}" if known else f"no parameters of {name}"
        raise InputError(wanted, ", ".join(unknown), "drop it or correct the name")
    if missing := sorted(needed - set(found)):
        remedy = "give " + " ".join(f"--parameter {parameter}=VALUE" for parameter in missing)
        raise InputError(f"a value for each parameter of {name}", f"none for {', '.join(missing)}", remedy)
    return found


def parameters_of_loss(loss: Loss) -> tuple[set[str], set[str]]:
    """The names of the numbers that a loss needs, and of those that have a default: mobilities and decays."""
    from sympy import MatrixSymbol

    from theory.state import parameters_of

    places = (*loss.stop_gradient_flow().velocity.values(), loss.erased())
    numbers = {s for s in parameters_of(places, loss.state) if not isinstance(s, MatrixSymbol) and not s.is_integer}
    free = {rate for rates in (loss.mobility, loss.decay) for rate in rates.values()}
    return {str(s) for s in numbers - free}, {str(s) for s in numbers & free}


def start_of(name: str, loss: Loss, coupling, options: Mapping[str, Any]) -> dict[str, Any]:
    """Blocks at the start by name: none, or one encoder's embeddings of both views and of the targets that follow them.

    Raises
    ------
    InputError
        for a coupling of other things than two views, and a loss that does not treat views alike.
    """
    from theory.coupling.views import Shared
    from theory.models import treats_views_alike

    if not options["shared"]:
        return {}
    if not isinstance(coupling, Shared):
        remedy = "give --coupling with --pairs, --augmentations, or symmetric weights with --signed"
        raise InputError("two views for --shared", "samples and labels", remedy)
    if treats_views_alike(loss) is not True:
        remedy = "give --symmetric" if name in ANCHORED else "stop the gradient on both sides, or on none"
        raise InputError("a loss that treats both views alike for --shared", name, remedy)
    start = coupling.shared_start(options["dimension"], options["seed"])
    return start | {str(b): start[str(b)[2:]] for b in loss.state if str(b) in ("T_X", "T_Y")}
