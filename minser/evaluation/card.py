"""The model card: what a reader has to know before trusting a trained network (Mitchell et al. 2019).

Comes in: recipe, scores, and the line that describes the protocol. Goes out: Markdown. Called by
``run_folder``.
"""

from collections.abc import Mapping
from typing import Any

from minser.config import Recipe

_DATA = {
    "RAVDESS": "Livingstone & Russo 2018, licence CC BY-NC-SA 4.0: not for commercial use. Acted emotion, two "
    "sentences, North American voices, a quiet studio.",
    "synthetic voices": "minser's embedded corpus. What it learned says nothing about people.",
}


def text(recipe: Recipe, scores: Mapping[str, Any], protocol: str, source: str) -> str:
    """Return the card of a network.

    Parameters
    ----------
    recipe : Recipe
        What it was trained by.
    scores : mapping
        From `report.evaluate`.
    protocol : str
        Which clips it was tested on, what they share with the training clips, how its epoch was chosen.
    source : str
        Corpus that it was trained on: RAVDESS, synthetic voices or own recordings.
    """
    return f"""# Model card: {recipe.name}

Recognises one of these emotions in a clip of one voice: {", ".join(scores["classes"])}.

## Network and input

{_input(recipe)}, into blocks of {", ".join(map(str, recipe.model.channels))} filters.
Everything else stands in `config.toml`.

## Data

{source}: {_DATA.get(source, "whoever trained it knows them.")}

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
Not for decisions about people.
"""


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


def _rows(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a table's rows of scores with their intervals, in per cent."""
    return "\n".join(
        f"| {name} | {100 * score['value']:.1f} % | {_interval(score['interval'])} |" for name, score in scores.items()
    )


def _interval(interval: tuple[float, float] | None) -> str:
    """Return an interval in per cent."""
    return "none: one actor" if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"


def _recalls(per_class: Mapping[str, Mapping[str, float]]) -> str:
    """Return a table's rows of recalls."""
    return "\n".join(
        f"| {name} | {100 * score['recall']:.1f} % | {score['support']:.0f} |" for name, score in per_class.items()
    )
