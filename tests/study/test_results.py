import json

import pytest

from minser.study.results import read_summary, results_table, sources_table


def summary(recipe, protocol, *, source="RAVDESS", minutes=3.0, seeds=1):
    values = {
        "accuracy": 0.7, "uar": 0.6, "macro_f1": 0.65, "weighted_precision": 0.71, "weighted_recall": 0.72,
        "weighted_f1": 0.73,
    }  # fmt: skip
    scores = {
        name: {"mean": value, "std": 0.01, "per_seed": [value] * seeds, "interval": [value - 0.05, value + 0.05]}
        for name, value in values.items()
    }
    return {
        "recipe": recipe, "protocol": protocol, "heading": "-", "source": source, "scores": scores,
        "parameters": 123456, "minutes": minutes, "threads": 1,
        "folds": [{"train_accuracy": 0.8}, {"train_accuracy": 0.9}],
        "per_class": {"sad": {"recall": 0.5}, "calm": {"recall": 0.4}},
        "per_sex": {"male": {"macro_f1": {"value": 0.55}}, "female": {"macro_f1": {"value": 0.75}}},
    }  # fmt: skip


def row_of(table, recipe):
    (line,) = [line for line in table.splitlines() if line.startswith(f"| `{recipe}`")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_published_system_has_a_row_even_without_results():
    table = results_table([])
    assert len(table.splitlines()) == 2 + 6
    assert row_of(table, "two_channel")[1:3] == [
        "accuracy 82.9: speech and song, random 80/20",
        "speakers; the epoch was chosen on the reported part",
    ]
    assert row_of(table, "vgg16_transfer")[3:] == ["-"] * 4


def test_ours_stands_beside_the_source_in_the_source_s_own_metric():
    table = results_table([summary("trimmed_logmel", "published"), summary("trimmed_logmel", "luna", seeds=2)])
    row = row_of(table, "trimmed_logmel")
    assert row[1].startswith("macro F1 35.3")
    assert row[3:] == ["macro F1 65.0 [60.0, 70.0], 1 seed", "60.0 [55.0, 65.0], 2 seeds", "123,456", "1.5"]
    assert len({line.count("|") for line in table.splitlines()}) == 1


def test_own_recipes_come_last_and_another_corpus_is_named():
    table = results_table([summary("toy", "luna", source="synthetic voices", minutes=None), summary("minser", "luna")])
    assert [line.split("|")[1].strip() for line in table.splitlines()[-2:]] == ["`minser`", "`toy` (synthetic voices)"]
    assert row_of(table, "toy")[-1] == "-"
    assert row_of(table, "minser")[1:4] == ["-", "-", "-"]


def test_minutes_come_from_the_other_protocol_where_one_was_not_timed():
    table = results_table([summary("two_channel", "luna", minutes=None), summary("two_channel", "published")])
    assert row_of(table, "two_channel")[-1] == "1.5"


def test_every_score_of_a_source_stands_beside_ours():
    recipes = ("spectrogram_images", "two_channel", "oversampled_baseline", "trimmed_logmel")
    table = sources_table([summary(recipe, "published") for recipe in recipes] + [summary("mel_images", "luna")])
    assert [line.strip("| ").split(" | ") for line in table.splitlines()[2:]] == [
        ["`spectrogram_images`", "accuracy", "47.6", "70.0"],
        ["`spectrogram_images`", "accuracy on the training part", "46.7", "85.0"],
        ["`two_channel`", "accuracy", "82.9", "70.0"],
        ["`two_channel`", "weighted F1", "83.0", "73.0"],
        ["`two_channel`", "recall of the worst class", "75.0", "40.0"],
        ["`mel_images`", "accuracy", "78.2", "-"],
        ["`mel_images`", "macro F1", "78.8", "-"],
        ["`oversampled_baseline`", "accuracy", "68.2", "70.0"],
        ["`oversampled_baseline`", "weighted precision", "70.2", "71.0"],
        ["`oversampled_baseline`", "weighted recall", "68.2", "72.0"],
        ["`vgg16_transfer`", "accuracy", "76.0", "-"],
        ["`vgg16_transfer`", "weighted precision", "76.7", "-"],
        ["`vgg16_transfer`", "weighted recall", "76.0", "-"],
        ["`trimmed_logmel`", "macro F1", "35.3", "65.0"],
        ["`trimmed_logmel`", "macro F1 of men", "34.8", "55.0"],
        ["`trimmed_logmel`", "macro F1 of women", "34.4", "75.0"],
    ]


def test_what_own_recordings_and_older_results_do_not_say_is_a_dash():
    own = summary("trimmed_logmel", "published", source="own recordings")
    own["per_sex"] = {"unknown": own["per_sex"]["male"]}
    old = summary("spectrogram_images", "published") | {"folds": [{}]}
    rows = [line.strip("| ").split(" | ") for line in sources_table([own, old]).splitlines()]
    assert ["`trimmed_logmel`", "macro F1 of men", "34.8", "-"] in rows
    assert ["`spectrogram_images`", "accuracy on the training part", "46.7", "-"] in rows


@pytest.mark.parametrize("table", [results_table, sources_table])
def test_two_results_of_one_kind_are_refused(table):
    with pytest.raises(ValueError, match="two results of minser under luna"):
        table([summary("minser", "luna"), summary("minser", "luna")])


def test_reading(tmp_path):
    with pytest.raises(FileNotFoundError, match="no results of a cross-validation"):
        read_summary(tmp_path)
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(summary("minser", "luna")))
    assert read_summary(tmp_path)["recipe"] == "minser"
    whole = summary("minser", "luna")
    score = {"mean": 0.5, "per_seed": [0.5], "interval": [0.4]}
    for spoiled in (
        *({key: value for key, value in whole.items() if key != name} for name in whole),
        *(whole | {name: 0.5} for name in whole if name != "minutes"),
        whole | {"minutes": "x"},
        whole | {"scores": whole["scores"] | {"macro_f1": score}},
        whole | {"folds": [{"train_accuracy": "x"}]},
    ):
        path.write_text(json.dumps(spoiled))
        with pytest.raises(ValueError, match=r"summary.json: not a whole summary"):
            read_summary(tmp_path)
