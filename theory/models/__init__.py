"""Models, each a symbolic :class:`theory.Loss` over the shared vocabulary."""

from theory.models import vocabulary
from theory.models.embedding import embedding_only
from theory.models.linear_student import teacher_student
from theory.models.moving_average import moving_average_targets
from theory.models.projection_head import projection_head
from theory.models.single_component import single_component

__all__ = [
    "embedding_only",
    "moving_average_targets",
    "projection_head",
    "single_component",
    "teacher_student",
    "vocabulary",
]
