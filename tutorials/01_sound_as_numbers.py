# %% [markdown]
# # 1. Sound as numbers
#
# After this you can say what the numbers in a sound file mean, what a sample rate and a number of bits cost, and what
# is in the corpus that the rest of the course works with.
#
# You need Python, NumPy and school mathematics. Run the cells in order; nearly all take a second or less.

# %%
# %matplotlib inline
import numpy as np
from IPython.display import Audio

from minser import audio, plots, recipes
from minser.corpus import find_clips, toy
from minser.corpus.dataset import find_corpus, find_ravdess
from minser.corpus.survey import examples, measurements, statistics
from minser.plots import Figure

# %% [markdown]
# ## A list of numbers
#
# A microphone turns air pressure into a voltage. A converter reads that voltage at even steps in time and writes down a
# number each time: a *sample*. The *sample rate* $f_s$ says how often, in hertz (Hz, times a second). Nothing else is
# stored: a sound is a list of numbers and a rate.
#
# So we can write a sound down ourselves. A pure tone of frequency $f$ is $x_n = A \sin(2 \pi f n / f_s)$, where $n$
# counts the samples.

# %%
sr = 8000  # Hz, the rate of an old telephone
t = np.arange(sr) / sr  # one second
tone = 0.5 * np.sin(2 * np.pi * 440 * t)
print(tone.shape, tone[:5].round(3))
Audio(tone, rate=sr, normalize=False)  # as loud as it was written

# %% [markdown]
# Zoomed in on 10 ms, the list looks like this. The dots are all that there is; the line between them is our
# imagination. How many dots fit into one period of 440 Hz? $8000 / 440 \approx 18$.

# %%
figure = Figure(figsize=(8, 2.6), dpi=100, layout="constrained")
axes = figure.subplots()
axes.plot(1000 * t[:81], tone[:81], color="#56B4E9")
axes.plot(1000 * t[:81], tone[:81], ".", color="#0072B2")
axes.set(xlabel="time (ms)", ylabel="amplitude (1 = full scale)", title="A tone of 440 Hz, 8000 samples a second")
figure

# %% [markdown]
# ## Too few samples: aliasing
#
# *What do you expect* if the tone has 7000 Hz and we still take 8000 samples a second? There is about one sample in
# each period. Draw it before you run the next cell.

# %%
figure = Figure(figsize=(8, 2.8), dpi=100, layout="constrained")
axes = figure.subplots()
fine = np.arange(2001) / 1e6  # so many points that the curve looks smooth
few = np.arange(17) / sr
axes.plot(1000 * fine, np.sin(2 * np.pi * 7000 * fine), color="#E69F00", linewidth=1, label="7000 Hz")
axes.plot(1000 * fine, -np.sin(2 * np.pi * 1000 * fine), color="#0072B2", linewidth=2, label="1000 Hz")
axes.plot(1000 * few, np.sin(2 * np.pi * 7000 * few), "ko", label="samples, 8000 a second")
axes.set(xlabel="time (ms)", ylabel="amplitude", title="Both tones pass through the same samples")
figure.legend(loc="outside right center")
figure

# %% [markdown]
# The samples cannot tell the two tones apart, and whoever plays them back hears 1000 Hz. (It is drawn upside down,
# which no ear notices.) In general $f$ and $f - k f_s$ have the same samples for every whole number $k$, because the
# sine's argument changes by whole turns, $2 \pi k n$. Here $7000 - 8000 = -1000$. What is heard is the one nearest to
# zero,
#
# $$f_\text{heard} = \left| f - f_s \, \mathrm{round}(f / f_s) \right| .$$
#
# This is *aliasing*. It cannot happen if nothing above $f_s / 2$ is in the sound; then the samples even determine the
# sound fully (Shannon 1949, theorem 1). A rate of 16 kHz therefore holds all up to 8 kHz, which is nearly all of
# speech.
#
# So before a rate is lowered, what lies above half the new rate has to be removed. Here is a tone that rises from 100
# Hz to 7.9 kHz, brought from 16 to 4 kHz twice: carelessly, by keeping every fourth sample, and by `audio.resample`,
# which filters first. *What will you hear* when the careless tone passes 2 kHz?

# %%
sr = 16000
t = np.arange(2 * sr) / sr
rising = 0.5 * np.sin(2 * np.pi * (100 * t + 1950 * t**2))  # the frequency, the phase's slope, is 100 + 3900 t
careless = rising[::4]
careful = audio.resample(rising, orig_sr=sr, target_sr=4000)

