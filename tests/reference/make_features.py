"""Write features.npz: what librosa answers, for machines where it is not installed.

Run ``python tests/reference/make_features.py``; ``tests/features`` reads the file.
"""

from pathlib import Path

import numpy as np

SR = 8000
SHORT = {"n_fft": 512, "hop_length": 160, "win_length": 400, "pad_mode": "reflect"}


def make_features() -> None:
    """Store librosa's features of one drawn signal: a gliding tone, noise, silence."""
    import librosa

    feature = librosa.feature
    t = np.arange(SR) / SR
    tone = sum(np.sin(2 * np.pi * k * (150 * t + 40 * t**2)) / k for k in range(1, 8))
    noise = np.random.default_rng(0).standard_normal(SR)
    gate = np.repeat([[1, 0], [0.3, 0.1], [0, 1], [0, 0]], SR // 4, axis=0).T
    waveform = 0.2 * gate[0] * tone + 0.05 * gate[1] * noise
    waveform[: 3 * SR // 4] += 1e-3 * noise[: 3 * SR // 4]  # without it, the valleys would be dust of the transform
    waveform = waveform.astype(np.float32)
    arguments = {"y": waveform, "sr": SR, **SHORT}
    mfcc = feature.mfcc(n_mels=40, n_mfcc=13, **arguments)
    np.savez_compressed(
        Path(__file__).with_name("features.npz"),
        versions=f"librosa {librosa.__version__}, numpy {np.__version__}",
        waveform=waveform,
        mfcc=mfcc,
        delta=feature.delta(mfcc),
        delta_nearest=feature.delta(mfcc, mode="nearest"),
        chroma_filters=librosa.filters.chroma(sr=SR, n_fft=400, tuning=0.2),
        chroma=feature.chroma_stft(tuning=0.2, **arguments),
        tuning=librosa.estimate_tuning(y=waveform, sr=SR),
        contrast=feature.spectral_contrast(n_bands=4, **arguments),
        centroid=feature.spectral_centroid(**arguments),
        yin=librosa.yin(waveform.astype(np.float64), fmin=80, fmax=600, sr=SR, frame_length=512, pad_mode="reflect"),
    )


if __name__ == "__main__":
    make_features()
