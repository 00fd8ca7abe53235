"""Features: what the network sees of a sound, frequency by time."""

from minser.audio import amplitude_to_db, power_to_db, rms
from minser.features.cepstrum import dct_matrix, delta, mfcc
from minser.features.chroma import chroma_stft
from minser.features.contrast import spectral_contrast
from minser.features.fourier import istft, stft
from minser.features.mel import mel_filterbank, melspectrogram
from minser.features.mel_scale import band_centres, hz_to_mel, mel_frequencies, mel_to_hz
from minser.features.pitch import track_pitch
from minser.features.spectral import spectral_centroid
from minser.features.window import get_window

__all__ = [
    "amplitude_to_db",
    "band_centres",
    "chroma_stft",
    "dct_matrix",
    "delta",
    "get_window",
    "hz_to_mel",
    "istft",
    "mel_filterbank",
    "mel_frequencies",
    "mel_to_hz",
    "melspectrogram",
    "mfcc",
    "power_to_db",
    "rms",
    "spectral_centroid",
    "spectral_contrast",
    "stft",
    "track_pitch",
]