figure = Figure(figsize=(10, 3), dpi=100, layout="constrained")
for axes, name, sound, rate in zip(
    figure.subplots(1, 3),
    ("16 kHz", "every 4th sample", "filtered, then every 4th"),
    (rising, careless, careful),
    (16000, 4000, 4000),
    strict=True,
):
    axes.specgram(sound, NFFT=rate // 64, Fs=rate, noverlap=rate // 128, vmin=-120, cmap="viridis")
    axes.set(title=name, xlabel="time (s)", ylabel="frequency (Hz)")
figure

# %%
Audio(careless, rate=4000, normalize=False)

# %% [markdown]
# The picture shows how much there is of each frequency at each moment; tutorial 2 builds it. The careless tone turns
# around at 2 kHz, comes down to 0, rises once more and comes down once more. The careful one stops where the new rate
# ends. (The colours reach far down, to show that nothing else is there.)
#
# ## How loud: RMS and decibels
#
# The *root mean square* (RMS) of $N$ samples is the size of a constant voltage with the same power,
# $\sqrt{\frac{1}{N} \sum x_n^2}$. Ears judge ratios, so levels are given as logarithms of ratios: a power $P$ lies
# $10 \log_{10}(P / P_0)$ *decibels* (dB) above $P_0$. Power is amplitude squared, hence $20 \log_{10}$ for amplitudes.
# Twice the amplitude is 6 dB, ten times is 20 dB. An amplitude or RMS of 1, full scale, is 0 dB here (dBFS), and
# everything else is negative. `audio.rms` measures piece by piece; we take the loudest piece.

# %%
for amplitude in (1.0, 0.5, 0.1, 0.01):
    sine = amplitude * tone / 0.5  # the tone from above has amplitude 0.5
    level = audio.amplitude_to_db(audio.rms(sine), top_db=None)  # None: however soft it is, say so
    print(f"sine of amplitude {amplitude:4}: RMS level {level.max():6.1f} dB")

# %% [markdown]
# A sine of amplitude 1 has an RMS of $1 / \sqrt 2$, which is $-3$ dB.
#
# ## Too few digits: quantisation
#
# A sample in a file has a fixed number of bits $b$, so it is rounded to one of $2^b$ steps. The rounding error is a
# noise. For a sine at full scale its power lies $6.02\,b + 1.76$ decibels below the tone's (Bennett 1948), so every bit
# buys 6 dB. (Power of the sound over power of the noise is the *signal-to-noise ratio*, SNR.)


# %%
def quantise(waveform, bits):
    """Round samples from -1 to 1 to 2 ** bits steps."""
    steps = 2 ** (bits - 1)
    return np.clip(np.round(waveform * steps), -steps, steps - 1) / steps


full = 0.99 * np.sin(2 * np.pi * 441 * t)  # 441, not 440: the error should not repeat in every period
print("bits  measured  6.02 b + 1.76")
for bits in (4, 8, 12, 16):
    error = quantise(full, bits) - full
    snr_db = 10 * np.log10(np.mean(full**2) / np.mean(error**2))
    print(f"{bits:4}  {snr_db:6.1f} dB  {6.02 * bits + 1.76:6.1f} dB")

# %% [markdown]
# The formula takes the error for evenly spread within a step. With four bits that is not quite true, and the highest of
# the 16 steps lies at 7/8 of full scale, so the tops are cut off. CDs and most speech corpora have 16 bits.

# %%
figure = Figure(figsize=(8, 2.6), dpi=100, layout="constrained")
axes = figure.subplots()
axes.plot(1000 * t[:80], full[:80], color="#56B4E9", label="the tone")
axes.step(1000 * t[:80], quantise(full, 4)[:80], where="mid", color="#D55E00", label="4 bits: 16 steps")
axes.set(xlabel="time (ms)", ylabel="amplitude (1 = full scale)")
figure.legend(loc="outside upper center", ncols=2)
figure

# %% [markdown]
# ## The corpus
#
# RAVDESS (Livingstone & Russo 2018, PLoS ONE 13(5): e0196391) holds 24 actors who say two sentences in eight emotions,
# twice, at two intensities (neutral at one): 1440 clips. Its licence forbids commercial use, so its sound is no part of
# minser, which has a stand-in: synthetic voices under RAVDESS's file names. Everything below works on both. The next
# line takes RAVDESS if you have it (`data/README.md`) and makes the synthetic corpus else; it takes some seconds the
# first time.

# %%
root = find_ravdess(None) or find_corpus(recipes.read("toy"), None)
clips = find_clips(root)
print("synthetic voices" if toy.is_corpus(root) else "RAVDESS", "-", len(clips), "clips")
clip = clips[700]
print(
    clip.name, "->", clip.emotion_name, clip.intensity_name, "statement", clip.statement, "actor", clip.actor, clip.sex
)

# %% [markdown]
# The name says all: modality (03 is sound alone), channel (01 is speech), emotion, intensity, statement, repetition,
# actor. The *class* that a network has to find, one of the eight emotions, is the third field. Now the sound itself.

# %%
waveform, sr = audio.load(clip.path)
print(f"{waveform.size} samples at {sr} Hz: {waveform.size / sr:.2f} s, peak {abs(waveform).max():.2f}")
plots.waveform(waveform, sr=sr, title=f"{clip.emotion_name}, actor {clip.actor}")

# %%
Audio(audio.resample(waveform, orig_sr=sr, target_sr=16000), rate=16000)

# %% [markdown]
# You can see syllables, and the silence before and after. `audio.trim_silence` cuts off at both ends what lies a given
# number of decibels below the loudest moment. *How many of the samples will go at 30 dB, how many at 15?*

# %%
for top_db in (60, 30, 15):
    trimmed, (start, end) = audio.trim_silence(waveform, top_db=top_db)
    print(f"{top_db} dB: keeps {start / sr:.2f} to {end / sr:.2f} s, {100 * trimmed.size / waveform.size:.0f} % of it")

# %% [markdown]
# At 60 dB even the room's noise counts as sound, at 15 dB soft syllables count as silence. minser's *recipes*, the
# files of settings by which its networks are trained (tutorial 9), use 25 or 30 where they trim.
#
# Here is one speaker with one sentence in all eight emotions. Look at length, at the envelope, at how suddenly
# syllables begin. *Which two do you think are hardest to tell apart?*

# %%
chosen = [examples.load(clip) for clip in examples.choose(clips)]
figure = Figure(figsize=(11, 4.6), dpi=90, layout="constrained")
grid = figure.subplots(2, 4, sharex=True, sharey=True)
for axes, example in zip(grid.flat, chosen, strict=True):  # `spoken`: without the silence, at survey.SR, 22,050 Hz
    axes.plot(
        np.arange(example.spoken.size) / measurements.SR, example.spoken / example.peak, color="#0072B2", linewidth=0.4
    )
    axes.set(title=example.clip.emotion_name)
figure.supxlabel("time (s)", fontsize="medium")
figure.supylabel("amplitude / peak", fontsize="medium")
figure

# %%
Audio(audio.resample(chosen[4].spoken, orig_sr=measurements.SR, target_sr=16000), rate=16000)  # angry

# %%
Audio(audio.resample(chosen[3].spoken, orig_sr=measurements.SR, target_sr=16000), rate=16000)  # sad

# %% [markdown]
# ## Measure before you model
#
# A survey of four speakers, two men and two women: length, level (RMS in dBFS), brightness (the spectral centroid in
# Hz, tutorial 3) and pitch, which is how often a second the vocal cords open. Medians by emotion:

# %%
four = [clip for clip in clips if clip.actor in (1, 2, 3, 4)]
table = measurements.measure_corpus(four)
print("\n".join(statistics.medians(statistics.summarise(four, table))))

# %% [markdown]
# Does pitch alone give the emotion away? Each dot is a clip.

# %%
figure = Figure(figsize=(8, 3.2), dpi=100, layout="constrained")
axes = figure.subplots()
labels = np.array([clip.label for clip in four])
jitter = np.random.default_rng(0).uniform(-0.12, 0.12, len(four))  # so that dots do not hide each other
for sex, colour, shift in (("male", "#0072B2", -0.2), ("female", "#D55E00", 0.2)):
    own = np.array([clip.sex == sex for clip in four])
    axes.plot(labels[own] + shift + jitter[own], table["pitch_hz"][own], ".", color=colour, alpha=0.6, label=sex)
axes.set_xticks(range(8), [example.clip.emotion_name for example in chosen])
axes.set(ylabel="median pitch (Hz)", title="Sex moves the pitch as much as emotion does")
axes.legend()
figure

# %% [markdown]
# Pitch helps, but the sexes lie further apart than most emotions, and every cloud overlaps with the next. (A lone dot
# far above its cloud, as a man's near 570 Hz among the synthetic voices, is an error: a pitch tracker sometimes takes
# an octave too much, that is, the double.) One number is not enough: a network will look at the whole course of a clip
# in time and frequency. To give it that we need the spectrogram.
#
# ## Exercises
#
# 1. A tone of 13 kHz is sampled at 16 kHz without a filter. Which frequency is heard? Check it as above.
# 2. Write a chord of three tones (262, 330 and 392 Hz). Its peak may be louder than full scale: what does `audio.save`
#    say, and what do you do about it?
# 3. `load` averages the channels of a stereo file. Construct a stereo sound that becomes silence. (`soundfile.write`
#    takes an array of shape (n_samples, 2).)
# 4. Add noise to a clip so that the noise's power lies 20, 10 and 0 dB below the voice's. From where on can you no
#    longer follow it?
# 5. Find a column of `table` (`table.dtype.names` lists them) that separates angry from sad better than pitch does.
#    Draw it as above.
#
# ## Read next
#
# - [minser/audio/io.py](../minser/audio/io.py): what can be wrong with a file, and how to say it in one line.
# - [minser/audio/resampling.py](../minser/audio/resampling.py): the filter that kept the rising tone clean.
# - [minser/audio/level.py](../minser/audio/level.py): frames, RMS, decibels.
# - [minser/corpus/toy/voice.py](../minser/corpus/toy/voice.py): how the synthetic voices speak.
# - Then [02_fourier.py](02_fourier.py).
