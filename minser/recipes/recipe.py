"""A recipe: everything that decides a result, as frozen dataclasses, read from and written to TOML.

Comes in: the name of a shipped recipe (``minser/recipes/NAME.toml``) or a TOML file, and changes from the
command line. Goes out: a `Recipe`. The commands take their flags and help from the fields here, the run
folder keeps the whole as ``config.toml``. A field knows which values it may have and is checked when it is read.
What its words stand for is looked up in tables of higher stages; ``tests/recipes/test_choices.py`` holds these to
the choices here.
"""

import dataclasses
import difflib
import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import GenericAlias
from typing import Any, get_type_hints

RECIPE_FOLDER = Path(__file__).parent
_LONGEST = 500  # characters of a file that an error quotes
_FACTOR: dict[str, Any] = {"least": 0.1, "most": 10.0}  # the range of speeds and warping

REMOVED: dict[str, Any] = {
    "data.training_song": False,
    "features.fmin": 0.0,
    "features.n_mfcc": 13,
    "features.test_crops": 1,
    "features.test_warp": [],
    "augment.shift_s": [],
    "augment.mixup_alpha": 0.0,
    "augment.mixup_same_sex": False,
    "augment.widen": 1.0,
    "model.kernel_size": 3,
    "training.plateau_factor": 0.5,
    "training.average": 0.0,
}
"""Settings that are gone, each with the value that minser now always uses. Older runs and results still name them."""

_LAST_WITH_REMOVED = "417d2a9"  # the last commit that knew all of `REMOVED`


