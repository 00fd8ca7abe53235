"""A recipe: everything that decides a result, as frozen dataclasses, read from and written to TOML.

Comes in: the name of a shipped recipe (``minser/recipes/NAME.toml``) or a TOML file, and changes from the
command line. Goes out: a `Recipe`. The commands take their flags and help from the fields here, the run
folder keeps the whole as ``config.toml``. What names stand for is looked up in tables: of features in
``features/extract.py``, of splits in ``corpus/dataset.py``, of a network's parts in ``runs/build.py``.
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
_FACTOR = {"least": 0.1, "most": 10.0}  # the range of speeds and warping


def _option(default: Any, text: str, *, least: float | None = None, most: float = math.inf) -> Any:
    """Return a dataclass field with its help text and its range, of a list that of each entry; a text has none."""
    return dataclasses.field(default=default, metadata={"help": text, "least": least, "most": most})


@dataclass(frozen=True)
class Data:
    """Which clips, and which of them are tested on."""

    corpus: str = _option("ravdess", "ravdess, or toy: the embedded synthetic voices")
    speech: bool = _option(True, "take the spoken clips")
    song: bool = _option(False, "take the sung clips")
    training_song: bool = _option(False, "test and validate on speech, but let the training actors' song train too")
    split: str = _option(
        "luna",
        "how clips are divided: luna, emobox, loso, random288, random491, random_80_10_10; with leaks, as published "
        "systems did: selected288, selected491, copied308; or all: nothing is held out",
    )
    fold: int = _option(0, "which fold of luna (0-4), emobox (0-5), loso (0-23) or own speakers (0-4)", least=0)
    speaker_pattern: str = _option("", "own recordings: a regular expression that finds the speaker in a file's name")
    speakers_csv: str = _option("", "own recordings: a table with the columns file and speaker")


@dataclass(frozen=True)
class Features:
    """From the waveform to what the network sees, (n_bins, n_frames)."""

    channels: tuple[str, ...] = _option(
        ("log_mel",),
        "each a stack of log_mel, mfcc, chroma, contrast joined by +; delta_ before a name: its slope; or image",
    )
    sr: int = _option(22050, "sample rate in Hz that every file is brought to", least=1, most=1_000_000)
    trim_top_db: float = _option(
        0.0, "cut silence at both ends that lies this many dB below the peak; 0: keep it", least=0, most=200
    )
    clip_s: float = _option(0.0, "cut or pad every clip to so many seconds; 0: keep its length", least=0, most=3600)
    n_fft: int = _option(2048, "length of a frame in samples", least=2, most=65_536)
    hop_length: int = _option(512, "samples from one frame to the next", least=1)
    n_mels: int = _option(128, "mel bands", least=1, most=4096)
    fmin: float = _option(0.0, "lowest frequency in Hz", least=0)
    fmax: float = _option(0.0, "highest frequency in Hz; 0: half the sample rate", least=0)
    top_db: float = _option(80.0, "floor in dB below the clip's peak", least=1, most=200)
    n_mfcc: int = _option(13, "cepstral coefficients", least=1)
    image_size: int = _option(128, "height and width of an image in pixels", least=1, most=4096)
    colour_map: str = _option("", "colours of an image: viridis or magma; empty: gray")
    n_frames: int = _option(128, "frames that the network sees", least=1, most=100_000)
    random_crop: bool = _option(False, "train on another part of the clip each time; else on its start")
    test_crops: int = _option(1, "in tests, average over so many parts of the clip, evenly spread", least=1, most=1000)
    test_warp: tuple[float, ...] = _option(
        (), "in tests, average over these two factors on the time axis, and 1", **_FACTOR
    )


@dataclass(frozen=True)
class Augment:
    """What is changed at random, in training only. A range is a list of two numbers; an empty list leaves it out."""

    probability: float = _option(1.0, "share of the clips that are changed at all", least=0, most=1)
    minority_only: bool = _option(False, "change only clips of classes that are smaller than the largest")
    classes: tuple[str, ...] = _option((), "change only clips of these classes; []: of all")
    oversample: tuple[str, ...] = _option((), "classes whose training clips are repeated until they are the largest's")
    stretch_rates: tuple[float, ...] = _option((), "waveform: range of speeds, 1 leaves it", **_FACTOR)
    pitch_semitones: tuple[float, ...] = _option((), "waveform: range of pitch shifts", least=-24, most=24)
    shift_s: tuple[float, ...] = _option((), "waveform: range of shifts in time")
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
    mixup_alpha: float = _option(0.0, "mix pairs of a batch, shares drawn from Beta(alpha, alpha); 0: no", least=0)
    mixup_same_sex: bool = _option(False, "mix only voices of men with men, and of women with women")
    widen: float = _option(
        1.0, "warping grows from epoch to epoch until its ranges are so many times as wide", least=0, most=10
    )

    @property
    def changes_waveforms(self) -> bool:
        """Whether features have to be computed anew in each epoch."""
        return bool(self.stretch_rates or self.pitch_semitones or self.shift_s or self.gain_db or self.noise_snr_db)

    @property
    def changes_features(self) -> bool:
        """Whether the network sees a clip otherwise in each epoch."""
        whole = self.freq_warp or self.time_warp or self.filter_offset or self.brightness or self.contrast
        return bool(self.changes_waveforms or whole or self.time_masks or self.freq_masks or self.mixup_alpha)


@dataclass(frozen=True)
class Model:
    """The network: blocks of convolution, batch norm, ReLU, max pooling and dropout, then dense layers."""

    network: str = _option("cnn", "cnn: the blocks below; or vgg16: its thirteen convolutions; then dense layers")
    weights: str = _option(
        "",
        "start from random, a run folder (a cross-validation: each fold from its own), or ImageNet weights in a file "
        "(vgg16, which needs one of them named)",
    )
    frozen_blocks: tuple[int, ...] = _option((), "blocks, counted from 1, whose weights stay as they were loaded")
    channels: tuple[int, ...] = _option((32, 64, 128), "filters of each block", least=1, most=4096)
    kernel_size: int = _option(3, "height and width of each filter; an odd number", least=1)
    pool_bins: int = _option(2, "how many frequencies each max pooling makes one", least=1)
    pool_frames: int = _option(2, "how many frames each max pooling makes one", least=1)
    batch_norm: bool = _option(True, "normalise after each convolution")
    block_dropout: float = _option(0.25, "probability of zeroing after each block", least=0, most=0.99)
    pooling: str = _option(
        "average",
        "average over all positions; mean_max: mean and maximum over time; mean_max_bins: the same of each frequency "
        "by itself; attention: as mean_max, but a learned score weights the moments in the mean; flatten: all",
    )
    hidden: int = _option(128, "units of the dense layer before the last; 0: none", least=0, most=16_384)
    hidden_layers: int = _option(1, "how many such dense layers", least=1, most=100)
    head_dropout: float = _option(0.5, "probability of zeroing before each dense layer", least=0, most=0.99)


@dataclass(frozen=True)
class Training:
    """How the network learns."""

    epochs: int = _option(30, "passes over the training clips", least=1)
    batch_size: int = _option(32, "clips a step", least=2)
    seed: int = _option(0, "draws the random split, the first weights, the order and the augmentation", least=0)
    lr: float = _option(1e-3, "learning rate of Adam", least=0)
    weight_decay: float = _option(0.0, "decoupled weight decay (AdamW)", least=0)
    l2: float = _option(0.0, "L2 penalty on the weights of convolutions and dense layers, in the loss", least=0)
    schedule: str = _option("constant", "constant, plateau: divide the rate when validation stalls, or cosine")
    warmup_epochs: float = _option(0.0, "epochs in which a cosine schedule rises to lr", least=0)
    plateau_factor: float = _option(0.5, "what a plateau multiplies the rate by", least=0, most=1)
    plateau_patience: int = _option(5, "epochs without a better validation loss before that", least=0)
    min_lr: float = _option(0.0, "the rate never falls below", least=0)
    average: float = _option(
        0.0,
        "validate and keep a running average of the weights, in which each step leaves this share; 0: do not",
        least=0,
    )
    label_smoothing: float = _option(0.0, "share of each target spread over all classes", least=0, most=0.99)
    class_weights: bool = _option(False, "weight classes by the inverse of their number of training clips")
    select: str = _option("val_loss", "epoch that is kept: least val_loss, highest val_uar, or last")
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
        """Refuse what no run could use, naming the field."""
        if not re.fullmatch(r"\w[\w. -]*", self.name):  # runs/NAME is its folder
            allowed = "letters, digits, _ - . and spaces, the first a letter, a digit or _"
            raise ValueError(f"name must be {allowed}, got {self.name!r}")
        for section in dataclasses.fields(self)[1:]:
            for field in dataclasses.fields(getattr(self, section.name)):
                value = getattr(getattr(self, section.name), field.name)
                numbers = value if isinstance(value, tuple) else (value,)
                least, most = field.metadata["least"], field.metadata["most"]
                if least is not None and not all(least <= number <= most for number in numbers):
                    allowed = f"{least} or more" if most == math.inf else f"from {least} to {most}"
                    raise ValueError(f"{section.name}.{field.name} must be {allowed}, got {value}")
                if any(isinstance(number, float) and not math.isfinite(number) for number in numbers):
                    raise ValueError(f"{section.name}.{field.name} must be finite, got {value}")
                if field.type == tuple[float, ...] and value and not (len(value) == 2 and value[0] <= value[1]):
                    raise ValueError(f"{section.name}.{field.name} must be [low, high] or [], got {list(value)}")
        for name in ("freq_warp", "time_warp"):
            widest = [limit**self.augment.widen for limit in getattr(self.augment, name)]
            least, most = _FACTOR.values()
            if not all(least <= limit <= most for limit in widest):
                raise ValueError(f"augment.widen makes {name} {widest}, which must be from {least} to {most}")
        if self.features.colour_map not in ("", "viridis", "magma"):
            raise ValueError(f"features.colour_map must be viridis, magma or empty, got {self.features.colour_map!r}")
        if not self.features.channels:
            raise ValueError("features.channels is empty: the network would see nothing")
        if not (self.data.speech or self.data.song):
            raise ValueError("data.speech and data.song are both false: no clips are left")

    def settings(self) -> dict[str, Any]:
        """Return every field by its full name."""
        return {
            f"{section}.{field}": value
            for section, fields in dataclasses.asdict(self).items()
            if section != "name"
            for field, value in fields.items()
        }

    def replace(self, changes: Mapping[str, Any]) -> "Recipe":
        """Return the recipe with other values for fields, given by their full names.

        Raises
        ------
        ValueError
            If there is no such field, or the value is not of its type.
        """
        sections: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            section, _, field = name.partition(".")
            sections.setdefault(section, {})[field] = value
        return _build(self, sections, source="setting", name=self.name)

    def to_toml(self) -> str:
        """Return the recipe as TOML text, which `read` takes back."""
        lines = [f"name = {json.dumps(self.name, ensure_ascii=False)}"]
        for section, fields in dataclasses.asdict(self).items():
            if section != "name":
                lines += ["", f"[{section}]", *(f"{key} = {_toml(value)}" for key, value in fields.items())]
        return "\n".join(lines) + "\n"


def read(name: str) -> Recipe:
    """Return a shipped recipe by its name, or the one in a TOML file.

    Raises
    ------
    FileNotFoundError
        If there is neither.
    ValueError
        If the file is not TOML, has an unknown field or a value of the wrong type, or its name cannot be a folder's.
    """
    shipped = sorted(file.stem for file in RECIPE_FOLDER.glob("*.toml"))
    path = RECIPE_FOLDER / f"{name}.toml" if name in shipped else Path(name)
    if not path.is_file():
        raise FileNotFoundError(f"no recipe {name!r}: neither a file nor one of {', '.join(shipped)}")
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, numbers of 5000 digits; brackets too deep
        raise ValueError(f"recipe {path}: not valid TOML: {str(error)[:_LONGEST]}") from None
    recipe_name = document.pop("name", path.stem)
    if not isinstance(recipe_name, str):
        raise ValueError(f"recipe {path}: name must be a string, got {recipe_name!r:.{_LONGEST}}")
    return _build(Recipe("new"), document, source=f"recipe {path}", name=recipe_name)


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
    fields = dataclasses.fields(get_type_hints(Recipe)[section])
    return next(str(f.metadata["help"]) for f in fields if f.name == field)


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
    """Return `recipe` under a name with a document's sections laid over it, every value checked against its type."""
    sections = {key: kind for key, kind in get_type_hints(Recipe).items() if key != "name"}
    changed = {}
    for section, values in document.items():
        if section not in sections or not isinstance(values, Mapping):
            raise ValueError(f"{source}: unknown section [{section:.{_LONGEST}}]{_suggestion(section, sections)}")
        kinds = get_type_hints(sections[section])
        for field in values:
            if field not in kinds:
                raise ValueError(f"{source}: unknown field {section}.{field:.{_LONGEST}}{_suggestion(field, kinds)}")
        converted = {
            field: _convert(value, kinds[field], name=f"{source}: {section}.{field}") for field, value in values.items()
        }
        changed[section] = dataclasses.replace(getattr(recipe, section), **converted)
    try:
        return dataclasses.replace(recipe, name=name, **changed)
    except ValueError as error:
        raise ValueError(f"{source}: {str(error)[:_LONGEST]}") from None


def _convert(value: Any, kind: type | GenericAlias, *, name: str) -> Any:
    """Return a TOML value as its field's type; only whole numbers for fractions and lists for tuples are converted."""
    if any(type(entry) is int and abs(entry) >= 2**63 for entry in (value if isinstance(value, list) else [value])):
        raise ValueError(f"{name} must be below 2**63, got {value!r:.{_LONGEST}}")
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is kind:
        return value
    if isinstance(kind, GenericAlias):
        item = kind.__args__[0]
        listed = value if isinstance(value, list | tuple) else [None]
        entries = [float(entry) if item is float and type(entry) is int else entry for entry in listed]
        if all(type(entry) is item for entry in entries):
            return tuple(entries)
        raise ValueError(f"{name} must be a list of {item.__name__}, got {value!r:.{_LONGEST}}")
    raise ValueError(f"{name} must be {kind.__name__}, got {value!r:.{_LONGEST}}")


def _suggestion(word: str, known: Mapping[str, Any]) -> str:
    """Return a hint at the nearest known word."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(known)}"


def _toml(value: Any) -> str:
    """Return a value as TOML: numbers, booleans, strings and tuples are written as JSON writes them."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
