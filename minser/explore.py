"""Look at a corpus before training on it: ``python -m minser.explore``."""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minser import audio, plots, recipes
from minser.augment import gallery
from minser.corpus.contents import describe
from minser.corpus.dataset import IMAGES, NO_CORPUS, find_corpus, find_ravdess, list_all
from minser.corpus.survey import examples, measurements, statistics
from minser.corpus.survey.examples import Example
from minser.system import cli, columns
from minser.system.atomic import write_atomic

FLOOR_DB = 70  # what is quieter looks like this

VOICES = {"male": "Men", "female": "Women", "unknown": "All voices"}

SIDE_BY_SIDE = partial(
    plots.side_by_side,
    sr=measurements.SR,
    hop_length=measurements.HOP_LENGTH,
    frequencies_hz=measurements.mel_centres(),
)

Figures = dict[str, plots.Figure]


def main(argv: list[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = cli.parser(
        "explore",
        "Measure all clips of a corpus and draw what they look like: PNG files, and summary.json with their numbers.",
        "python -m minser.explore --actor 12",
    )
    parser.add_argument("--data", help="folder of the corpus (MINSER_DATA, else ./data, else the embedded corpus)")
    parser.add_argument("--out", type=Path, default=Path("runs/explore"), help="folder for the pictures (%(default)s)")
    parser.add_argument("--actor", type=int, help="number of the speaker whose clips are examples (the first one's)")
    cli.add_own_settings(parser)
    return cli.run("explore", explore_corpus, parser.parse_args(argv))


def explore_corpus(arguments: argparse.Namespace) -> int:
    """Survey a corpus, draw it, and print the medians."""
    root = find_ravdess(arguments.data)
    if root is None:
        root = find_corpus(recipes.read("toy"), None)
        print(f"{NO_CORPUS}: these are the embedded synthetic voices")
    source, clips, names = list_all(root, recipes.parse_assignments(arguments.set))
    if source == IMAGES:
        raise ValueError(f"{root}: expected sounds, got {source}")
    shown = [examples.load(clip) for clip in examples.choose(clips, actor=arguments.actor)]
    arguments.out.mkdir(parents=True, exist_ok=True)
    table = measurements.measure_corpus(clips)
    tables = statistics.summarise(clips, table)
    angry = next((example for example in shown if example.clip.emotion_name == "angry"), shown[-1])
    augmented, amounts = draw_augmentations(angry, shown[0])
    figures = draw_tables(tables) | draw_examples(shown) | augmented
    for name, figure in figures.items():
        plots.save(figure, arguments.out / f"{name}.png")
    content = {
        "corpus": str(root),
        **tables,
        "examples": {
            example.clip.emotion_name: {"clip": example.clip.name, "peak": example.peak, "cuts_s": example.cuts_s}
            for example in shown
        },
        **amounts,
    }
    write_atomic(arguments.out / "summary.json", json.dumps(content, indent=1, allow_nan=False) + "\n")
    print(f"{root}: {source}")
    print(describe(root, clips, names, seconds=table["duration_s"].tolist()))
    print("\n".join(statistics.medians(tables, width=columns.of_window())))
    print(f"{len(figures)} pictures and summary.json are in {arguments.out}")
    return 0


def draw_tables(tables: dict[str, Any]) -> Figures:
    """Draw the numbers of the survey."""
    measured = {
        "durations": ("duration_s", "Length of a clip", "s"),
        "level": ("rms_db", "RMS energy", "dBFS"),
        "centroid": ("centroid_hz", "Spectral centroid", "Hz"),
    }
    figures = {
        name: plots.spread_figure({quantity: tables[column]}, quantity=quantity, unit=unit)
        for name, (column, quantity, unit) in measured.items()
    }
    figures["counts"] = plots.counts_figure(tables["counts"])
    figures["trimming"] = plots.kept_figure(tables["kept_s"], tables["kept_share"])
    if tables["pitch_hz"]:
        panels = {VOICES[sex]: part for sex, part in tables["pitch_hz"].items()}
        figures["pitch"] = plots.spread_figure(panels, quantity="Pitch", unit="Hz")
    for channel, distance in [*tables["angry_minus_sad"].items()][:1]:  # speech before song
        figures["angry_sad"] = plots.spectra_figure(
            tables["mel_centres_hz"],
            tables["spectrum_db"][channel],
            ("angry", "sad"),
            distance,
            title=f"Average spectrum, {channel}",
        )
    return figures


def draw_examples(shown: list[Example]) -> Figures:
    """Draw the clips of one speaker."""
    figures = {
        "emotions": SIDE_BY_SIDE(
            [example.spoken / (example.peak or 1) for example in shown],
            [audio.power_to_db(example.mel_power, ref=np.max, top_db=FLOOR_DB) for example in shown],
            [example.name for example in shown],
            amplitude_label="amplitude / peak",
            level_label="dB below the clip's loudest cell",
            title=f"{shown[0].sentence}, silence trimmed",
        )
    }
    pair = [example for example in reversed(shown) if example.clip.emotion_name in ("angry", "sad")]
    if len(pair) == 2:
        figures["angry_sad_clips"] = SIDE_BY_SIDE(
            [example.spoken for example in pair],
            common_levels([example.mel_power for example in pair]),
            [example.name for example in pair],
            amplitude_label="amplitude",
            level_label="dB below the loudest cell",
            title=f"{shown[0].sentence}, as recorded",
        )
    # where the threshold matters most
    most = max(shown, key=lambda example: np.ptp([end - start for start, end in example.cuts_s.values()]))
    level = audio.amplitude_to_db(
        audio.rms(most.waveform, hop_length=measurements.HOP_LENGTH), ref=np.max, top_db=FLOOR_DB
    )
    figures["trimming_clip"] = plots.cuts_figure(
        most.waveform,
        level[0],
        most.cuts_s,
        sr=measurements.SR,
        hop_length=measurements.HOP_LENGTH,
        title=f"{most.sentence}, {most.clip.emotion_name}: what trimming keeps",
    )
    return figures


def draw_augmentations(example: Example, other: Example) -> tuple[Figures, dict[str, list[str]]]:
    """Draw one clip, before and after each augmentation; also return what was done to it in each figure."""
    who = f"{example.sentence}, {example.clip.emotion_name}"
    waveforms = gallery.augmented_waveforms(example.spoken, sr=measurements.SR, rng=np.random.default_rng(0))
    mels = [measurements.mel_power(waveform) for waveform in waveforms.values()]
    other_mel = measurements.mel_power(audio.fix_length(other.spoken, size=example.spoken.size))
    level_db, other_db = (audio.power_to_db(mel, ref=np.max, top_db=FLOOR_DB) for mel in (example.mel_power, other_mel))
    spectrograms = gallery.augmented_spectrograms(level_db, other_db)
    figures = {
        "augmented_waveforms": SIDE_BY_SIDE(
            list(waveforms.values()),
            common_levels(mels),
            list(waveforms),
            amplitude_label="amplitude",
            level_label="dB below the loudest cell",
            title=f"{who}: the waveform is changed",
            n_columns=3,
        ),
        "augmented_spectrograms": plots.mel_per_emotion(
            list(spectrograms.values()),
            list(spectrograms),
            sr=measurements.SR,
            hop_length=measurements.HOP_LENGTH,
            mel_frequencies_hz=measurements.mel_centres(),
            title=f"{who}: the spectrogram is changed (mixed with {other.clip.emotion_name})",
            n_columns=3,
        ),
    }
    return figures, {"augmented_waveforms": list(waveforms), "augmented_spectrograms": list(spectrograms)}


def common_levels(mels: list[NDArray[np.floating]]) -> list[NDArray[np.floating]]:
    """Return mel spectrograms in dB below the loudest cell of all."""
    loudest = max(float(mel.max()) for mel in mels)
    return [np.maximum(audio.power_to_db(mel, ref=loudest, top_db=None), -FLOOR_DB) for mel in mels]


if __name__ == "__main__":
    sys.exit(main())