def _option(
    default: Any, text: str, *, least: float | None = None, most: float = math.inf, choices: Sequence[str] = ()
) -> Any:
    """Return a dataclass field with its help text, and the range or the choices of its value, or of a list's entries.

    Neither a range nor choices: any value of its type.
    """
    metadata = {"help": text, "least": least, "most": most, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def _words(value: str | tuple[str, ...]) -> list[str]:
    """Return the words that must be choices: a text, or of a list each part of each stack, without ``delta_``."""
    if isinstance(value, str):
        return [value]
    return [re.sub(r"^(delta_)+", "", part.strip()) for stack in value for part in stack.split("+")]


@dataclass(frozen=True)
class _Section:
    """Fields made by `_option`, which are checked wherever a section is made."""

    def __post_init__(self) -> None:
        """Raise ValueError, naming the field, unless each may have its value."""
        for field in dataclasses.fields(self):
            name, value = f"{type(self).__name__.lower()}.{field.name}", getattr(self, field.name)
            least, most, choices = (field.metadata[key] for key in ("least", "most", "choices"))
            entries = value if isinstance(value, tuple) else (value,)
            if choices and (unknown := [word for word in _words(value) if word not in choices]):
                known = ", ".join(choice or '""' for choice in choices)
                raise ValueError(f"{name} must be one of {known}, got {unknown[0]!r}")
            if least is not None and not all(least <= number <= most for number in entries):
                allowed = f"{least} or more" if most == math.inf else f"from {least} to {most}"
                raise ValueError(f"{name} must be {allowed}, got {value}")
            if any(isinstance(number, float) and not math.isfinite(number) for number in entries):
                raise ValueError(f"{name} must be finite, got {value}")
            if field.type == tuple[float, ...] and value and not (len(value) == 2 and value[0] <= value[1]):
                raise ValueError(f"{name} must be [low, high] or [], got {list(value)}")


@dataclass(frozen=True)
class Data(_Section):
    """Which clips, and which of them are tested on."""

    corpus: str = _option("ravdess", "toy: synthetic voices; ravdess: what --data names", choices=("ravdess", "toy"))
    speech: bool = _option(True, "take the spoken clips")
    song: bool = _option(False, "take the sung clips")
    split: str = _option(
        "luna",
        "how clips are divided: luna, emobox, loso, random288, random491, random_80_10_10; with leaks, as published "
        "systems did: selected288, selected491, copied308; or all: nothing is held out",
        choices=(
            *("luna", "emobox", "loso", "random288", "random491", "random_80_10_10"),
            *("selected288", "selected491", "copied308", "all"),
        ),
    )
    fold: int = _option(
        0,
        "which fold of luna (0-4), emobox (0-5), loso (one a speaker) or, of other corpora, own speakers (0-4)",
        least=0,
    )
    label_pattern: str = _option(
        "",
        "own recordings: a regular expression that finds (?P<label>...) in a file's path below the folder, and "
        "(?P<speaker>...) if it names one; empty: the first folder is the label",
    )
    speaker_pattern: str = _option(
        "",
        "own recordings: a regular expression that finds (?P<speaker>...) in a file's path below the folder, or "
        "without such a group the speaker in a file's name",
    )
    speakers_csv: str = _option("", "own recordings: a table with the columns file and speaker")


@dataclass(frozen=True)
class Features(_Section):
    """From the waveform to what the network sees, (n_bins, n_frames)."""

    channels: tuple[str, ...] = _option(
        ("log_mel",),
        "each a stack of log_mel, mfcc, chroma, contrast joined by +; delta_ before a name: its slope; or image",
        choices=("log_mel", "mfcc", "chroma", "contrast", "image"),
    )
    sr: int = _option(22050, "sample rate in Hz that every file is brought to", least=1, most=1_000_000)
    trim_top_db: float = _option(
        0.0, "cut silence at both ends that lies this many dB below the peak; 0: keep it", least=0, most=200
    )
    clip_s: float = _option(0.0, "cut or pad every clip to so many seconds; 0: keep its length", least=0, most=3600)
    n_fft: int = _option(2048, "length of a frame in samples", least=2, most=65_536)
    hop_length: int = _option(512, "samples from one frame to the next", least=1)
    n_mels: int = _option(128, "mel bands", least=1, most=4096)
    fmax: float = _option(0.0, "highest frequency in Hz; 0: half the sample rate", least=0)
    top_db: float = _option(80.0, "floor in dB below the clip's peak", least=1, most=200)
    image_size: int = _option(128, "height and width of an image in pixels", least=1, most=4096)
    colour_map: str = _option(
        "", "colours of an image: viridis or magma; empty: gray", choices=("", "viridis", "magma")
    )
    n_frames: int = _option(128, "frames that the network sees", least=1, most=100_000)
    random_crop: bool = _option(False, "train on another part of the clip each time; else on its start")


@dataclass(frozen=True)
class Augment(_Section):
    """What is changed at random, in training only. A range is a list of two numbers; an empty list leaves it out."""

    probability: float = _option(1.0, "share of the clips that are changed at all", least=0, most=1)
    minority_only: bool = _option(False, "change only clips of classes that are smaller than the largest")
    classes: tuple[str, ...] = _option((), "change only clips of these classes; []: of all")
    oversample: tuple[str, ...] = _option((), "classes whose training clips are repeated until they are the largest's")
    stretch_rates: tuple[float, ...] = _option((), "waveform: range of speeds, 1 leaves it", **_FACTOR)
    pitch_semitones: tuple[float, ...] = _option((), "waveform: range of pitch shifts", least=-24, most=24)
    gain_db: tuple[float, ...] = _option((), "waveform: range of gains", least=-100, most=100)
    noise_snr_db: tuple[float, ...] = _option(
        (), "waveform: range of signal-to-noise ratios of added noise", least=-100, most=100
    )
    freq_warp: tuple[float, ...] = _option(
        (), "feature: range of factors on the frequency axis, as of another throat", **_FACTOR
    )
    time_warp: tuple[float, ...] = _option((), "feature: range of factors on the time axis", **_FACTOR)
    filter_offset: tuple[float, ...] = _option((), "feature: range of what is added at random frequencies, as a filter")
    brightness: tuple[float, ...] = _option((), "feature: range of what is added to all cells")
    contrast: tuple[float, ...] = _option(
        (), "feature: range of factors on the distance from the mean", least=0.01, most=100
    )
    time_masks: int = _option(0, "feature: how many stretches of time are blanked", least=0, most=1000)
    time_mask_frames: int = _option(0, "greatest width of each, in frames", least=0)
    freq_masks: int = _option(0, "feature: how many bands of frequency are blanked", least=0, most=1000)
    freq_mask_bins: int = _option(0, "greatest width of each, in bins", least=0)

    @property
    def changes_waveforms(self) -> bool:
        """Whether features have to be computed anew in each epoch."""
        return bool(self.stretch_rates or self.pitch_semitones or self.gain_db or self.noise_snr_db)

    @property
    def changes_features(self) -> bool:
        """Whether the network sees a clip otherwise in each epoch."""
        whole = self.freq_warp or self.time_warp or self.filter_offset or self.brightness or self.contrast
        return bool(self.changes_waveforms or whole or self.time_masks or self.freq_masks)


@dataclass(frozen=True)
class Model(_Section):
    """The network: blocks of convolution, batch norm, ReLU, max pooling and dropout, then dense layers."""

    network: str = _option(
        "cnn", "cnn: the blocks below; or vgg16: its thirteen convolutions; then dense layers", choices=("cnn", "vgg16")
    )
    weights: str = _option(
        "",
        "start from random, a run folder (a cross-validation: each fold from its own), or ImageNet weights in a file "
        "(vgg16, which needs one of them named)",
    )
    frozen_blocks: tuple[int, ...] = _option((), "blocks, counted from 1, whose weights stay as they were loaded")
    channels: tuple[int, ...] = _option((32, 64, 128), "filters of each block", least=1, most=4096)
    pool_bins: int = _option(2, "how many frequencies each max pooling makes one", least=1)
    pool_frames: int = _option(2, "how many frames each max pooling makes one", least=1)
    batch_norm: bool = _option(True, "normalise after each convolution")
    norm: str = _option(
        "torch",
        "batch norm's momentum and eps: those of torch, 0.1 and 1e-5, or of keras, 0.01 and 1e-3 (the momentum is the "
        "new batch's weight; Keras calls 0.01 0.99)",
        choices=("torch", "keras"),
    )
    block_dropout: float = _option(0.25, "probability of zeroing after each block", least=0, most=0.99)
    pooling: str = _option(
        "average",
        "average over all positions; mean_max: mean and maximum over time; mean_max_bins: the same of each frequency "
        "by itself; flatten: all",
        choices=("average", "mean_max", "mean_max_bins", "flatten"),
    )
    hidden: int = _option(128, "units of the dense layer before the last; 0: none", least=0, most=16_384)
    hidden_layers: int = _option(1, "how many such dense layers", least=1, most=100)
    head_dropout: float = _option(0.5, "probability of zeroing before each dense layer", least=0, most=0.99)


@dataclass(frozen=True)
class Training(_Section):
    """How the network learns."""

    epochs: int = _option(30, "passes over the training clips", least=1)
    batch_size: int = _option(32, "clips a step", least=2)
    seed: int = _option(0, "draws the random split, the first weights, the order and the augmentation", least=0)
    lr: float = _option(1e-3, "learning rate of Adam", least=0)
    adam: str = _option(
        "torch",
        "Adam's eps: that of torch, 1e-8 after the bias correction, or of keras, 1e-7 before it",
        choices=("torch", "keras"),
    )
    weight_decay: float = _option(0.0, "decoupled weight decay (AdamW)", least=0)
    l2: float = _option(0.0, "L2 penalty on the weights of convolutions and dense layers, in the loss", least=0)
    schedule: str = _option(
        "constant",
        "constant, plateau: halve the rate when validation stalls, or cosine",
        choices=("constant", "plateau", "cosine"),
    )
    warmup_epochs: float = _option(0.0, "epochs in which a cosine schedule rises to lr", least=0)
    plateau_patience: int = _option(5, "epochs without a better validation loss before that; 0: as 1", least=0)
    min_lr: float = _option(0.0, "the rate never falls below", least=0)
    label_smoothing: float = _option(0.0, "share of each target spread over all classes", least=0, most=0.99)
    class_weights: bool = _option(False, "weight classes by the inverse of their number of training clips")
    select: str = _option(
        "val_loss",
        "epoch that is kept: least val_loss, highest val_uar, or last",
        choices=("val_loss", "val_uar", "last"),
    )
    patience: int = _option(0, "stop after so many epochs without a better one; 0: never", least=0)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a result."""

    name: str
    data: Data = Data()
    features: Features = Features()
    augment: Augment = Augment()
    model: Model = Model()
    training: Training = Training()

    def __post_init__(self) -> None:
        """Refuse a name that cannot be a folder's, and settings that no run could use together."""
        if not (isinstance(self.name, str) and re.fullmatch(r"\w[\w. -]*", self.name)):  # runs/NAME is its folder
            allowed = "letters, digits, _ - . and spaces, the first a letter, a digit or _"
            raise ValueError(f"name must be {allowed}, got {self.name!r}")
        if not (self.data.speech or self.data.song):
            raise ValueError("data.speech and data.song are both false: no clips are left")
        channels = self.features.channels
        if not channels:
            raise ValueError("features.channels is empty: the network would see nothing")
        if any("image" in channel for channel in channels) and channels != ("image",):
            raise ValueError(f"features.channels: image must stand alone, got {', '.join(channels)}")

    def settings(self) -> dict[str, Any]:
        """Return every field by its full name."""
        return {
            f"{section}.{field}": value
            for section, fields in dataclasses.asdict(self).items()
            if section != "name"
            for field, value in fields.items()
        }

    def replace(self, changes: Mapping[str, Any], *, source: str = "setting") -> "Recipe":
        """Return the recipe with other values for fields, given by their full names; `source` begins an error.

        Raises
        ------
        ValueError
            If there is no such field, or it cannot have the value.
        """
        sections: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            section, _, field = name.partition(".")
            sections.setdefault(section, {})[field] = value
        return _build(self, sections, source=source, name=self.name)

    def to_toml(self) -> str:
        """Return the recipe as TOML text, which `read` takes back: JSON writes values as TOML does."""
        lines = [f"name = {json.dumps(self.name, ensure_ascii=False)}"]
        for section, fields in dataclasses.asdict(self).items():
            if section != "name":
                lines += [
                    "",
                    f"[{section}]",
                    *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items()),
                ]
        return "\n".join(lines) + "\n"


