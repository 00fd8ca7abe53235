"""A corpus as a recipe sees it: clips, features and split.

Comes in: a `Recipe` and the folder of a corpus. Goes out: a `Dataset`. Holds the names of splits that a recipe may use.
"""

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser import audio
from minser.augment import oversample
from minser.corpus import batches, cache, folders, images, listing, published, ravdess, toy
from minser.corpus.clip import EMOTIONS, SONG, SPEECH, Clip, parse_name
from minser.corpus.folders import Recording
from minser.corpus.spelling import composed
from minser.corpus.splits import at_random, by_speaker, leaks
from minser.corpus.splits.split import COPIES, Split, everything
from minser.features import extract, pieces
from minser.recipes import Features, Recipe, pick
from minser.system import cli

IMAGES = "spectrogram images"
"""Source of a corpus that is a folder of pictures."""

OWN = "own recordings"
"""Source of a corpus that is a folder of sound files for each label."""

NO_CORPUS = "no corpus is named by --data or MINSER_DATA or lies in ./data (data/README.md says how to get RAVDESS)"
"""What a command says that then works on the embedded corpus, or cannot work."""

OWN_SETTINGS = ("data.label_pattern", "data.speaker_pattern", "data.speakers_csv")
"""What a recipe says of own recordings alone."""

ACTORS_KNOWN = ("RAVDESS", "synthetic voices", IMAGES)
"""Sources whose speakers have RAVDESS's numbers; those of others are counted anew in each folder."""

Groups = Sequence[str]
Clips = Sequence[Clip | Recording]

Make = Callable[[Clips, Recipe, Groups], Split]


def _folded(make: Callable[[Clips, int], Split]) -> Make:
    """Return a way to split that takes its fold from the recipe."""
    return lambda clips, recipe, _: make(clips, recipe.data.fold)


def _drawn(make: Callable[..., Split]) -> Make:
    """Return a way to split that takes its seed from the recipe."""
    return lambda clips, recipe, groups: make(clips, seed=recipe.training.seed, groups=groups)


SPLITS: dict[str, Make] = {
    "luna": _folded(by_speaker.luna),
    "emobox": _folded(by_speaker.emobox),
    "loso": _folded(by_speaker.loso),
    "random288": _drawn(at_random.eighty_twenty),
    "random491": _drawn(at_random.eighty_twenty),
    "random_80_10_10": _drawn(at_random.eighty_ten_ten),
    "selected288": _drawn(at_random.selected),
    "selected491": _drawn(at_random.selected),
    "copied308": lambda clips, recipe, _: at_random.copied(
        clips, label=EMOTIONS.index("neutral"), seed=recipe.training.seed
    ),
    "all": lambda clips, recipe, _: _everything(clips, recipe),
}

OF_ANY_CORPUS = ("loso", "all")
"""Splits that any corpus can have; the others are RAVDESS's. A corpus without speakers cannot have loso."""

FOLDED = ("luna", "emobox", "loso")
"""Splits of RAVDESS that take the recipe's fold."""

COUNTED = ("random288", "random491", "selected288", "selected491", "copied308")
"""Splits whose name says how many clips of RAVDESS are the test."""


TABLE_COLUMNS = frozenset(
    [*("file", "actor", "fold", "seed", "y_true", "y_pred"), *("emotion", "notes"), *("start_s", "end_s", "speech")]
)
"""Columns that stand beside the classes in the tables that minser writes: no class may have one of these names."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A corpus as a recipe sees it.

    Attributes
    ----------
    root : Path
        Where its files lie.
    source : str
        What it is: RAVDESS, synthetic voices, other published corpora by their names, spectrogram images or own
        recordings.
    names : tuple of str
        Names of the classes.
    clips : sequence of Clip or Recording
        All clips, in a fixed order that everything below counts in.
    labels : ndarray of int, shape (n_clips,)
        Class numbers.
    features : Cache
        For each clip (n_bins, n_frames) or (n_bins, n_frames, channels), its own number of frames; behind it those of
        a long clip's `pieces`.
    waveforms : Cache or None
        For each clip (n_samples,) at the recipe's sample rate, if the recipe changes waveforms in training.
    split : Split
        Which clips train, validate and test.
    train : ndarray of int
        Indices of the training clips, those of oversampled classes more than once.
    """

    root: Path
    source: str
    names: tuple[str, ...]
    clips: Clips
    labels: NDArray[np.intp]
    features: cache.Cache
    waveforms: cache.Cache | None
    split: Split
    train: NDArray[np.intp]

    def pieces(self, index: int, settings: Features) -> list[NDArray[np.floating]]:
        """Return what a network is asked about a clip: one input, or several of a long one (`features.pieces`)."""
        features = list(self.features.rest(index)) or [self.features[index]]
        return [batches.fit(feature, settings) for feature in features]

    def untrained(self) -> str:
        """Return a line that names the classes without a training clip; nothing where every class has one."""
        missing = [name for number, name in enumerate(self.names) if number not in self.labels[self.train]]
        if not missing:
            return ""
        return f"no training clip of {', '.join(missing)}: not learned, and left out of the loss"


