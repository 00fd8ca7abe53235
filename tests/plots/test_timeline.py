import numpy as np

from minser.plots.timeline import course_figure

NAMES = ("calm", "happy", "sad")
TIMES = np.array([[0, 4], [1, 5], [2, 6], [3.5, 7.5]], dtype=float)
COURSE = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [0.5, 0.3, 0.2]])


def test_cells_stand_around_the_middle_of_their_windows():
    axes = course_figure(TIMES, COURSE, np.ones(4, bool), NAMES, title="talk").axes[0]
    (cells,) = axes.collections
    np.testing.assert_allclose(cells.get_coordinates()[0, :, 0], [0, 2.5, 3.5, 4.75, 7.5])
    np.testing.assert_allclose(cells.get_array().reshape(3, 4), COURSE.T)
    assert cells.get_clim() == (0, 1)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(NAMES)
    assert axes.get_ylim() == (2.5, -0.5)  # the first on top
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[2, 0], [3, 1], [4, 2], [5.5, 0]])
    assert axes.get_title() == "talk"
    assert axes.get_xlabel() == "time (s)"


def test_windows_without_speech_stay_white_and_it_is_said():
    is_speech = np.array([True, False, True, True])
    axes = course_figure(TIMES, COURSE, is_speech, NAMES).axes[0]
    assert axes.collections[0].get_array().mask.reshape(3, 4)[:, 1].all()
    assert len(axes.lines[0].get_xdata()) == 3
    assert [text.get_text() for text in axes.texts] == ["white: no speech"]
    nobody = course_figure(TIMES, COURSE, np.zeros(4, bool), NAMES).axes[0]
    assert nobody.collections[0].get_array().mask.all()


def test_long_recordings_are_read_in_minutes():
    times = np.array([[0, 4], [600, 604]], dtype=float)
    figure = course_figure(times, COURSE[:2], np.ones(2, bool), NAMES)
    figure.draw_without_rendering()
    assert figure.axes[0].get_xlabel() == "time (min:s)"
    assert {"0:00", "5:00", "10:00"} <= {label.get_text() for label in figure.axes[0].get_xticklabels()}