def read(name: str) -> Recipe:
    """Return a shipped recipe by its name, or the one in a TOML file.

    Raises
    ------
    FileNotFoundError
        If there is neither.
    ValueError
        If the file is not TOML, has an unknown field or a value that the field cannot have, or its name cannot be a
        folder's.
    """
    shipped = sorted(file.stem for file in RECIPE_FOLDER.glob("*.toml"))
    path = RECIPE_FOLDER / f"{name}.toml" if name in shipped else Path(name)
    if not path.is_file():
        raise FileNotFoundError(f"no recipe {name!r}: neither a file nor one of {', '.join(shipped)}")
    document = read_toml(path, "recipe")
    recipe_name = document.pop("name", path.stem)
    return _build(Recipe("new"), document, source=f"recipe {path}", name=recipe_name)


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Return the content of a TOML file; ValueError if it is none, OSError if it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, numbers of 5000 digits; brackets too deep
        raise ValueError(f"{what} {path}: not valid TOML: {str(error)[:_LONGEST]}") from None


def parse_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    """Return {full name: value} of texts such as ``training.lr=0.001``; a value is written as in TOML.

    Raises
    ------
    ValueError
        If a text is no assignment.
    """
    changes: dict[str, Any] = {}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not equals or name.count(".") != 1:
            raise ValueError(f"expected SECTION.FIELD=VALUE, got {text!r}")
        try:
            changes[name.strip()] = tomllib.loads(f"value = {value}")["value"]
        except (ValueError, RecursionError):
            changes[name.strip()] = value.strip()  # a bare word is a string
    return changes


