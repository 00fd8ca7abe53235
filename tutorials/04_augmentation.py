# %% [markdown]
# # 4. Augmentation you can see and hear
#
# After this you can change a training clip in twelve ways, say which of them keep the emotion, and draw random amounts
# without losing reproducibility.
#
# The 1020 clips that will train our network (tutorial 9) are few: it can learn them by heart. Augmentation shows it
# another version of each clip in every epoch, each pass through all of them. The rule is simple: *a listener must still
# name the same emotion*. Your ears are the judge, so listen.

# %%
# %matplotlib inline
import numpy as np
from IPython.display import Audio

from minser import audio, augment, features, plots, recipes
from minser.augment.gallery import augmented_spectrograms, augmented_waveforms
from minser.corpus import batches, find_clips
from minser.corpus.dataset import find_corpus, find_ravdess
from minser.corpus.survey import examples, measurements
from minser.plots import Figure

root = find_ravdess(None) or find_corpus(recipes.read("toy"), None)
chosen = [examples.load(clip) for clip in examples.choose(find_clips(root), actor=2)]
sr, hop_length, n_mels = measurements.SR, 256, 64  # Hz, samples, bands
waveform = chosen[2].spoken / chosen[2].peak * np.float32(0.7)  # happy; 0.7 leaves room for noise


def log_mel(sound):
    """Return a log-mel spectrogram as the recipes make it, but for the hop."""
    power = features.melspectrogram(sound, sr=sr, n_fft=1024, hop_length=hop_length, n_mels=n_mels, fmax=8000.0)
    return features.power_to_db(power, ref=np.max, top_db=70.0)


def player(sound):
    """Return a player; 11 kHz are enough to judge by, and keep this notebook small."""
    return Audio(audio.resample(sound, orig_sr=sr, target_sr=11025), rate=11025, normalize=False)


# %% [markdown]
# ## Changing the waveform
#
# Five changes, in amounts that can be seen. *Which of the five will leave the log-mel picture as it is?*

# %%
changed = augmented_waveforms(waveform, sr=sr, rng=np.random.default_rng(0))
centres = features.band_centres(n_mels, fmax=8000.0)
plots.side_by_side(
    list(changed.values()),
    [log_mel(sound) for sound in changed.values()],
    list(changed),
    sr=sr,
    hop_length=hop_length,
    frequencies_hz=centres,
    amplitude_label="amplitude",
    level_label="level (dB below the clip's peak)",
    title="",
    n_columns=3,
)

# %% [markdown]
# The gain does: the picture is measured from the clip's own peak. To a network that sees standardised pictures it is no
# augmentation at all, only work. Ask that of every augmentation: *does the network see it, and could it happen to a
# real recording?*

# %%
player(changed["original"])

# %%
player(changed["white noise, SNR 10 dB"])

# %%
player(changed["time stretch: speed x 0.8"])

# %%
player(changed["pitch shift: +4 semitones"])

# %% [markdown]
# ### How stretching works
#
# Playing a sound faster raises its pitch. To change the tempo alone, the *phase vocoder* (Flanagan & Golden 1966; in
# this form Portnoff 1976) takes the spectra of tutorial 2, reads them at other times, and lets each frequency's angle
# go on at its own pace, so that the waves join without jumps. Pitch shifting stretches first and then plays faster.
#
# Is it true that stretching leaves the pitch alone and shifting moves it by what was asked? Measure: 4 semitones are a
# factor of $2^{4/12} = 1.26$.

# %%
base_hz = measurements.median_pitch(waveform)
for name, sound in changed.items():
    print(f"{name:28} {sound.size / sr:4.2f} s  median pitch x {measurements.median_pitch(sound) / base_hz:.2f}")

