"""A corpus of a few seconds and a training of a few steps with everything that is random in it, for the harnesses."""

import os
import sys
from pathlib import Path

import numpy as np

from minser import audio

SR = 8000

# All that could be lost at a stop: order, augmentation of waveforms and features, dropout, oversampling, Adam's
# state and weight decay, batch norm's statistics, the plateau's rate, the best epoch, early
# stopping.
SETTINGS = {
    "features.sr": SR, "features.n_fft": 256, "features.hop_length": 128, "features.n_mels": 16,
    "features.n_frames": 16, "features.trim_top_db": 0, "features.random_crop": "true", "model.channels": [4, 8],
    "augment.stretch_rates": [0.9, 1.1], "augment.noise_snr_db": [10, 30], "augment.freq_warp": [0.9, 1.1],
    "augment.time_masks": 1, "augment.time_mask_frames": 2, "augment.probability": 0.8,
    "augment.oversample": ["calm"], "training.schedule": "plateau", "training.plateau_patience": 0,
    "training.weight_decay": 0.01, "training.l2": 1e-4, "training.patience": 3,
    "training.select": "val_uar", "training.label_smoothing": 0.1,
}  # fmt: skip


def make_corpus(root: Path) -> Path:
    """Make a corpus in RAVDESS's layout: 24 actors, 8 emotions, a fifth of a second each, pitch tells the emotion."""
    t = np.arange(SR // 5) / SR
    for actor in range(1, 25):
        folder = root / f"Actor_{actor:02d}"
        folder.mkdir(parents=True)
        rng = np.random.default_rng(actor)
        for emotion in range(1, 9):
            waveform = 0.3 * np.sin(2 * np.pi * 300 * emotion * t) + 0.2 * rng.standard_normal(len(t)).clip(-3, 3)
            audio.save(folder / f"03-01-{emotion:02d}-01-01-01-{actor:02d}.wav", waveform, sr=SR)
    return root


def training_arguments(corpus: Path, run: str, *, epochs: int = 6) -> list[str]:
    """Return the arguments of ``minser.train``."""
    settings = [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]
    named = ["--recipe", "toy", "--data", str(corpus), "--run", run, "--epochs", str(epochs), "--batch-size", "16"]
    # With this rate and seed the third of six epochs is the best, and the rate falls before it and the next two.
    return [*named, "--lr", "0.2", "--seed", "3", "--checkpoint-steps", "1", *settings]


def python(*arguments: str) -> list[str]:
    """Return a command line of this Python."""
    return [sys.executable, *arguments]


def environment() -> dict[str, str]:
    """Return the environment of a child that works in another folder: the code of this tree, no other corpus."""
    changed = {name: value for name, value in os.environ.items() if name != "MINSER_DATA"}
    return {**changed, "PYTHONPATH": str(Path(__file__).parents[2])}


def content(run: Path) -> dict[str, bytes]:
    """Return the files of a run that must be equal, byte for byte; what was there before the end may differ."""
    skipped = {".lock", "environment.json", "previous.safetensors"}
    files = (file for file in run.rglob("*") if file.is_file() and file.name not in skipped)
    return {str(file.relative_to(run)): file.read_bytes() for file in files}
