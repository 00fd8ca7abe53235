from minser.plots.tuning import tuning_figure

SETTINGS = {"training.lr": [1e-4, 1e-2, 1e-3], "model.pooling": ["average", "mean_max", "average"]}


def drawn(axes):
    return {line.get_label(): (line.get_xdata().tolist(), line.get_ydata().tolist()) for line in axes.lines}


def test_every_trial_has_a_dot_and_the_best_a_ring():
    figure = tuning_figure(SETTINGS, [0.4, 0.5, 0.6])
    rate, pooling = figure.axes
    assert drawn(rate) == {"trial": ([1e-4, 1e-2, 1e-3], [40.0, 50.0, 60.0]), "best": ([1e-3], [60.0])}
    assert rate.get_xscale() == "log"
    assert rate.get_xlabel() == "training.lr"
    assert drawn(pooling)["trial"][0] == [0, 1, 0]
    assert [label.get_text() for label in pooling.get_xticklabels()] == ["average", "mean_max"]


def test_four_settings_take_two_rows():
    figure = tuning_figure({name: [1, 2] for name in "abcd"}, [0.1, 0.2])
    assert len([axes for axes in figure.axes if axes.get_visible()]) == 4
    assert len(figure.axes) == 6
