"""The protocols of cross-validation: how often a recipe is trained, and on which split each time.

Comes in: a recipe and the name of a protocol. Goes out: the recipes of all folds and seeds.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from minser.corpus.clip import Clip
from minser.corpus.folders import UNKNOWN_SPEAKER, Recording
from minser.corpus.splits import by_speaker
from minser.recipes import Recipe, pick

PUBLISHED, OWN = "published", "own"

_N_FOLDS = {"luna": len(by_speaker.LUNA), "emobox": len(by_speaker.EMOBOX), "loso": len(by_speaker.LOSO)}
"""Folds of the splits that have more than one."""


N_SEEDS = {"luna": 5, "loso": 1}
"""Seeds 0 to N - 1, which draw both split and training, where they are not 3."""


def _speech(split: str) -> dict[str, Any]:
    """Return the settings of a protocol on spoken clips."""
    return {"data.split": split, "data.speech": True, "data.song": False}


PROTOCOLS: dict[str, Mapping[str, Any]] = {
    PUBLISHED: {},  # the recipe's own split, whatever it leaks
    "random288": _speech("random288"),
    "random491": {**_speech("random491"), "data.song": True},
    "luna": _speech("luna"),
    "emobox": _speech("emobox"),
    "loso": _speech("loso"),
    OWN: {},  # other corpora: by speaker, or at random where nobody said who speaks
}
"""What each protocol sets in a recipe, by the fields' full names."""


def under_protocol(recipe: Recipe, protocol: str) -> Recipe:
    """Return a recipe with a protocol's split and clips.

    Raises
    ------
    ValueError
        If there is no such protocol, or nothing would be held out.
    """
    tested = recipe.replace(pick(PROTOCOLS, "the protocol", protocol))
    if tested.data.split == "all":
        raise ValueError(f"recipe {recipe.name} holds nothing out (data.split all): protocol {protocol} tests nothing")
    return tested


def check_asked(asked: Collection[str], protocol: str = PUBLISHED) -> None:
    """Raise ValueError where somebody asks for a setting that a cross-validation sets itself."""
    if name := next((name for name in ("data.fold", "training.seed") if name in asked), None):
        each = "chooses folds itself" if name == "data.fold" else "counts seeds from 0, --seeds says how many"
        raise ValueError(f"{name} has no effect, because crossval {each}: leave it out")
    if fixed := [name for name in PROTOCOLS[protocol] if name in asked]:
        raise ValueError(
            f"{fixed[0]} has no effect under protocol {protocol}, which sets it: leave it out, or take --protocol "
            f"{PUBLISHED}, the recipe's own"
        )


def protocol_for(clips: Sequence[Clip | Recording]) -> str:
    """Return the protocol that keeps the speakers of these clips apart: own recordings have their own, else luna."""
    return OWN if isinstance(clips[0], Recording) else "luna"


def check_clips(protocol: str, clips: Sequence[Clip | Recording]) -> None:
    """Raise ValueError where a protocol is not of these clips: most of them name RAVDESS's actors."""
    if not isinstance(clips[0], Recording):
        if protocol == OWN:
            raise ValueError(f"protocol {OWN} is of other corpora than RAVDESS, got its clip {clips[0].name}")
        return
    possible = [OWN] if clips[0].actor == UNKNOWN_SPEAKER else [OWN, "loso"]
    if protocol not in possible:
        raise ValueError(
            f"protocol {protocol} is of RAVDESS: this corpus can be tested by --protocol {' or '.join(possible)}"
        )


def count_folds(recipe: Recipe, clips: Sequence[Clip | Recording]) -> int:
    """Return how many folds the recipe's split has; of other corpora than RAVDESS up to five, or one a speaker."""
    if isinstance(clips[0], Recording):
        speakers = {clip.actor for clip in clips}
        most = len(speakers) if recipe.data.split == "loso" else 5
        return 1 if speakers == {UNKNOWN_SPEAKER} else min(most, len(speakers))
    return _N_FOLDS.get(recipe.data.split, 1)


def recipe_per_fold(recipe: Recipe, *, n_folds: int, n_seeds: int) -> list[Recipe]:
    """Return the recipe of each seed and fold, all folds of a seed before the next seed.

    Raises
    ------
    ValueError
        If `n_seeds` is below 1.
    """
    if n_seeds < 1:
        raise ValueError(f"seeds must be 1 or more, got {n_seeds}")
    return [
        recipe.replace({"data.fold": fold, "training.seed": seed}) for seed in range(n_seeds) for fold in range(n_folds)
    ]
