"""A film shows the labels where they are, on axes that stand still."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from derivations import figures
from derivations.figures import animations
from derivations.figures.trajectories import principal_axes
from theory import Coupling, InputError, models, simulate

COUPLING = Coupling.uniform(3, 30, 0.2)


def run(dimension, frames=4):
    times = np.concatenate([[0.0], np.geomspace(0.1, 50, frames - 1)])
    return simulate(models.projection_head(), COUPLING, dimension=dimension, times=times, seed=0)


@pytest.mark.parametrize(("dimension", "frames"), [(1, 3), (3, 4), (2, 1)])
def test_a_gif_has_a_frame_for_each_recorded_time(tmp_path, dimension, frames):
    figures.animate("labels", run(dimension, frames), tmp_path / "labels.gif")
    with Image.open(tmp_path / "labels.gif") as film:
        assert film.n_frames == frames


def test_of_many_times_a_bounded_number_is_shown_the_last_among_them(tmp_path, monkeypatch):
    monkeypatch.setattr(animations, "FRAMES", 3)
    seen = []
    figures.animate("labels", run(2, 5), tmp_path / "labels.gif", seen.append)
    assert seen == pytest.approx([1 / 3, 2 / 3, 1])


def test_labels_are_where_they_are_and_the_axes_stand_still():
    made = run(3)
    places, _ = principal_axes(made.labels)
    film = animations._Film("labels", made, True)
    axis = film.figure.axes[0]
    limits = axis.get_xlim(), axis.get_ylim()
    for k, time in enumerate(made.times):
        film.show(k)
        np.testing.assert_array_equal(film.dots.get_offsets(), places[k].T)
        assert film.clock.get_text() == f"t = {time:.3g}"
        assert (axis.get_xlim(), axis.get_ylim()) == limits
    assert np.abs(places).max() < limits[0][1]


def test_without_ffmpeg_mp4_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="ffmpeg"):
        figures.animate("labels", run(2), tmp_path / "labels.mp4")
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_film_is_refused():
    with pytest.raises(InputError, match="gif or"):
        figures.check_film(Path("labels.avi"))


def test_an_mp4_is_made_where_ffmpeg_is_found(tmp_path):
    from matplotlib.animation import FFMpegWriter

    if not FFMpegWriter.isAvailable():
        pytest.skip("no ffmpeg here")
    figures.animate("labels", run(2), tmp_path / "labels.mp4")
    assert b"ftyp" in (tmp_path / "labels.mp4").read_bytes()[:16]