def find_ravdess(data: str | None) -> Path | None:
    """Return the folder of RAVDESS: `data`, else ``MINSER_DATA``, else ``./data`` if it is there, else None."""
    named = data or os.environ.get("MINSER_DATA")
    if named:
        return Path(named)
    local = Path("data")
    return local if local.is_dir() and ravdess.scan(local)[0] else None


def find_corpus(recipe: Recipe, data: str | None, *, was: str = "") -> Path:
    """Return the folder of the recipe's corpus; the embedded one is made if it is not there yet.

    Raises
    ------
    FileNotFoundError
        If nothing says where the corpus is; the message names where it `was`, if that is known.
    """
    if recipe.data.corpus == "toy" and data is None:
        return toy.make_corpus(cache.default_root().parent / f"toy-{toy.VERSION}")
    root = find_ravdess(data)
    if root is None:
        if was:
            raise FileNotFoundError(f"{was}: the corpus of the run is no longer there; name its folder by --data")
        raise FileNotFoundError(f"{NO_CORPUS}; --recipe toy needs none")
    return root


def adapted(recipe: Recipe, root: Path) -> Recipe:
    """Return the recipe as the corpus needs it: a folder of images replaces the recipe's features by its images.

    A picture that lies beside sounds replaces nothing: `list_clips` passes it over. A table of speakers is named from
    the corpus on if it lies in it, so that the recipe stays true from any folder and where the corpus is moved.
    """
    if recipe.data.speakers_csv:
        recipe = recipe.replace({"data.speakers_csv": folders.name_table(recipe.data.speakers_csv, root)})
    files = [] if ravdess.scan(root)[0] or listing.holds_sound(root) else images.image_files(root)
    if not files or recipe.features.channels == (extract.IMAGE,):
        return recipe
    shape = images.read_feature(files[0]).shape
    return recipe.replace(
        {
            "features.channels": [extract.IMAGE],
            "features.image_size": shape[0],
            "features.n_frames": shape[1],
            "features.trim_top_db": 0.0,
            "features.colour_map": "viridis" if len(shape) == 3 else "",
        }
    )


def load_dataset(recipe: Recipe, root: Path) -> Dataset:
    """Return clips, features (from the cache, else computed) and split.

    Raises
    ------
    OSError, ValueError
        If files are missing or damaged, or the recipe's names are unknown.
    """
    settings, own = recipe.features, recipe.settings()
    source, clips, names = list_clips(recipe, root)
    for name in recipe.augment.classes:
        class_number(names, "augment.classes", name)

    def load(path: Path) -> NDArray[np.float32]:
        return audio.load(path, sr=settings.sr)[0]

    def cached(name: str, key: dict[str, Any], compute: cache.Compute) -> cache.Cache:
        key |= {"code": source_hash("audio", "features", "kernels")}
        paths = [clip.path for clip in clips]
        try:
            return cache.open_or_build(
                cache.default_root() / name, key=key, items=paths, compute=compute, progress=f"reading {name}"
            )
        except ValueError as error:
            read_as = [part for name in OWN_SETTINGS if (value := own[name]) for part in ("--set", f"{name}={value}")]
            finds = cli.command("data", "check", root, *read_as)
            raise ValueError(f"{error}; this finds all such files: {finds}") from error

    if source == IMAGES:
        features = cached("images", {}, images.read_feature)
        images.common_shape(clips, features)
    else:
        key = dataclasses.asdict(settings)
        for name in ("n_frames", "random_crop"):  # what happens to a feature after the cache
            del key[name]
        features = cached("features", key, lambda path: pieces.hear(path, settings))
    waveforms = None
    if recipe.augment.changes_waveforms:
        if source == IMAGES:
            raise ValueError(f"recipe {recipe.name} changes waveforms, and {root} holds images")
        waveforms = cached("waveforms", {"sr": settings.sr}, load)
    labels = np.array([clip.label for clip in clips])
    split = make_split(recipe, clips, features.digests)
    train = _oversampled(recipe, names, labels, split)
    if split.holds_out:
        leaks.check_split(split, train=train, clips=clips, digests=features.digests)
    return Dataset(root, source, names, clips, labels, features, waveforms, split, train)


