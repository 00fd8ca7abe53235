"""The model card: what a reader has to know before trusting a trained network (Mitchell et al. 2019).

Comes in: recipe and scores; of one run with the line that describes its protocol (`text`), or of a network that is made
to be used, whose scores are those of its recipe's cross-validation (`shipped`). Goes out: Markdown.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser.corpus.published import CORPORA
from minser.evaluation.calibration import N_BINS, Calibration
from minser.evaluation.intervals import in_percent
from minser.evaluation.table import markdown
from minser.recipes import Recipe
from minser.system.words import counted

_DATA = {
    **{corpus.name: f"{corpus.citation}, licence {corpus.licence}. Acted emotion." for corpus in CORPORA},
    "RAVDESS": "Livingstone & Russo 2018 (PLoS ONE 13(5): e0196391), licence CC BY-NC-SA 4.0: not for commercial use. "
    "Acted emotion, two sentences, North American voices, a quiet studio.",
    "synthetic voices": "minser's embedded corpus. What it learned says nothing about people.",
}

_TERMS = {
    "RAVDESS": "\nThe weights, made from it, are for non-commercial use too, under the same licence; the code is MIT."
}
"""What a corpus's licence means for the weights."""

_UNKNOWN = """\
This network was trained on more clips than those of the folds; its own calibration cannot be measured.

## Limits

It hears how something is said, as the speakers of its corpus say it; it does not know what anyone feels.
Other languages, ages, microphones and rooms, and emotion that is not acted, were not tested. It answers with one of its
emotions even where none fits."""

_LIMITS = "Not for decisions about people, such as in hiring, teaching, medicine or policing."

_SHOWN = ("accuracy", "uar", "macro_f1", "weighted_f1")


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

{_tables({name: scores[name] for name in _SHOWN}, scores, 1)}

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
    actors = ", ".join(f"{group['actors']} {sex}" for sex, group in summary["per_sex"].items())
    tested, speakers = counted(n_clips // n_seeds, "clip"), counted(n_actors, "speaker")
    clips = " and ".join(["spoken"] * recipe.data.speech + ["sung"] * recipe.data.song)
    headlines = {name: {**summary["scores"][name], "value": summary["scores"][name]["mean"]} for name in _SHOWN}
    n_classes = np.count_nonzero(np.sum(summary["confusion"], axis=1))
    changes = [
        [f"expected calibration error, {N_BINS} bins", *(f"{in_percent(error)} %" for error in calibration.error)],
        ["log loss, nats", *(f"{loss:.3f}" for loss in calibration.log_loss)],
    ]
    return f"""# Model card: {recipe.name}

Names the likeliest of these emotions in a recording of one voice, with a probability for each: {names}.

## Intended use

To teach and to experiment: what such a network hears, how sure it is, where it errs. {_LIMITS}

    python -m minser.predict --run . voice.wav          # in the folder of this card

{_origin(recipe, source, f": {summary['parameters']:,} parameters")}
Trained on all {clips} clips of its {speakers} ({actors}).{_TERMS.get(source, "")}

## Protocol

The recipe was fixed first, and tested by cross-validation: {summary["heading"]}.
Then this network was trained by it on all clips, with seed {recipe.training.seed}, \
for {counted(recipe.training.epochs, "epoch")}.
Nothing was held out from it: the scores below are those of the networks of the cross-validation, on
{tested} of {speakers}. A clip was tested by networks that had not been trained on it.

## Scores

Averaged over these seeds: {", ".join(map(str, summary["seeds"]))}. Intervals: percentile bootstrap over speakers, \
{summary["interval"]["draws"]} draws.
UAR is the mean recall; guessing gives {in_percent(1 / n_classes)} %.

{_tables(headlines, summary, n_seeds)}

## Calibration

The logits are divided by a temperature of {calibration.temperature:.4f} (Guo et al. 2017), fitted on the out-of-fold
predictions. What it changes on folds that it was not fitted on:

{markdown(("", "before", "after"), changes)}
{_UNKNOWN}

## How to make it again

In the folder of this card, the corpus in `MINSER_DATA`:

    python -m minser.crossval --recipe config.toml --protocol {summary["protocol"]} --seeds {n_seeds} --out results
    python -m minser.train --recipe config.toml --run all
    python -m minser.export --run all --ship results {shlex.quote(recipe.name)}
"""


def _origin(recipe: Recipe, source: str, size: str = "") -> str:
    """Return the sections on network, input and data."""
    features, model = recipe.features, recipe.model
    seen = (
        f"Pictures of {features.image_size} x {features.image_size}"
        if features.channels == ("image",)
        else f"{', '.join(features.channels)} ({features.n_mels} mel bands) at {features.sr} Hz, "
        f"{features.n_frames} frames of {1000 * features.hop_length / features.sr:.1f} ms"
    )
    filters = ", ".join(map(str, model.channels))
    blocks = "the thirteen convolutions of VGG16" if model.network == "vgg16" else f"blocks of {filters} filters"
    dense = f" and {counted(model.hidden_layers, 'dense layer')} of {model.hidden}"
    return f"""## Network and input

{seen}, into {blocks}{dense if model.hidden else ""}{size}.
Everything else stands in `config.toml`.

## Data

{_data(source)}"""


def _data(source: str) -> str:
    """Return what is known of the corpus, or of each of several."""
    known = [name for name in source.split(", ") if name in _DATA] or [source]
    return "\n".join(f"{name}: {_DATA.get(name, 'whoever trained it knows them.')}" for name in known)


def _tables(headlines: Mapping[str, Mapping[str, Any]], details: Mapping[str, Any], n_seeds: int) -> str:
    """Return the tables of scores, sexes and emotions, and the most frequent errors."""
    interval = f"{100 * details['interval']['level']:.0f} % interval over speakers"

    def cells(score: Mapping[str, Any]) -> list[str]:
        ends = score["interval"]
        shown = "none: one speaker" if ends is None else f"{' to '.join(map(in_percent, ends))} %"
        return [f"{in_percent(score['value'])} %", shown]

    scores = ((name, *cells(score)) for name, score in headlines.items())
    sexes = ((sex, *cells(group["uar"]), str(group["actors"])) for sex, group in details["per_sex"].items())
    emotions = (
        (
            name,
            *(f"{in_percent(score[what])} %" for what in ("recall", "precision")),
            f"{score['support'] / n_seeds:.0f}",
        )
        for name, score in details["per_class"].items()
    )
    return "\n".join(
        [
            markdown(("score", "value", interval), scores),
            markdown(("sex", "UAR", interval, "speakers"), sexes),
            markdown(("emotion", "recall", "precision", "clips" + " of a seed" * (n_seeds > 1)), emotions),
            f"Its most frequent errors:\n\n{_confusions(np.array(details['confusion']), list(details['per_class']))}",
        ]
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
