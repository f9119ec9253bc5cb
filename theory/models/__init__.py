"""Models, each a symbolic :class:`theory.Loss` over the shared vocabulary."""

from theory.models import vocabulary
from theory.models.embedding import embedding_only
from theory.models.encoded import encode_samples
from theory.models.exchange import treats_views_alike
from theory.models.linear_student import teacher_student
from theory.models.moving_average import moving_average_targets
from theory.models.projection_head import projection_head
from theory.models.single_component import single_component
from theory.models.two_views import (
    barlow_twins,
    byol,
    coding_rate,
    cosine,
    info_nce,
    simsiam,
    softmax_classification,
    spectral_contrastive,
    squared,
    vicreg,
    whitening,
)

__all__ = [
    "barlow_twins", "byol", "coding_rate", "cosine", "embedding_only", "encode_samples", "info_nce", "moving_average_targets",
    "projection_head", "simsiam", "single_component", "softmax_classification", "spectral_contrastive", "squared",
    "teacher_student", "treats_views_alike", "vicreg", "vocabulary", "whitening",
]  # fmt: skip
