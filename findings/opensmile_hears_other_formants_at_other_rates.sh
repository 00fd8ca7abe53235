#!/usr/bin/env bash
# openSMILE's eGeMAPS puts the first formant of one and the same vowel at 441, 521 or 542 Hz, by the sampling rate.
#
# Seen on 2026-12-01 with opensmile 2.6.0 (the Python package), soxr 1.1.0 and praat-parselmouth 0.4.7, Python 3.11.
#
# eGeMAPS was made so that studies can be compared. It takes any sampling rate, and finds formants after it has
# resampled each frame to 11 kHz, so one expects that the rate of the file is of no account. But the frames of 20 ms are
# filled up with zeros to a power of two of samples: to 32 ms at 16 and 32 kHz, 23 ms at 22.05 and 44.1 kHz, 21 ms at 48
# kHz; and the formants go with these three groups. Here a vowel at 48 kHz, with nothing above 5.4 kHz that resampling
# could take away, is resampled by soxr. Praat finds the same F1 at every rate. Published corpora of speech have 16 kHz
# (EMO-DB, CREMA-D), 44.1 (SAVEE) and 48 (RAVDESS): a classifier of eGeMAPS across corpora sees the rate in the
# formants, and whoever resamples everything to 16 kHz first gets other formants than who does not. Other vowels move
# up, or more.
#
# Output seen (F1 in Hz, mean over the clip):
#   16000 Hz: openSMILE 441, Praat 519
#   22050 Hz: openSMILE 521, Praat 515
#   32000 Hz: openSMILE 440, Praat 518
#   44100 Hz: openSMILE 521, Praat 518
#   48000 Hz: openSMILE 542, Praat 517
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet \
  "opensmile==2.6.0" "soxr==1.1.0" "praat-parselmouth==0.4.7" "numpy==2.4.6"
cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import numpy as np
import opensmile
import parselmouth
import soxr

SR, F0 = 48000, 150
RESONANCES = {530: 60, 1840: 90, 2480: 120, 3500: 150, 4500: 200}  # Hz: bandwidth
t = np.arange(3 * SR) / SR
phase = 2 * np.pi * np.cumsum(F0 * (1 + 0.03 * np.sin(4 * np.pi * t))) / SR
vowel = np.zeros(t.size)
for k in range(1, 37):  # harmonics of a glottis, up to 5.4 kHz
    response = 1 / k
    for formant, width in RESONANCES.items():
        pole, s = complex(-np.pi * width, 2 * np.pi * formant), 2j * np.pi * k * F0
        response *= abs(pole) ** 2 / ((s - pole) * (s - pole.conjugate()))
    vowel += np.abs(response) * np.sin(k * phase + np.angle(response))
vowel = 0.5 * vowel / np.abs(vowel).max() + 1e-4 * np.random.default_rng(0).standard_normal(t.size)

smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
expected = {16000: 441, 22050: 521, 32000: 440, 44100: 521, 48000: 542}
for sr in expected:
    samples = (vowel if sr == SR else soxr.resample(vowel, SR, sr)).astype(np.float32)
    by_smile = float(smile.process_signal(samples, sr)["F1frequency_sma3nz_amean"].iloc[0])
    formants = parselmouth.Sound(samples.astype(float), sr).to_formant_burg(maximum_formant=5500)
    by_praat = float(np.nanmean([formants.get_value_at_time(1, at_s) for at_s in formants.xs()]))
    print(f"{sr} Hz: openSMILE {by_smile:.0f}, Praat {by_praat:.0f}")
    assert abs(by_smile - expected[sr]) < 10, "openSMILE finds other formants now"
    assert abs(by_praat - 517) < 5, "Praat finds another formant now"
PYTHON
