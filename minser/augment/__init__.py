"""Augmentation: a training clip changed at random, in ways that keep its emotion.

Most functions apply an amount that they are told, such as ``rng.uniform(low, high)``, and always give the same. Those
whose name begins with ``random`` draw for themselves, where masks lie or which points a filter has. All return new
arrays.
"""

from minser.augment.filter import apply_filter, random_filter
from minser.augment.gain import apply_gain
from minser.augment.masks import random_freq_mask, random_time_mask
from minser.augment.mixing import mix
from minser.augment.noise import add_noise
from minser.augment.picture import brightness, contrast
from minser.augment.pitch import pitch_shift
from minser.augment.policies import minority_classes, oversample
from minser.augment.shift import time_shift
from minser.augment.stretch import time_stretch
from minser.augment.warp import freq_warp, time_warp

__all__ = [
    "add_noise",
    "apply_filter",
    "apply_gain",
    "brightness",
    "contrast",
    "freq_warp",
    "minority_classes",
    "mix",
    "oversample",
    "pitch_shift",
    "random_filter",
    "random_freq_mask",
    "random_time_mask",
    "time_shift",
    "time_stretch",
    "time_warp",
]
