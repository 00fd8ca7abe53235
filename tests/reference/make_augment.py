"""Write augment.npz: what librosa 0.11 answers, for machines where it is not installed.

Run ``python tests/reference/make_augment.py`` with that version: 1.0 makes another end of a stretched clip.
``tests/augment`` reads the file.
"""

from pathlib import Path

import numpy as np


def make_augment() -> None:
    """Store librosa's stretched and shifted versions of one drawn signal; in float64, where librosa is exact."""
    import librosa

    rng = np.random.default_rng(0)
    loudness = np.repeat([1e-3, 1.0, 0.2, 1e-3], [1000, 2500, 2500, 1000])
    waveform = (0.3 * loudness * rng.standard_normal(7000)).astype(np.float32)
    exact = waveform.astype(np.float64)
    stretched = {f"stretched_{rate}": librosa.effects.time_stretch(exact, rate=rate) for rate in (0.7, 1.3)}
    shifted = {f"shifted_{n}": librosa.effects.pitch_shift(exact, sr=8000, n_steps=n) for n in (-12, 12)}
    np.savez_compressed(
        Path(__file__).with_name("augment.npz"),
        versions=f"librosa {librosa.__version__}, numpy {np.__version__}",
        waveform=waveform,
        **{name: array.astype(np.float32) for name, array in (stretched | shifted).items()},
    )


if __name__ == "__main__":
    make_augment()