# %% [markdown]
# (The shift in time pushes the last 0.1 s out of the clip, and there the synthetic voice is high: its median falls. And
# a pitch tracker takes a voice an octave too high or too low now and then, in noise and in rough voices more often. If
# a factor is far off, listen, and distrust the number first.)
#
# Many programs take such functions from the library librosa. Tests compare minser with librosa 0.11 and 1.0, and nearly
# all results agree to rounding. These do not:
#
# | | librosa 0.11 | librosa 1.0 | minser |
# |---|---|---|---|
# | 3 s of noise, float32, speed x 0.8: error as a share of the peak | 2e-2 | 2e-6 | 1e-7 |
# | the same for 511 samples: values that are not a number | 0 | 639 | 0 |
# | one second at 22,050 Hz, resampled to 48 kHz: samples | 48,001 | 48,001 | 48,000 |
# | decibels of a clip in a batch, beside one 40 dB louder: error in dB | 40 | 0 | 0 |
#
# In the first row 0.11 adds up angles with all their whole turns, for which single precision has too few digits. In the
# second 1.0 extrapolates from a clip's last two frames, and this clip has only one. In the third librosa rounds the
# ratio of the rates, and then rounds up. In the last 0.11 takes the batch for one clip: it raises everything to 80 dB
# below the loudest point of all. So name the version of each library when you publish a result.
#
# A pitch shift moves the formants too, as if the speaker's head had shrunk. Small shifts make another speaker, large
# ones a cartoon. And pitch carries emotion: shifting by an octave would make some angry voices out of sad ones. The
# recipes keep to 2 semitones.
#
# ### Noise, and its dose
#
# The *signal-to-noise ratio* (SNR) compares powers, $10 \log_{10}(P_\text{voice} / P_\text{noise})$ dB. At 0 dB both
# are equally strong. The function takes any noise and scales it to the SNR asked for. Check it:

# %%
noise = np.random.default_rng(1).standard_normal(waveform.size).astype(np.float32)
for snr_db in (30, 10, 0):
    noisy = augment.add_noise(waveform, noise, snr_db=snr_db)
    measured = 10 * np.log10(np.mean(waveform**2) / np.mean((noisy - waveform) ** 2))
    print(f"asked for {snr_db:2} dB, measured {measured:5.2f} dB")

# %% [markdown]
# ## Changing the picture
#
# Changing the spectrogram is cheaper: no transform has to be computed again. Masks blank a stretch of time or a band of
# frequencies (SpecAugment: Park et al. 2019, section 2). A filter makes some frequencies louder and others softer, as
# another throat, room or microphone does (FilterAugment: Nam et al. 2022). Brightness adds one number to all cells,
# contrast multiplies their distances from the mean: both come from photographs, and standardising afterwards undoes
# them. Warping the frequency axis is like another length of the vocal tract (Jaitly & Hinton 2013). Mixup lays two
# clips over each other and says so in the target, the answer that the network shall give: 60 % happy, 40 % angry (Zhang
# et al. 2018, section 2).

# %%
pictures = augmented_spectrograms(
    batches.fit_frames(log_mel(waveform), n_frames=96, fill=-70.0),
    batches.fit_frames(log_mel(chosen[4].spoken), n_frames=96, fill=-70.0),
)
plots.mel_per_emotion(
    list(pictures.values()), list(pictures), sr=sr, hop_length=hop_length, mel_frequencies_hz=centres, n_columns=3
)

# %% [markdown]
# *Which of these could destroy the emotion?* Think of what distinguishes surprise from happiness in the synthetic
# voices: a steep rise on the last syllable. A time mask over it leaves nothing to see. That is why masks are short: 8
# frames (0.13 s) in the `toy` recipe, 24 (0.42 s) in `minser`'s.
#
# ## Drawing amounts
#
# A generator draws the amounts. Functions that start with `random_` draw for themselves, because they need more than
# one number: where masks lie, or the points of a filter. Five draws of what the recipe `minser` does to a training clip
# (cut to 96 frames here, because the synthetic clips are short; and all five are changed, where the recipe leaves one
# clip in five as it is):

# %%
recipe = recipes.read("minser").augment
print("warp: frequency", recipe.freq_warp, "time", recipe.time_warp, "on", recipe.probability, "of the clips")
print("filter:", recipe.filter_offset, "standard deviations")
original = log_mel(waveform)
original = (original - original.mean()) / original.std()  # zero mean: a mask is filled with the mean

