"""Make ``tutorials/assignments/08_features.csv``: a few numbers on one clip of each synthetic actor and emotion.

Run by hand, ``python tests/tutorials/make_features.py``, when the synthetic voices change.
"""

from pathlib import Path

import numpy as np
import scipy.fft

from minser import features
from minser.corpus import toy
from minser.features.pitch import track_pitch

HOP = 160
TARGET = Path(__file__).parents[2] / "tutorials" / "assignments" / "08_features.csv"


def course(values, n):
    """Return the first coefficients of the cosine transform of a curve, stretched to 40 points."""
    stretched = np.interp(np.linspace(0, len(values) - 1, 40), np.arange(len(values)), values)
    return scipy.fft.dct(stretched, norm="ortho")[:n]


def describe(waveform):
    """Return 14 numbers: courses of pitch and loudness, their restlessness, how much is voiced, length, timbre."""
    power = features.melspectrogram(waveform, sr=toy.TOY_SR, n_fft=512, hop_length=HOP, n_mels=24, fmax=6000)
    level = 10 * np.log10(np.maximum(power, 1e-10))
    level = np.maximum(level - level.max(), -60)
    loud = np.flatnonzero(level.max(axis=0) > -35)
    spoken = slice(loud[0], loud[-1] + 1)
    level = level[:, spoken]
    pitch_hz, aperiodicity = track_pitch(
        waveform, sr=toy.TOY_SR, fmin=60, fmax=700, frame_length=1024, hop_length=HOP, trough_threshold=0.2
    )
    voiced = np.flatnonzero(aperiodicity[spoken] < 0.2)
    pitch = np.interp(np.arange(level.shape[1]), voiced, 12 * np.log2(pitch_hz[spoken][voiced] / 100))
    loudness = level.mean(axis=0)
    cepstra = scipy.fft.dct(level, axis=0, norm="ortho")[1:4]
    restless = [np.abs(np.diff(curve)).mean() for curve in (pitch, loudness)]
    shares = [len(voiced) / level.shape[1], level.shape[1] / 100]
    return [*course(pitch, 4), *course(loudness, 3)[1:], *restless, pitch.std(), *shares, *cepstra.mean(axis=1)]


def main():
    """Write the table."""
    lines = []
    for actor in range(1, 25):
        for emotion in range(1, 9):
            waveform = toy.synthesise(emotion=emotion, intensity=1, statement=1, repetition=1, actor=actor)
            lines.append(f"{actor},{emotion - 1}," + ",".join(f"{value:.2f}" for value in describe(waveform)))
    names = ",".join(f"f{i:02d}" for i in range(1, lines[0].count(",")))
    TARGET.write_text("\n".join([f"speaker,emotion,{names}", *lines]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