def help_of(name: str) -> str:
    """Return the help text of a field by its full name."""
    section, field = name.split(".")
    return str(get_type_hints(Recipe)[section].__dataclass_fields__[field].metadata["help"])


def pick(table: dict[str, Any], field: str, name: str) -> Any:
    """Return what a name in a recipe stands for.

    Raises
    ------
    ValueError
        If the table does not have it; `field` is the setting's full name.
    """
    if name not in table:
        raise ValueError(f"{field} must be one of {', '.join(table)}, got {name!r}")
    return table[name]


def _build(recipe: Recipe, document: Mapping[str, Any], *, source: str, name: str) -> Recipe:
    """Return `recipe` under a name with a document's sections laid over it, every value checked."""
    sections = {key: kind for key, kind in get_type_hints(Recipe).items() if key != "name"}
    changed = {}
    for section, values in document.items():
        if section not in sections or not isinstance(values, Mapping):
            raise ValueError(f"{source}: unknown section [{section:.{_LONGEST}}]{_suggestion(section, sections)}")
        kinds = get_type_hints(sections[section])
        known = {field: value for field, value in values.items() if not _is_removed(section, field, value, source)}
        for field in known:
            if field not in kinds:
                raise ValueError(f"{source}: unknown field {section}.{field:.{_LONGEST}}{_suggestion(field, kinds)}")
        changed[section] = {
            field: _convert(value, kinds[field], name=f"{source}: {section}.{field}") for field, value in known.items()
        }
    try:
        built = {key: dataclasses.replace(getattr(recipe, key), **values) for key, values in changed.items()}
        return dataclasses.replace(recipe, name=name, **built)
    except ValueError as error:
        raise ValueError(f"{source}: {str(error)[:_LONGEST]}") from None


