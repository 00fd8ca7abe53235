"""Write sound.npz: what librosa answers, for machines where it is not installed.

Run ``python tests/reference/make_sound.py``; ``tests/audio`` and ``tests/features`` read the file.
"""

from pathlib import Path

import numpy as np


def make_sound() -> None:
    """Store librosa's transforms, filters, levels and cuts of one drawn signal."""
    import librosa

    rng = np.random.default_rng(0)
    loudness = np.repeat([1e-4, 1.0, 0.3, 1e-4], [2000, 1500, 1500, 1000])  # silence at both ends
    waveform = (0.3 * loudness * rng.standard_normal(6000)).astype(np.float32)
    mel = librosa.feature.melspectrogram(y=waveform, sr=8000, n_fft=400, hop_length=160, n_mels=24)
    trimmed = librosa.effects.trim(waveform, top_db=25, frame_length=512, hop_length=128)
    np.savez_compressed(
        Path(__file__).with_name("sound.npz"),
        versions=f"librosa {librosa.__version__}, numpy {np.__version__}",
        waveform=waveform,
        stft=librosa.stft(waveform, n_fft=256, hop_length=200),
        stft_odd=librosa.stft(waveform, n_fft=101, hop_length=150, win_length=80, window="hamming", pad_mode="reflect"),
        filters_slaney=librosa.filters.mel(sr=8000, n_fft=400, n_mels=24),
        filters_htk=librosa.filters.mel(sr=8000, n_fft=400, n_mels=24, fmin=100, fmax=3500, htk=True),
        mel=mel,
        log_mel=librosa.power_to_db(mel, ref=np.max),
        rms=librosa.feature.rms(y=waveform, frame_length=512, hop_length=128),
        trim=trimmed[1],
    )


if __name__ == "__main__":
    make_sound()
