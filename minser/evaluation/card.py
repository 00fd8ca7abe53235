"""The model card: what a reader has to know before trusting a trained network (Mitchell et al. 2019).

Comes in: recipe and scores; of one run with the line that describes its protocol (`text`), or of a network that is made
to be used, whose scores are those of its recipe's cross-validation (`shipped`). Goes out: Markdown.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.evaluation.calibration import Calibration
from minser.evaluation.intervals import in_percent
from minser.recipes import Recipe

_DATA = {
    "RAVDESS": "Livingstone & Russo 2018 (PLoS ONE 13(5): e0196391), licence CC BY-NC-SA 4.0: not for commercial use. "
    "Acted emotion, two sentences, North American voices, a quiet studio.",
    "synthetic voices": "minser's embedded corpus. What it learned says nothing about people.",
}

_LIMITS = "Not for decisions about people, such as in hiring, teaching, medicine or policing."


def text(recipe: Recipe, scores: Mapping[str, Any], protocol: str, source: str) -> str:
    """Return the card of a network.

    Parameters
    ----------
    recipe : Recipe
        What it was trained by.
    scores : mapping
        From `report.score_predictions`.
    protocol : str
        Which clips it was tested on, what they share with the training clips, how its epoch was chosen.
    source : str
        Corpus that it was trained on: RAVDESS, synthetic voices or own recordings.
    """
    return f"""# Model card: {recipe.name}

Recognises one of these emotions in a clip of one voice: {", ".join(scores["classes"])}.

{_origin(recipe, source)}

## Scores

{protocol}.

| score | value | 95 % interval over actors |
|---|---|---|
{_rows({name: scores[name] for name in ("accuracy", "uar", "macro_f1", "weighted_f1")})}

| sex | UAR | 95 % interval over actors |
|---|---|---|
{_rows({sex: group["uar"] for sex, group in scores["per_sex"].items()})}

| emotion | recall | clips |
|---|---|---|
{_recalls(scores["per_class"])}

## Limits

It hears how something is said, as the speakers of its corpus say it; it does not know what anyone feels.
{_LIMITS}
"""


def shipped(recipe: Recipe, summary: Mapping[str, Any], calibration: Calibration) -> str:
    """Return the card of a network that was trained on all clips by a recipe whose cross-validation is known.

    Parameters
    ----------
    recipe : Recipe
        What it was trained by.
    summary : mapping
        The cross-validation's ``summary.json``.
    calibration : Calibration
        Of its out-of-fold predictions.
    """
    names, source, n_seeds = ", ".join(summary["per_class"]), summary["source"], len(summary["seeds"])
    n_clips, n_actors = (sum(sex[what] for sex in summary["per_sex"].values()) for what in ("n", "actors"))
    return f"""# Model card: {recipe.name}

Names the likeliest of these emotions in a recording of one voice, with a probability for each: {names}.

## Intended use

To teach and to experiment: what such a network hears, how sure it is, where it errs. {_LIMITS}

    python -m minser.predict --run . voice.wav          # in the folder of this card

{_origin(recipe, source, f": {summary['parameters']:,} parameters")}
Trained on all {_channels(recipe)} of its {n_actors} speakers ({_counts(summary["per_sex"])}).{_terms(source)}

## Protocol