def _oversampled(recipe: Recipe, names: tuple[str, ...], labels: NDArray[np.intp], split: Split) -> NDArray[np.intp]:
    """Return the training clips with copies of those classes that the recipe wants filled up."""
    if COPIES in split.shares:
        return split.train  # filled up already, before the split
    classes = [class_number(names, "augment.oversample", name) for name in recipe.augment.oversample]
    rng = np.random.default_rng([recipe.training.seed, 0, 0, 4])  # the last word keeps it apart from samples'
    return oversample(labels, split.train, classes=classes, rng=rng)


def class_number(names: tuple[str, ...], field: str, name: str) -> int:
    """Return the number of a class that a recipe names in `field`.

    Raises
    ------
    ValueError
        If there is no such class.
    """
    return int(pick({name: number for number, name in enumerate(names)}, field, composed(name)))


def list_clips(recipe: Recipe, root: Path) -> tuple[str, Clips, tuple[str, ...]]:
    """Return what a folder holds, in words, its clips, and the names of its classes.

    Raises
    ------
    FileNotFoundError, ValueError
        If it holds none of them, or in disorder, a label is one of `TABLE_COLUMNS`, the recipe says of own recordings
        what another corpus says by itself, or the names of a published corpus tell one emotion only.
    """
    if ravdess.scan(root)[0]:
        source = "synthetic voices" if toy.is_corpus(root) else "RAVDESS"
        _refuse_own_settings(recipe, root, source)
        return source, ravdess.find_clips(root, speech=recipe.data.speech, song=recipe.data.song), EMOTIONS
    if told := _list_published(recipe, root):
        return told
    if images.image_files(root) and not listing.holds_sound(root):
        _refuse_own_settings(recipe, root, IMAGES)
        chosen = {SPEECH: recipe.data.speech, SONG: recipe.data.song}
        return IMAGES, [clip for clip in images.find_images(root) if chosen[clip.channel]], EMOTIONS
    if not recipe.data.label_pattern:
        published.check_folders(root)
    recordings, names = folders.find_recordings(
        root, **{name.removeprefix("data."): recipe.settings()[name] for name in OWN_SETTINGS}
    )
    if taken := sorted(TABLE_COLUMNS & set(names)):
        raise ValueError(f"{root}: label {taken[0]!r} is the name of a column in minser's tables; rename its folder")
    return OWN, recordings, names


def _list_published(recipe: Recipe, root: Path) -> tuple[str, Clips, tuple[str, ...]] | None:
    """Return what `list_clips` does if the files of a folder bear the names of published corpora, else None."""
    clips, names = published.find_clips(root, speech=recipe.data.speech, song=recipe.data.song)
    if not clips:
        return None
    source = published.sources(clips)
    _refuse_own_settings(recipe, root, source)
    if source == "RAVDESS":  # deeper below the folder than `ravdess.scan` looks
        deep = (parse_name(clip.path) for clip in clips)
        return source, sorted(deep, key=lambda clip: (clip.channel, clip.actor, clip.name)), EMOTIONS
    if len(names) < 2:
        raise ValueError(f"{root}: expected two emotions or more, found only {names[0]}: name the folder around it")
    return source, clips, names


def _refuse_own_settings(recipe: Recipe, root: Path, source: str) -> None:
    """Raise ValueError if a recipe says of own recordings what another corpus says by itself."""
    if given := [name for name in OWN_SETTINGS if recipe.settings()[name]]:
        raise ValueError(f"{given[0]} is for own recordings, and {root} holds {source}: leave it out")


def holds_own(root: Path) -> bool:
    """Return whether the sounds below a folder are own recordings: those whose names no published corpus has."""
    if ravdess.scan(root)[0] or not listing.holds_sound(root):
        return False
    return not published.find_clips(root, song=True)[0]


def list_all(root: Path, settings: Mapping[str, Any]) -> tuple[str, Clips, tuple[str, ...]]:
    """Return what a folder holds, as `list_clips`: speech and song both; of own recordings by these settings.

    Raises
    ------
    FileNotFoundError, ValueError
        As `list_clips`, and if a setting is not one of own recordings.
    """
    if unknown := [name for name in settings if name not in OWN_SETTINGS]:
        raise ValueError(f"settings: expected one of {', '.join(OWN_SETTINGS)}, got {unknown[0]}")
    channels = {clip.channel for clip in ravdess.scan(root)[0]} or {SPEECH, SONG}
    recipe = Recipe("all").replace({"data.speech": SPEECH in channels, "data.song": SONG in channels, **settings})
    return list_clips(recipe, root)


