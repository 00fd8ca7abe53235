"""Features: what the network sees of a sound, frequency by time."""

from minser.audio import amplitude_to_db, power_to_db
from minser.features.fourier import istft, stft
from minser.features.mel import mel_filterbank, melspectrogram
from minser.features.mel_scale import hz_to_mel, mel_frequencies, mel_to_hz
from minser.features.window import get_window

__all__ = [
    "amplitude_to_db",
    "get_window",
    "hz_to_mel",
    "istft",
    "mel_filterbank",
    "mel_frequencies",
    "mel_to_hz",
    "melspectrogram",
    "power_to_db",
    "stft",
]
