"""Sound as samples: files, sample rates, levels, silence."""

from minser.audio.io import load, save
from minser.audio.level import amplitude_to_db, frame, power_to_db, rms, trim_silence
from minser.audio.resampling import resample
from minser.audio.waveform import check_positive, check_waveform, fix_length, to_full_level

__all__ = [
    "amplitude_to_db",
    "check_positive",
    "check_waveform",
    "fix_length",
    "frame",
    "load",
    "power_to_db",
    "resample",
    "rms",
    "save",
    "to_full_level",
    "trim_silence",
]
