"""What figures are drawn of, and one figure of every kind."""

import numpy as np
import pytest

from minser import plots
from minser.corpus.clip import EMOTIONS, parse_name
from minser.corpus.survey import measurements, statistics

NAMES = EMOTIONS[:6]
MEL_HZ = np.geomspace(50, 10_500, 40)


@pytest.fixture
def history():
    """Five epochs; validation is best in the fourth."""
    return {
        "epoch": [1, 2, 3, 4, 5],
        "train_loss": [2.0, 1.5, 1.2, 1.0, 0.9],
        "val_loss": [2.0, 1.7, 1.5, 1.4, 1.5],
        "train_accuracy": [0.2, 0.4, 0.6, 0.7, 0.8],
        "val_accuracy": [0.2, 0.35, 0.5, 0.6, 0.58],
        "val_uar": [0.2, 0.3, 0.5, 0.59, 0.57],
        "lr": [1e-3, 1e-3, 1e-3, 5e-4, 5e-4],
    }


@pytest.fixture
def mels_db(rng):
    return [rng.uniform(-80, 0, size=(40, n_frames)) for n_frames in (90, 120, 60, 100, 80, 110)]


@pytest.fixture
def waveforms(mels_db):
    """Noise as long as the spectrograms, the first one the loudest."""
    rng = np.random.default_rng(1)
    return [rng.uniform(-1, 1, mel_db.shape[1] * 512) / (1 + i) for i, mel_db in enumerate(mels_db)]


@pytest.fixture
def tables(rng):
    """Return the tables of a survey of noise: speech in all emotions, song in six, both sexes."""
    names = [(1, emotion) for emotion in range(1, 9)] + [(2, emotion) for emotion in range(1, 7)]
    clips = [
        parse_name(f"03-{channel:02d}-{emotion:02d}-01-01-01-{actor:02d}")
        for channel, emotion in names
        for actor in (1, 2, 3, 4)
    ]
    table = np.zeros(len(clips), dtype=measurements.TABLE)
    for column in measurements.TABLE.names:
        table[column] = rng.uniform(100, 600, size=table[column].shape)
    return statistics.summarise(clips, table)


@pytest.fixture
def figures(history, mels_db, waveforms, tables, rng, tone):
    """One figure of every kind."""
    confusion = rng.integers(0, 20, size=(6, 6))
    return {
        "curves": plots.training_curves(history, best_epoch=4),
        "confusion": plots.confusion_figure(confusion, NAMES),
        "bars": plots.per_class_accuracy(rng.random(6), NAMES, np.full(6, 20)),
        "mels": plots.mel_per_emotion(mels_db, NAMES, sr=22050, hop_length=512, mel_frequencies_hz=MEL_HZ),
        "spectrogram": plots.spectrogram(mels_db[0], sr=22050, hop_length=512, frequencies_hz=MEL_HZ),
        "waveform": plots.waveform(tone, sr=22050, title="a tone"),
        "counts": plots.counts_figure(tables["counts"]),
        "spread": plots.spread_figure(tables["pitch_hz"], quantity="Pitch", unit="Hz"),
        "kept": plots.kept_figure(tables["kept_s"], tables["kept_share"]),
        "spectra": plots.spectra_figure(
            tables["mel_centres_hz"],
            tables["spectrum_db"]["speech"],
            ("angry", "sad"),
            tables["angry_minus_sad"]["speech"],
            title="Average spectrum",
        ),
        "clips": plots.side_by_side(
            waveforms,
            mels_db,
            NAMES,
            sr=22050,
            hop_length=512,
            frequencies_hz=MEL_HZ,
            amplitude_label="amplitude",
            level_label="dB",
            title="noise",
        ),
        "cuts": plots.cuts_figure(
            waveforms[0],
            mels_db[0][0],
            {30: (0.1, 1.9), 25: (0.2, 1.8), 20: (0.4, 1.2)},
            sr=22050,
            hop_length=512,
            title="noise",
        ),
    }