The recipe was fixed first, and tested by cross-validation: {summary["heading"]}.
Then this network was trained by it on all clips, with seed {recipe.training.seed}, for {recipe.training.epochs} epochs.
Nothing was held out from it: the scores below are those of the networks of the cross-validation, on
{n_clips // n_seeds} clips of {n_actors} speakers. A clip was tested by networks that had not been trained on it.

{_scores(summary)}

{_calibration(calibration)}

## Limits

It hears how something is said, as the speakers of its corpus say it; it does not know what anyone feels.
Other languages, ages, microphones and rooms, and emotion that is not acted, were not tested. It answers with one of its
emotions even where none fits.

## How to make it again

In the folder of this card, the corpus in `MINSER_DATA`:

    python -m minser.crossval --recipe config.toml --protocol {summary["protocol"]} --seeds {n_seeds} --out results
    python -m minser.train --recipe config.toml --run all
    python -m minser.export --run all --ship results {recipe.name}
"""


def _origin(recipe: Recipe, source: str, size: str = "") -> str:
    """Return the sections on network, input and data."""
    return f"""## Network and input

{_input(recipe)}, into {_network(recipe)}{size}.
Everything else stands in `config.toml`.

## Data

{source}: {_DATA.get(source, "whoever trained it knows them.")}"""


def _scores(summary: Mapping[str, Any]) -> str:
    """Return the section on the scores of a cross-validation."""
    confusion, scores, seeds = np.array(summary["confusion"]), summary["scores"], summary["seeds"]
    level, draws = 100 * summary["interval"]["level"], summary["interval"]["draws"]
    return f"""## Scores

Averaged over these seeds: {", ".join(map(str, seeds))}. Intervals: percentile bootstrap over actors, {draws} draws.
UAR is the mean recall; guessing gives {100 / np.count_nonzero(confusion.sum(axis=1)):.1f} %.

| score | value | {level:.0f} % interval over actors |
|---|---|---|
{_rows({n: {**scores[n], "value": scores[n]["mean"]} for n in ("accuracy", "uar", "macro_f1", "weighted_f1")})}

| sex | UAR | {level:.0f} % interval over actors | actors |
|---|---|---|---|
{_sexes(summary["per_sex"])}

| emotion | recall | precision | clips of a seed |
|---|---|---|---|
{_classes(summary["per_class"], len(seeds))}

Its most frequent errors:

{_confusions(confusion, list(summary["per_class"]))}"""


def _calibration(calibration: Calibration) -> str:
    """Return the section on what the temperature changes."""
    return f"""## Calibration

The logits are divided by a temperature of {calibration.temperature:.4f} (Guo et al. 2017), fitted on the out-of-fold
predictions. What it changes on folds that it was not fitted on:

| | before | after |
|---|---|---|
| expected calibration error, 15 bins | {_change(calibration.error, 100, 1, " %")} |
| log loss, nats | {_change(calibration.log_loss, 1, 3, "")} |

This network was trained on more clips than those of the folds; its own calibration cannot be measured."""


def _input(recipe: Recipe) -> str:
    """Return what the network sees, in words."""
    settings = recipe.features
    if settings.channels == ("image",):
        return f"Pictures of {settings.image_size} x {settings.image_size}"
    stride_ms = 1000 * settings.hop_length / settings.sr
    return (
        f"{', '.join(settings.channels)} ({settings.n_mels} mel bands) at {settings.sr} Hz, "
        f"{settings.n_frames} frames of {stride_ms:.1f} ms"
    )


def _network(recipe: Recipe) -> str:
    """Return what stands between input and answer, in words."""
    settings = recipe.model
    filters = ", ".join(map(str, settings.channels))
    blocks = "the thirteen convolutions of VGG16" if settings.network == "vgg16" else f"blocks of {filters} filters"
    if not settings.hidden:
        return blocks
    return f"{blocks} and {settings.hidden_layers} dense layer{'s' * (settings.hidden_layers > 1)} of {settings.hidden}"


def _rows(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table's rows of scores with their intervals, in per cent."""
    return "\n".join(
        f"| {name} | {in_percent(score['value'])} % | {_interval(score['interval'])} |"
        for name, score in scores.items()
    )


def _interval(interval: Sequence[float] | None) -> str:
    """Return an interval in per cent."""
    return "none: one actor" if interval is None else f"{' to '.join(map(in_percent, interval))} %"


def _terms(source: str) -> str:
    """Return what the corpus's licence means for the weights."""
    if source != "RAVDESS":
        return ""
    return "\nThe weights, made from it, are for non-commercial use too, under the same licence; the code is MIT."


def _channels(recipe: Recipe) -> str:
    """Return which clips train, in words."""
    settings = recipe.data
    kinds = {"spoken": settings.speech, "sung": settings.song}
    return f"{' and '.join(kind for kind, is_there in kinds.items() if is_there)} clips"


def _counts(per_sex: Mapping[str, Mapping[str, Any]]) -> str:
    """Return how many speakers of each sex there are."""
    return ", ".join(f"{group['actors']} {sex}" for sex, group in per_sex.items())


def _sexes(per_sex: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table's rows of sexes."""
    rows = zip(_rows({sex: group["uar"] for sex, group in per_sex.items()}).splitlines(), per_sex.values(), strict=True)
    return "\n".join(f"{row} {group['actors']} |" for row, group in rows)


def _classes(per_class: Mapping[str, Mapping[str, float]], n_seeds: int) -> str:
    """Return a table's rows of recall and precision."""
    return "\n".join(
        f"| {name} | {in_percent(score['recall'])} % | {in_percent(score['precision'])} % "
        f"| {score['support'] / n_seeds:.0f} |"
        for name, score in per_class.items()
    )


def _confusions(confusion: NDArray[np.int64], names: Sequence[str]) -> str:
    """Return the five largest shares of a class's clips that were taken for another class, a line each."""
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)  # (true, predicted)
    np.fill_diagonal(shares, 0)
    largest = np.argsort(-shares, axis=None, kind="stable")[:5]
    pairs = [divmod(int(place), len(names)) for place in largest]
    return "\n".join(
        f"- {names[true]} is taken for {names[pred]}: {in_percent(shares[true, pred])} % of its clips"
        for true, pred in pairs
        if shares[true, pred] > 0
    )


def _change(pair: tuple[float, float], scale: float, digits: int, unit: str) -> str:
    """Return two cells of a table."""
    return " | ".join(f"{scale * value:.{digits}f}{unit}" for value in pair)


def _recalls(per_class: Mapping[str, Mapping[str, float]]) -> str:
    """Return a table's rows of recalls."""
    return "\n".join(
        f"| {name} | {in_percent(score['recall'])} % | {score['support']:.0f} |" for name, score in per_class.items()
    )
