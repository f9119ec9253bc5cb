"""From a table to its diagnosis.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> y = np.arange(300) % 3
>>> X = rng.standard_normal((300, 5)) + 2 * np.eye(3, 5)[y]
>>> found = diagnose(X, y)
>>> found.mu.shape, found.collapses, found.slow_time > 2
((2,), True, True)

When it fails: see :mod:`derivations.diagnosis.result`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms.decaying import critical_decays
from derivations.data.chunks import Table, table_of_arrays
from derivations.data.encoding import Encoding, as_text, categories_of
from derivations.diagnosis.accumulating import Accumulation, accumulate_moments
from derivations.diagnosis.finite_sample import noise_edge
from derivations.diagnosis.losses import named_loss
from derivations.diagnosis.pairs import pair_means
from derivations.diagnosis.result import Diagnosis
from derivations.diagnosis.separability import MOST_ENTRIES, Separation, separate_classes, too_many_samples
from theory import require
from theory.encoder import population_square
from theory.encoder.accumulated import merge_moments
from theory.encoder.canonical import CanonicalModes, canonical_modes, shrinkage_ridge
from theory.errors import InputError, UnfinishedError

MANY = 0.5  # features per sample, above which shrunk correlations are given beside
DIGITS = 1e-8  # that rounding has to leave
NAMED = 8
FEW_ENTRIES = 3 * 10**4  # of features, up to which it is decided without being asked whether scores separate the classes


def diagnose(
    X: Any,
    y: Any,
    *,
    one_hot: bool = False,
    ridge: float = 0.0,
    decay: float | None = None,
    dimension: int | None = None,
    loss: str | None = None,
    parameters: Mapping[str, float] | None = None,
) -> Diagnosis:
    """What the canonical correlations of features and classes predict of a linear encoder, before it is trained.

    Parameters
    ----------
    X
        features (samples, p): an array of numbers, or a frame of pandas or polars.  They are centred; their scale is of no
        consequence.
    y
        one class for each sample: numbers or text, at least two classes.
    one_hot
        whether columns of text become one feature for each category but the first.
    ridge
        added to the variance of each feature, in units of it: a penalty on the encoder.
    decay, dimension
        of the embeddings (in units of the mobility) and of a stop-gradient head, to be told what such a head keeps.
    loss, parameters
        a named loss (:data:`derivations.diagnosis.losses.LOSSES`) to be told all of, and its parameters by name.

    Raises
    ------
    InputError
        for shapes that do not match, gaps or infinities, text that is no number, labels that look continuous, or numbers that
        are out of their range.
    """
    return diagnose_table(
        table_of_arrays(X, y), one_hot=one_hot, ridge=ridge, decay=decay, dimension=dimension, loss=loss, parameters=parameters
    )


def diagnose_table(
    table: Table,
    *,
    one_hot: bool = False,
    ridge: float = 0.0,
    decay: float | None = None,
    dimension: int | None = None,
    loss: str | None = None,
    parameters: Mapping[str, float] | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Diagnosis:
    """The same of a table that is read chunk by chunk; ``progress`` is told the share that is read."""
    if decay is not None:
        require.positive(decay, "decay", "give that of the embeddings, or none for the limit of 0")
    if parameters and loss is None:
        raise InputError("a loss beside its parameters", "none", "name it with loss=...")
    encoding = categories_of(table) if one_hot else Encoding(table)
    data = accumulate_moments(encoding, progress)
    found = _diagnose_moments(
        table.name, encoding, data, ridge, decay=decay, dimension=dimension, loss=loss, parameters=parameters or {}
    )
    if dimension is not None:
        found.kept(dimension)
    if loss is not None:
        found.forecast(loss, parameters)
    return found


def _diagnose_moments(
    name: str, encoding: Encoding, data: Accumulation, ridge: float, *, loss: str | None, **asked: Any
) -> Diagnosis:
    """The same from accumulated moments; ``asked`` is kept as it is."""
    modes = canonical_modes(data.groups, ridge)
    counts = merge_moments(data.groups).counts
    samples, masses = int(counts.sum()), counts / counts.sum()
    shrunk_ridge = shrinkage_ridge(data.groups) if ridge == 0 and modes.rank > MANY * samples else None
    edge = noise_edge(modes.rank, len(counts) - 1, samples - 1)
    mu = modes.correlations
    return Diagnosis(
        name=name,
        samples=samples,
        features=len(encoding.names),
        rank=modes.rank,
        classes=data.classes,
        counts=counts,
        mu=mu,
        standard_errors=modes.standard_errors,
        population_mu=_population_correlations(mu, modes.rank / (samples - 1)) if ridge == 0 else np.full_like(mu, np.nan),
        noise_edge=edge,
        interpolated=modes.interpolated,
        ridge=ridge,
        mu_shrunk=None if shrunk_ridge is None else canonical_modes(data.groups, shrunk_ridge).correlations,
        shrunk_ridge=shrunk_ridge,
        lambda_critical=critical_decays(mu),
        pair_frustration=pair_means(modes.vectors, masses, 1 - mu**2),
        pair_times=_pair_times(pair_means(modes.vectors, masses, 1 - mu)),
        loss=loss,
        separate=_separation_of(encoding, samples, asked=loss is not None and named_loss(loss).of_scores),
        groups=len(data.groups),
        notes=tuple(_data_notes(encoding, data, modes, ridge, edge, shrunk_ridge)),
        **asked,
    )


def _population_correlations(mu: NDArray, share: float) -> NDArray:
    """Correlations without what finitely many samples add; ``share`` is the rank of the features over these."""
    return np.sqrt(np.maximum(population_square(mu**2, share), 0))


def _pair_times(rates: NDArray) -> NDArray:
    """The times of pairs of classes; a class is at no distance from itself."""
    with np.errstate(divide="ignore"):
        times = 1 / rates
    np.fill_diagonal(times, 0.0)
    return times


def _separation_of(encoding: Encoding, samples: int, asked: bool) -> Callable[[], Separation | str]:
    """A function that tells whether linear scores separate the classes, or why that is not decided; the table is read again."""
    if samples * len(encoding.names) > (MOST_ENTRIES if asked else FEW_ENTRIES):
        why = f"whether linear scores separate {samples:,} samples is decided where this loss alone is asked about"
        return lambda: too_many_samples(samples) if asked else why
    row, parts, labels = 0, [], []
    for block, given, _ in encoding.table.blocks():
        parts.append(encoding.encode_block(block, row).astype(float))
        labels.append(as_text(given))
        row += len(given)
    features, classes = np.concatenate(parts), np.unique(np.concatenate(labels), return_inverse=True)[1]

    def decide_separation() -> Separation | str:
        try:
            return separate_classes(features - features.mean(axis=0), classes)
        except UnfinishedError as error:
            return str(error)

    return decide_separation


def _data_notes(
    encoding: Encoding, data: Accumulation, modes: CanonicalModes, ridge: float, edge: float, shrunk_ridge: float | None
):
    counts, names = merge_moments(data.groups).counts, encoding.names
    samples = int(counts.sum())
    yield from data.notes
    yield "Features are centred, so that the class-independent mode is gone; no correlation depends on their scale."
    if encoding.categories:
        columns = _list_names([encoding.table.names[j] for j in encoding.categories])
        features = sum(len(categories) - 1 for categories in encoding.categories.values())
        yield f"Text is one-hot encoded, each category but the first of a column: {columns} became {features} features."
    if modes.constant.size:
        yield f"Features that do not vary are of no consequence: {_list_names([names[j] for j in modes.constant])}."
    if modes.rank == samples - 1:
        yield f"The features span all that {samples} samples can differ by."
    elif modes.dependent.size:
        yield (
            f"{modes.dependent.size} features are linear combinations of the others and change no correlation: "
            f"{_list_names([names[j] for j in modes.dependent])}."
        )
    if (counts == 1).any():
        single = _list_names([name for name, count in zip(data.classes, counts, strict=True) if count == 1])
        yield f"Classes of one sample are kept, but their place in feature space is that one sample: {single}."
    yield from _size_notes(modes, samples, len(counts), ridge, shrunk_ridge)
    if np.isnan(modes.standard_errors).any():
        yield "Too few samples for standard errors: without one group of rows the features could not be told apart."
    chance = int((modes.correlations <= edge).sum())
    if ridge == 0 and chance and modes.interpolated == 0:
        yield f"{chance} of {len(modes.correlations)} correlations are no larger than those of unrelated features can be."
    if modes.rounding > DIGITS:
        yield f"Features are nearly linear combinations of each other: rounding may cost {modes.rounding:.0e}."


def _size_notes(modes: CanonicalModes, samples: int, classes: int, ridge: float, shrunk_ridge: float | None):
    if modes.interpolated:
        yield (
            f"{modes.interpolated} correlations are 1 whatever the labels, because {modes.rank} features and {classes} classes "
            f"exceed {samples} samples: a linear encoder interpolates, and these modes say nothing of new samples."
        )
    if shrunk_ridge is not None:
        yield (
            f"Features are close to samples in number ({modes.rank} against {samples}): correlations are inflated by chance; "
            f"beside them stand those with a ridge of {shrunk_ridge:.3g} variances, the estimated intensity of shrinkage."
        )
    if ridge:
        yield f"A ridge of {ridge:g} variances is added to each feature: correlations are those of a penalised encoder."


def _list_names(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(repr, names[:NAMED])) + more
