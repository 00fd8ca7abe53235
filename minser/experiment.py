"""From a recipe to an experiment: the corpus, its features and split, the batches, the network, and its scores.

Comes in: a `Recipe` and the folder of a corpus. Goes out: everything that training needs, and the report at
its end. Holds the one table of names that a recipe may use. Called by the commands that train and test; what
stands on disk is ``run_folder``'s.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser import audio, config, nn
from minser.augment import freq_mask, time_mask
from minser.config import Recipe
from minser.corpus import batches, cache, ravdess, splits, toy
from minser.corpus.clip import EMOTIONS, Clip
from minser.evaluation import report
from minser.evaluation.predictions import Predictions
from minser.features import extract
from minser.models import cnn
from minser.training.trainer import Trainer, predict_logits

Groups = Sequence[str]

POOLINGS: dict[str, Callable[[], nn.Layer]] = {"average": nn.GlobalAveragePool, "mean_max": nn.MeanMaxPool}
FEATURES = {"log_mel": extract.network_input}
SPLITS: dict[str, Callable[[list[Clip], Recipe, Groups], splits.Split]] = {
    "luna": lambda clips, recipe, _: splits.luna(clips, recipe.data.fold),
    "emobox": lambda clips, recipe, _: splits.emobox(clips, recipe.data.fold),
    "loso": lambda clips, recipe, _: splits.loso(clips, recipe.data.fold),
    "random288": lambda clips, recipe, groups: splits.eighty_twenty(clips, seed=recipe.training.seed, groups=groups),
    "random491": lambda clips, recipe, groups: splits.eighty_twenty(clips, seed=recipe.training.seed, groups=groups),
    "random_80_10_10": lambda clips, recipe, groups: splits.eighty_ten_ten(
        clips, seed=recipe.training.seed, groups=groups
    ),
}


@dataclass(frozen=True, eq=False)
class Dataset:
    """A corpus as a recipe sees it.

    Attributes
    ----------
    root : Path
        Where its files lie.
    clips : list of Clip
        All clips, in a fixed order that everything below counts in.
    labels : ndarray of int, shape (n_clips,)
        Class numbers.
    features : Cache
        For each clip (n_bins, n_frames), its own number of frames.
    split : Split
        Which clips train, validate and test.
    """

    root: Path
    clips: list[Clip]
    labels: NDArray[np.intp]
    features: cache.Cache
    split: splits.Split


def find_ravdess(data: str | None) -> Path | None:
    """Return the folder of RAVDESS: `data`, else ``MINSER_DATA``, else ``./data`` if it is there, else None."""
    named = data or os.environ.get("MINSER_DATA")
    if named:
        return Path(named)
    local = Path("data")
    return local if local.is_dir() and ravdess.scan(local)[0] else None


def find_corpus(recipe: Recipe, data: str | None) -> Path:
    """Return the folder of the recipe's corpus; the embedded one is made if it is not there yet.

    Raises
    ------
    FileNotFoundError
        If the recipe wants RAVDESS and it is nowhere.
    """
    if recipe.data.corpus not in ("ravdess", "toy"):
        raise ValueError(f"data.corpus must be ravdess or toy, got {recipe.data.corpus!r}")
    if recipe.data.corpus == "toy" and data is None:
        return toy.make_corpus(cache.default_root().parent / f"toy-{toy.VERSION}")
    root = find_ravdess(data)
    if root is None:
        raise FileNotFoundError(
            f"recipe {recipe.name} wants RAVDESS, which is neither in MINSER_DATA nor in ./data; "
            "data/README.md says where to get it, and --recipe toy needs no download"
        )
    return root


def load_dataset(recipe: Recipe, root: Path) -> Dataset:
    """Return clips, features (from the cache, else computed) and split.

    Raises
    ------
    OSError, ValueError
        If files are missing or damaged, or the recipe's names are unknown.
    """
    settings = recipe.features
    compute = _named(FEATURES, "features.kind", settings.kind)
    make_split = _named(SPLITS, "data.split", recipe.data.split)
    clips = ravdess.find_clips(root, speech=recipe.data.speech, song=recipe.data.song)
    key = dataclasses.asdict(settings) | {"code": _source_hash("audio", "features")}
    for name in ("n_frames", "random_crop"):  # what happens to a feature after the cache
        del key[name]
    features = cache.open_or_build(
        cache.default_root() / settings.kind,
        key=key,
        items=[clip.path for clip in clips],
        compute=lambda path: compute(audio.load(path, sr=settings.sr)[0], settings),
        progress="features",
    )
    split = make_split(clips, recipe, features.digests)
    if recipe.data.split in ("random288", "random491") and split.name != recipe.data.split:
        raise ValueError(f"data.split {recipe.data.split} is of another corpus: here it would be {split.name}")
    return Dataset(root, clips, np.array([clip.label for clip in clips]), features, split)


def training_batches(recipe: Recipe, dataset: Dataset, epoch: int) -> Iterator[batches.Batch]:
    """Yield an epoch's training batches, cropped and augmented at random."""
    settings, augment = recipe.features, recipe.augment

    def transform(feature: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
        feature = batches.fit_frames(
            feature,
            n_frames=settings.n_frames,
            align=rng.random() if settings.random_crop else 0.0,
            fill=feature.min(),
        )
        feature = time_mask(feature, max_width_frames=augment.time_mask_frames, n_masks=augment.time_masks, rng=rng)
        return freq_mask(feature, max_width_bins=augment.freq_mask_bins, n_masks=augment.freq_masks, rng=rng)

    return batches.training_batches(
        dataset.features,
        dataset.labels,
        dataset.split.train,
        batch_size=recipe.training.batch_size,
        seed=recipe.training.seed,
        epoch=epoch,
        transform=transform,
    )


def evaluation_batches(recipe: Recipe, dataset: Dataset, indices: NDArray[np.intp]) -> Iterator[batches.Batch]:
    """Yield some clips in their order, nothing drawn."""
    return batches.evaluation_batches(
        dataset.features,
        dataset.labels,
        indices,
        batch_size=recipe.training.batch_size,
        transform=lambda feature: fit(feature, recipe.features),
    )


def fit(feature: NDArray[Any], settings: config.Features) -> NDArray[Any]:
    """Return a feature with as many frames as the network takes: its middle, or its start if training saw that."""
    align = 0.5 if settings.random_crop else 0.0
    return batches.fit_frames(feature, n_frames=settings.n_frames, align=align, fill=feature.min())


def build_model(recipe: Recipe) -> nn.Sequential:
    """Return the recipe's network with weights drawn from its seed."""
    settings = recipe.model
    return cnn.build(
        in_channels=1,
        n_classes=len(EMOTIONS),
        channels=settings.channels,
        kernel_size=settings.kernel_size,
        pool_size=(settings.pool_bins, settings.pool_frames),
        block_dropout=settings.block_dropout,
        pooling=_named(POOLINGS, "model.pooling", settings.pooling)(),
        hidden=settings.hidden,
        head_dropout=settings.head_dropout,
        rng=np.random.default_rng([recipe.training.seed, 0, 0, 3]),  # the last word keeps it apart from samples'
    )


def build_trainer(recipe: Recipe, dataset: Dataset) -> Trainer:
    """Return a trainer of a new model, its classes weighted if the recipe says so."""
    weight = None
    if recipe.training.class_weights:  # n / (n_classes * count): scikit-learn's "balanced"
        counts = np.bincount(dataset.labels[dataset.split.train], minlength=len(EMOTIONS))
        weight = (counts.sum() / (len(EMOTIONS) * np.maximum(counts, 1))).tolist()
    return Trainer(
        build_model(recipe),
        recipe.training,
        steps_per_epoch=batches.count_training_batches(len(dataset.split.train), batch_size=recipe.training.batch_size),
        class_weight=weight,
    )


def evaluate(recipe: Recipe, dataset: Dataset, model: nn.Layer) -> tuple[Predictions, dict[str, Any]]:
    """Return a network's predictions of the test part, and its scores; see `evaluation.report.evaluate`."""
    test = [dataset.clips[i] for i in dataset.split.test]
    logits, y_true = predict_logits(model, evaluation_batches(recipe, dataset, dataset.split.test))
    probs = np.exp(nn.log_softmax(logits))
    table = Predictions(
        files=tuple(clip.name for clip in test),
        actors=np.array([clip.actor for clip in test]),
        y_true=y_true.astype(np.int64),
        y_pred=probs.argmax(axis=1),
        probs=probs.astype(np.float32),
        names=EMOTIONS,
    )
    scores = report.evaluate(
        table.y_true,
        table.y_pred,
        table.probs,
        actors=table.actors,
        sexes=[clip.sex for clip in test],
        intensities=[clip.intensity_name for clip in test],
        channels=[clip.channel_name for clip in test],
        names=EMOTIONS,
        rng=np.random.default_rng(0),
    )
    return table, scores


def corpus_hash(dataset: Dataset) -> str:
    """Return a hash of the clips' names and contents as this recipe's features see them."""
    names = [[clip.name, digest] for clip, digest in zip(dataset.clips, dataset.features.digests, strict=True)]
    return hashlib.blake2b(json.dumps(names).encode(), digest_size=16).hexdigest()


def describe_protocol(recipe: Recipe, split: splits.Split, epoch: int) -> str:
    """Return one line: recipe, split with what its parts share, seed, and how the epoch was chosen."""
    chosen = {"last": "the last", "val_loss": "least validation loss", "val_uar": "highest validation UAR"}
    return (
        f"{recipe.name} on {split.describe()}; seed {recipe.training.seed}; "
        f"epoch {epoch} of {recipe.training.epochs} ({chosen[recipe.training.select]})"
    )


def _named(table: dict[str, Any], field: str, name: str) -> Any:
    """Return what a name in a recipe stands for."""
    if name not in table:
        raise ValueError(f"{field} must be one of {', '.join(table)}, got {name!r}")
    return table[name]


def _source_hash(*packages: str) -> str:
    """Return a hash of the code that features come from: another version's cache is never read."""
    files = sorted(file for name in packages for file in Path(__file__).with_name(name).glob("*.py"))
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()
