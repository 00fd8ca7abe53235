"""What holds for the figures of every kind."""

import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg

from minser import plots
from minser.corpus.clip import EMOTIONS
from minser.plots import style
from minser.plots.timeline import course_figure


def test_axes_are_labelled(figures):
    for kind, figure in figures.items():
        for axes in figure.axes:
            place = axes.get_subplotspec()
            if not axes.get_visible() or axes.get_label() == "<colorbar>":
                continue
            named_above = axes.get_title().startswith("Clips by")
            assert axes.get_xlabel() or figure.get_supxlabel() or not place.is_last_row() or named_above, kind
            rows_are_classes = any(label.get_text() in EMOTIONS for label in axes.get_yticklabels())
            assert axes.get_ylabel() or figure.get_supylabel() or not place.is_first_col() or rows_are_classes, kind


@pytest.mark.slow
def test_titles_fit_and_do_not_touch(figures):
    for kind, figure in figures.items():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        titles = [axes.title for axes in figure.axes if axes.get_visible()] + [figure._suptitle]
        boxes = [title.get_window_extent(renderer) for title in titles if title is not None and title.get_text()]
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1 for box in boxes), kind
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2)), kind


@pytest.mark.slow
def test_no_two_texts_of_one_axis_touch(figures):
    for figure in figures.values():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)  # lays out
        for axes in figure.axes:
            for texts in (axes.get_xticklabels(), axes.get_yticklabels(), axes.texts):
                boxes = [text.get_tightbbox(renderer) for text in texts if text.get_text()]
                if any(text.get_rotation() for text in texts):  # slanted names: upright boxes say nothing
                    continue
                assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_equal_figures_are_equal_bytes_without_clock_or_version(history, tmp_path):
    first, second = tmp_path / "first.png", tmp_path / "second.tmp"  # any name: always PNG
    for path in (first, second):
        plots.save(plots.training_curves(history, best_epoch=4), path)
    content = first.read_bytes()
    assert content == second.read_bytes()
    assert content.startswith(b"\x89PNG")
    for word in (b"Software", b"matplotlib", b"Creation", b"tIME"):
        assert word not in content


def drawn(letters, tmp_path):
    """Return the bytes of figures whose labels are these letters."""
    names = (f"a {letters}", "b")
    figures = (
        plots.confusion_figure(np.eye(2, dtype=np.int64), names),
        plots.waveform(np.zeros(9), sr=8, title=names[0]),
        course_figure(np.array([[0, 1]]), np.full((1, 2), 0.5), np.array([True]), names, title="\n".join(names)),
    )
    for figure in figures:
        plots.save(figure, tmp_path / "figure.png")
    return [style.to_png(figure) for figure in figures]


@pytest.mark.slow
def test_letters_that_no_font_has_are_boxes_without_a_warning(tmp_path, monkeypatch):
    own = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    style._font_with.cache_clear()
    assert drawn("愤怒", tmp_path) != drawn("", tmp_path)  # pytest makes a warning an error
    with pytest.warns(UserWarning, match="Glyph 24868"):  # of other texts it is heard
        plots.waveform(np.zeros(9), sr=8, title="愤").savefig(tmp_path / "else.png")
    style._font_with.cache_clear()


def test_letters_that_another_font_has_are_drawn_in_it(tmp_path):
    letter = "\u23b4"  # a bracket, of STIX alone among matplotlib's fonts
    font = style._font_with(letter)
    assert font
    figure = plots.waveform(np.zeros(9), sr=8, title=f"a{letter}")
    with pytest.warns(UserWarning, match="Glyph 9140"):
        figure.savefig(tmp_path / "else.png")
    plots.save(figure, tmp_path / "figure.png")
    assert figure.axes[0].title.get_fontfamily() == ["sans-serif", font]
    assert figure.axes[0].xaxis.label.get_fontfamily() == ["sans-serif"]


def test_pyplot_is_never_loaded_and_evaluation_needs_no_matplotlib(tmp_path):
    script = (
        "import sys, numpy, minser.evaluation\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from minser import plots\n"
        "from pathlib import Path\n"
        "plots.save(plots.waveform(numpy.zeros(9), sr=8), Path('figure.png'))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, cwd=tmp_path)
