"""Augmentation: a training clip changed at random, in ways that keep its emotion."""

from minser.augment.spectrogram import freq_mask, time_mask

__all__ = ["freq_mask", "time_mask"]