def make_split(recipe: Recipe, clips: Clips, groups: Groups) -> Split:
    """Return the recipe's split; of another corpus than RAVDESS one of `OF_ANY_CORPUS`, or else by speaker.

    Where nobody said who speaks, it is at random.

    Raises
    ------
    ValueError
        If the recipe's split is another corpus's, or it leaves one speaker out and nobody said who speaks.
    """
    make = SPLITS[recipe.data.split]
    if isinstance(clips[0], Recording):
        if recipe.data.split == "all":
            return make(clips, recipe, groups)
        if any(clip.actor != folders.UNKNOWN_SPEAKER for clip in clips):
            by = by_speaker.one_speaker_out if recipe.data.split == "loso" else by_speaker.own_speakers
            return by(clips, recipe.data.fold, seed=recipe.training.seed, groups=groups)
        if recipe.data.split == "loso":
            raise ValueError("data.split loso: nobody said who speaks; data.speaker_pattern or data.speakers_csv does")
        drawn = at_random.eighty_ten_ten(clips, seed=recipe.training.seed, groups=groups)
        return dataclasses.replace(drawn, shares="speakers, because nobody said who speaks")
    split = make(clips, recipe, groups)
    if recipe.data.split in COUNTED and split.name != recipe.data.split:
        raise ValueError(f"data.split {recipe.data.split} is of another corpus: here it would be {split.name}")
    return split


def check_effect(asked: Collection[str], recipe: Recipe, source: str, clips: Clips, data: str | None) -> None:
    """Refuse a setting that somebody asks for and that has no effect on a corpus; that of a recipe gives way.

    Parameters
    ----------
    asked : collection of str
        Full names of the settings that the command line changes.
    recipe : Recipe
        With their values, not yet `adapted`.
    source, clips : str, sequence of Clip or Recording
        The corpus, from `list_clips`.
    data : str or None
        The folder that the command line names, if it names one.

    Raises
    ------
    ValueError
        If there is such a setting; the message says what to do.
    """
    split, is_other = recipe.data.split, isinstance(clips[0], Recording)
    knows_speakers = any(clip.actor != folders.UNKNOWN_SPEAKER for clip in clips)
    if "data.split" in asked and is_other and split not in OF_ANY_CORPUS:
        raise ValueError(
            f"data.split {split} is of RAVDESS: this corpus can have {' or '.join(OF_ANY_CORPUS)}, and without a word "
            "speakers are kept apart in up to five folds"
        )
    has_folds = (split != "all" and knows_speakers) if is_other else split in FOLDED
    if "data.fold" in asked and not has_folds:
        why = "nobody said who speaks" if is_other and split != "all" else f"data.split {split} has no folds"
        raise ValueError(f"data.fold {recipe.data.fold} has no effect, because {why}: leave it out")
    of_source = {"data.speech", "data.song"} if is_other and "RAVDESS" not in source.split(", ") else set()
    if source == IMAGES:
        kept = {"features.n_frames", "features.random_crop"} if recipe.features.channels == (extract.IMAGE,) else set()
        of_source |= {name for name in asked if name.startswith("features.")} - kept
    if useless := sorted(of_source.intersection(asked)):
        raise ValueError(f"{useless[0]} has no effect on {source}: leave it out")
    if data and "data.corpus" in asked:
        raise ValueError(f"data.corpus has no effect beside --data {data}: leave one of them out")


def _everything(clips: Clips, recipe: Recipe) -> Split:
    """Return the split that holds nothing out, or refuse a recipe that listens to a validation part."""
    settings = recipe.training
    if settings.select != "last" or settings.schedule == "plateau":
        raise ValueError(
            "data.split all has no validation part: it needs training.select last and no plateau schedule, got "
            f"{settings.select} and {settings.schedule}"
        )
    return everything(clips)


def corpus_hash(dataset: Dataset) -> str:
    """Return a hash of the clips' names and contents as this recipe's features see them, and of own clips' speakers.

    Who speaks in a clip of RAVDESS, its name says.
    """
    told = [
        [clip.name, digest, *([clip.actor] if isinstance(clip, Recording) else [])]
        for clip, digest in zip(dataset.clips, dataset.features.digests, strict=True)
    ]
    return hashlib.blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()


def source_hash(*packages: str) -> str:
    """Return a hash of the code and tables in some packages: what another version of them computed is never read."""
    folders = [Path(__file__).parents[1] / name for name in packages]
    if missing := [folder.name for folder in folders if not folder.is_dir()]:
        raise ValueError(f"packages: expected folders of minser, got {', '.join(missing)}")
    files = sorted(file for folder in folders for ending in ("py", "csv") for file in folder.glob(f"*.{ending}"))
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()
