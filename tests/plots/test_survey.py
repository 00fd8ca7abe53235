import numpy as np

from minser import plots
from minser.corpus.clip import EMOTIONS


def titles(figure):
    return [axes.get_title() for axes in figure.axes]


def rows(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_counts_are_the_lengths_of_the_bars():
    counts = {
        "emotion": {"neutral": {"speech": 2}, "sad": {"speech": 3, "song": 4}},
        "sex": {"male": {"speech": 5}, "female": {"song": 4}},
        "intensity": {"normal": {"speech": 5, "song": 4}},
        "channel": {"speech": {"speech": 5}, "song": {"song": 4}},
    }
    figure = plots.counts_figure(counts)
    emotions, *_ = figure.axes
    assert figure.get_suptitle() == "9 clips: 2 (neutral) to 7 of an emotion"
    assert titles(figure) == ["Clips by emotion", "Clips by sex", "Clips by intensity", "Clips by channel"]
    assert [(bar.get_x(), bar.get_width()) for bar in emotions.patches] == [(0, 2), (0, 3), (3, 4)]
    assert [text.get_text().strip() for text in emotions.texts] == ["2", "7"]
    assert rows(emotions) == ["neutral", "sad"]
    assert emotions.yaxis_inverted()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["speech", "song"]


def test_equal_counts_are_said_to_be_equal():
    words = {"happy": {"song": 3}, "sad": {"song": 3}}
    figure = plots.counts_figure(
        dict.fromkeys(("emotion", "sex", "intensity", "channel"), words) | {"channel": {"song": {"song": 6}}}
    )
    assert figure.get_suptitle() == "6 clips: 3 of each emotion"


def test_spreads_are_drawn_where_they_lie_and_the_title_names_the_extremes(tables):
    men, women = plots.spread_figure(tables["pitch_hz"], quantity="Pitch", unit="Hz").axes
    speech = tables["pitch_hz"]["male"]["speech"]
    thin, thick, *_ = men.collections
    ends = [segment[:, 0] for segment in thin.get_segments()]
    np.testing.assert_array_equal(ends, [[spread["low"], spread["high"]] for spread in speech.values()])
    ends = [segment[:, 0] for segment in thick.get_segments()]
    np.testing.assert_array_equal(ends, [[spread["q1"], spread["q3"]] for spread in speech.values()])
    medians = {emotion: spread["median"] for emotion, spread in speech.items()}
    np.testing.assert_array_equal(men.lines[0].get_xdata(), list(medians.values()))
    top, bottom = max(medians, key=medians.get), min(medians, key=medians.get)
    low, high = f"{medians[bottom]:.0f} Hz ({bottom})", f"{medians[top]:.0f} Hz ({top})"
    assert men.get_title() == f"male, speech: from {low} to {high}"
    assert rows(men) == list(EMOTIONS)
    assert men.get_xlabel() == women.get_xlabel() == "Pitch (Hz)"
    for line, offset in zip(men.lines, (-0.18, 0.18), strict=True):  # speech above song, in the row of its emotion
        np.testing.assert_allclose(line.get_ydata(), np.arange(len(line.get_ydata())) + offset)


def test_large_values_are_written_out():
    spread = dict.fromkeys(("low", "q1", "median", "q3", "high"), 2041.6)
    figure = plots.spread_figure({"Centroid": {"song": {"sad": spread}}}, quantity="Centroid", unit="Hz")
    assert titles(figure) == ["Centroid, song: from 2040 Hz (sad) to 2040 Hz (sad)"]


def test_kept_seconds_are_the_lengths_of_the_bars():
    kept_s = {
        "speech": {
            "sad": {"whole clip": 4.0, "30 dB": 2.0, "20 dB": 1.0},
            "calm": {"whole clip": 3.0, "30 dB": 3.0, "20 dB": 0.5},
        }
    }
    figure = plots.kept_figure(kept_s, {"speech": {"30 dB": 0.714, "20 dB": 0.214}})
    (axes,) = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [4.0, 3.0, 2.0, 3.0, 1.0, 0.5]
    assert axes.get_title() == "What trimming keeps of speech: 30 dB 71 %, 20 dB 21 %"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "whole clip", "trimmed at 30 dB", "trimmed at 20 dB",
    ]  # fmt: skip
