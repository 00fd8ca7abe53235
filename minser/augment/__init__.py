"""Augmentation: a training clip changed at random, in ways that keep its emotion.

Names tell what is drawn: `random_NAME` takes a range and a generator, draws an amount and applies it; a name without
``random`` applies an amount that it is told, and always gives the same. Both return new arrays.
"""

from minser.augment.filter import apply_filter, random_filter
from minser.augment.gain import apply_gain, random_gain
from minser.augment.mixing import mix, random_mixup
from minser.augment.noise import add_noise, random_noise
from minser.augment.picture import brightness, contrast, random_brightness, random_contrast
from minser.augment.pitch import pitch_shift, random_pitch_shift
from minser.augment.policies import all_classes, draw_choice, minority_classes, oversample
from minser.augment.shift import random_time_shift, time_shift
from minser.augment.spectrogram import random_freq_mask, random_time_mask
from minser.augment.stretch import random_time_stretch, time_stretch
from minser.augment.warp import freq_warp, random_freq_warp, random_time_warp, time_warp

__all__ = [
    "add_noise",
    "all_classes",
    "apply_filter",
    "apply_gain",
    "brightness",
    "contrast",
    "draw_choice",
    "freq_warp",
    "minority_classes",
    "mix",
    "oversample",
    "pitch_shift",
    "random_brightness",
    "random_contrast",
    "random_filter",
    "random_freq_mask",
    "random_freq_warp",
    "random_gain",
    "random_mixup",
    "random_noise",
    "random_pitch_shift",
    "random_time_mask",
    "random_time_shift",
    "random_time_stretch",
    "random_time_warp",
    "time_shift",
    "time_stretch",
    "time_warp",
]
