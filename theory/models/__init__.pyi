from . import vocabulary as vocabulary
from .component import single_component as single_component
from .embedding import embedding_only as embedding_only
from .encoded import encode_samples as encode_samples
from .exchange import treats_views_alike as treats_views_alike
from .head import projection_head as projection_head
from .linear_student import teacher_student as teacher_student
from .moving_average import moving_average_targets as moving_average_targets
from .two_views import (
    barlow_twins as barlow_twins,
    byol as byol,
    coding_rate as coding_rate,
    cosine as cosine,
    info_nce as info_nce,
    simsiam as simsiam,
    softmax_classification as softmax_classification,
    spectral_contrastive as spectral_contrastive,
    squared as squared,
    vicreg as vicreg,
    whitening as whitening,
)
