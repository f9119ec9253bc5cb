r"""Models of published papers, as model files: each a loss as its paper has it, with its source.

====================================  =====================================================================================
direct_predictor                      :math:`p_\pm=(b\pm\sqrt{b^2-4a\eta})/2a`, :math:`w^2=p^2/\alpha`, up to
                                      :math:`\eta_c=b^2/4a`; :math:`w^2-p^2/\alpha` goes like :math:`e^{-2\eta t}`
byol_target                           the same states whatever the rate of the target
two_layer_linear                      a family :math:`uv=s`, a saddle at 0 with rate s, :math:`u^2-v^2` conserved
unconstrained_features                a state away from zero iff :math:`K\sqrt{n\lambda_H\lambda_W}<1`, alike for all classes
spectral_contrastive                  :math:`f^2=a`; only the largest eigenvalues are stable in the whole model
barlow_twins                          :math:`\gamma w^2=1`, which grows from 0 at the rate :math:`4\gamma`
dimensional_collapse                  directions with c < s vanish; two layers align, as their difference is conserved
closed_form_predictor                 :math:`\dot z=\lambda(1-\lambda)z` with :math:`\lambda=z^2` stopped: apart; collapse with
                                      the marker on the other side (``_other_side``) or none (``_no_stop``)
word_embedding                        :math:`\dot s=2s(m-s)` of :math:`s=w^2`: modes in the order of their eigenvalues
embedding, projection_head            our own, in coordinates without degrees
====================================  =====================================================================================

>>> "direct_predictor" in names_of_published()
True
>>> published("direct_predictor").name
'direct_predictor.toml'

They are read by :func:`derivations.spec.read_model`.
"""

from __future__ import annotations

from pathlib import Path

from theory.errors import InputError

_FOLDER = Path(__file__).parent


def names_of_published() -> tuple[str, ...]:
    """The names of the models."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def published(name: str) -> Path:
    """The model file of a name.

    Raises
    ------
    InputError
        for another name.
    """
    names = names_of_published()
    if name not in names:
        raise InputError(f"a published model ({', '.join(names)})", name, "correct the name")
    return _FOLDER / f"{name}.toml"