figure = Figure(figsize=(12, 2.6), dpi=80, layout="constrained")
panels = figure.subplots(1, 6, sharey=True)
panels[0].imshow(original, origin="lower", aspect="auto", vmin=-2, vmax=3)
panels[0].set(title="original", xlabel="frame", ylabel="mel band")
for epoch, axes in enumerate(panels[1:], 1):
    rng = batches.sample_rng(seed=0, epoch=epoch, index=700)  # as if this were clip 700
    picture = augment.freq_warp(original, factor=rng.uniform(*recipe.freq_warp))
    picture = augment.time_warp(picture, factor=rng.uniform(*recipe.time_warp))
    low, high = recipe.filter_offset
    picture = augment.random_filter(picture, min_offset=low, max_offset=high, rng=rng)
    picture = batches.fit_frames(picture, n_frames=96, align=rng.random(), fill=picture.min())
    picture = augment.random_time_mask(picture, max_width_frames=recipe.time_mask_frames, rng=rng)
    picture = augment.random_freq_mask(picture, max_width_bins=recipe.freq_mask_bins, rng=rng)
    axes.imshow(picture, origin="lower", aspect="auto", vmin=-2, vmax=3)
    axes.set(title=f"epoch {epoch}", xlabel="frame")
figure

# %% [markdown]
# Note where the generator comes from: seed, epoch and the clip's index make it, and nothing else. So what clip 700
# looks like in epoch 7 does not depend on what was drawn before: a run that was stopped and resumed sees the same
# pictures, and threads may work in any order. There is no global random state to lose.

# %%
first = batches.sample_rng(seed=0, epoch=7, index=700).random(3)
again = batches.sample_rng(seed=0, epoch=7, index=700).random(3)
other = batches.sample_rng(seed=0, epoch=8, index=700).random(3)
print(first.round(3), again.round(3), other.round(3))

# %% [markdown]
# ## Only in training
#
# The test measures what the network does with real clips, so nothing is drawn there: `evaluation_batches`, which hands
# minser's networks their test clips, does not even have a generator. And an augmented copy of a clip must never land in
# another part than the clip itself: the network would be tested on what it has learned by heart. One published system
# copied clips before it split them (the recipe `oversampled_baseline` repeats it), and tutorial 10 shows what such a
# score is worth.
#
# Is more better? No. A small network under strong augmentation does not even learn the training clips ("underfits"). On
# RAVDESS two masks of each kind did that where one helped; and over only 30 epochs noise, pitch shift and stretching
# made the recipe `trimmed_logmel` worse (validation loss 0.91 instead of 0.83, one seed; the loss, tutorial 8, is small
# when the network is right and sure). Measure it, on the clips that are set aside for such choices: the validation part
# of tutorial 9.
#
# ## Exercises
#
# 1. Reverse a clip in time (`waveform[::-1]`). Does it keep the emotion to your ear? What would it do to the synthetic
#    corpus, where glides matter?
# 2. Flip the picture upside down. Why does everybody flip photographs sideways and nobody flips spectrograms?
# 3. White noise has equal power per hertz. Make noise that falls by 3 dB per octave ("pink") through the FFT, and
#    listen to both at 10 dB SNR.
# 4. Stretch a clip to half the speed and back. What is left of the consonants? Explain it with the frame length.
# 5. `mixup` with a share of 0.5 of two clips of *different* emotions: what should the target be, and what would a
#    listener say?
#
# ## Read next
#
# - [minser/augment/noise.py](../minser/augment/noise.py), [minser/augment/stretch.py](../minser/augment/stretch.py),
#   [minser/augment/pitch.py](../minser/augment/pitch.py): waveforms.
# - [minser/augment/masks.py](../minser/augment/masks.py),
#   [minser/augment/warp.py](../minser/augment/warp.py), [minser/augment/mixing.py](../minser/augment/mixing.py):
#   pictures.
# - [minser/corpus/recipe_batches.py](../minser/corpus/recipe_batches.py): the order in which a recipe applies them.
# - Then [05_a_layer.py](05_a_layer.py).