def _is_removed(section: str, field: str, value: Any, source: str) -> bool:
    """Return whether a field is one of `REMOVED`; raise ValueError if its value asks for what is gone."""
    name = f"{section}.{field}"
    if name in REMOVED and (list(value) if isinstance(value, tuple) else value) != REMOVED[name]:
        raise ValueError(
            f"{source}: {name} is no longer a setting: minser always uses {REMOVED[name]!r}, and got "
            f"{value!r:.{_LONGEST}}; minser as of commit {_LAST_WITH_REMOVED} still has it"
        )
    return name in REMOVED


def _convert(value: Any, kind: type | GenericAlias, *, name: str) -> Any:
    """Return a TOML value as its field's type; only whole numbers for fractions and lists for tuples are converted."""
    item, is_list = (kind.__args__[0], True) if isinstance(kind, GenericAlias) else (kind, False)
    entries = list(value) if isinstance(value, list | tuple) else [value]
    if any(type(entry) is int and abs(entry) >= 2**63 for entry in entries):
        raise ValueError(f"{name} must be below 2**63, got {value!r:.{_LONGEST}}")
    entries = [float(entry) if item is float and type(entry) is int else entry for entry in entries]
    if is_list != isinstance(value, list | tuple) or not all(type(entry) is item for entry in entries):
        raise ValueError(f"{name} must be {'a list of ' * is_list}{item.__name__}, got {value!r:.{_LONGEST}}")
    return tuple(entries) if is_list else entries[0]


def _suggestion(word: str, known: Mapping[str, Any]) -> str:
    """Return a hint at the nearest known word."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"
