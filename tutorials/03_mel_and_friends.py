# %% [markdown]
# # 3. Mel, decibel, MFCC, chroma, contrast
#
# After this you can say what each of the usual features keeps of a spectrum, what it throws away, and which of them a
# network should get.
#
# A spectrogram of tutorial 2 has 513 rows, and values that differ by factors of a million and more. A network would
# have to learn that most of these rows hardly matter to a listener. We can tell it.

# %%
# %matplotlib inline
import numpy as np

from minser import features, plots, recipes
from minser.corpus import find_clips
from minser.corpus.dataset import find_corpus, find_ravdess
from minser.corpus.survey import examples, measurements
from minser.plots import Figure

root = find_ravdess(None) or find_corpus(recipes.read("toy"), None)
chosen = [examples.load(clip) for clip in examples.choose(find_clips(root), actor=2)]
sr, n_fft, hop_length, n_mels = measurements.SR, 1024, 256, 64  # Hz, samples, samples, bands
waveform = chosen[2].spoken  # happy
power = np.abs(features.stft(waveform, n_fft=n_fft, hop_length=hop_length)) ** 2  # (513, n_frames)
print("power spectrogram", power.shape, f"from {power.min():.0e} to {power.max():.0e}")

# %% [markdown]
# ## Mel: frequency as it is heard
#
# From 2000 to 4000 Hz, a doubling, is an octave; so is from 4000 to 8000 Hz. To the ear these steps are alike, though
# one spans 2000 Hz and the other 4000: it counts ratios. Only at the low end does it count hertz. The *mel* scale says
# so in one formula. Slaney's (1998, Auditory Toolbox) is linear to 1 kHz and logarithmic above:
#
# $$m(f) = \begin{cases} 3 f / 200 & f < 1000 \text{ Hz} \\
# 15 + 27 \, \dfrac{\ln(f / 1000)}{\ln 6.4} & \text{else.}\end{cases}$$
#
# The other common one is smooth, $2595 \log_{10}(1 + f / 700)$ (HTK Book, Young et al. 2002, eq. 5.13). The units
# differ, so both are drawn as shares of their value at 8 kHz. *Where do you expect the two to differ?*

# %%
hertz = np.linspace(0, 8000, 400)
figure = Figure(figsize=(7, 3), dpi=100, layout="constrained")
axes = figure.subplots()
for mel_scale, colour in (("slaney", "#0072B2"), ("htk", "#D55E00")):
    mel = features.hz_to_mel(hertz, mel_scale=mel_scale)
    axes.plot(hertz, mel / mel[-1], color=colour, label=mel_scale)
axes.plot(hertz, hertz / 8000, ":", color="#666666", label="hertz itself")
axes.set(xlabel="frequency (Hz)", ylabel="share of the scale")
axes.legend()
figure

# %% [markdown]
# Both spend half of their scale below about 1.7 kHz, where most of a voice is. They differ most near 500 Hz. Two
# programs that use different scales get different features from one sound, so a published number needs its scale.
#
# ## Triangles
#
# To get 64 numbers from 513, choose 66 frequencies that are evenly spaced in mel. Each filter is a triangle from one of
# them over the next to the one after that. Filters further up are wider; so that white noise does not look louder
# there, each is made lower, to have the same area.

# %%
figure = Figure(figsize=(11, 3.2), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
bins = np.fft.rfftfreq(n_fft, 1 / sr)
for row in features.mel_filterbank(sr=sr, n_fft=n_fft, n_mels=12, fmax=8000.0):
    left.plot(bins, row)
left.set(title="12 mel filters of equal area", xlabel="frequency (Hz)", ylabel="weight", xlim=(0, 8000))
filters = features.mel_filterbank(sr=sr, n_fft=n_fft, n_mels=n_mels, fmax=8000.0)
right.imshow(filters / filters.max(axis=1, keepdims=True), origin="lower", aspect="auto", extent=(0, sr / 2, 0, n_mels))
right.set(title="64 filters as a matrix, each scaled to 1", xlabel="frequency (Hz)", ylabel="mel band", xlim=(0, 8000))
figure

# %% [markdown]
# Applying all of them to all $T$ frames is one matrix product: $(64 \times 513) \cdot (513 \times T)$.

# %%
mel_power = filters @ power
ready = features.melspectrogram(waveform, sr=sr, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, fmax=8000.0)
print(
    mel_power.shape,
    f"largest difference from minser's: {abs(mel_power - ready).max() / ready.max():.0e} of the largest",
)

# %% [markdown]
# ## Decibels: level as it is heard
#
# *Predict the histogram* of these powers: is there a typical value?

# %%
log_mel = features.power_to_db(mel_power, ref=np.max, top_db=70.0)
figure = Figure(figsize=(10, 2.8), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
left.hist(mel_power.ravel() / mel_power.max(), bins=60, color="#0072B2")
left.set(title="power", xlabel="share of the largest", ylabel="cells", yscale="log")
right.hist(log_mel.ravel(), bins=60, color="#0072B2")
right.set(title="decibels", xlabel="dB below the largest", ylabel="cells")
figure

# %% [markdown]
# Nearly all cells sit in the first bar on the left (its axis counts in powers of ten, or the other bars could not be
# seen): to a network this is a black picture with a few white dots. The logarithm spreads them out. The bar at $-70$ dB
# is the floor: everything softer is raised to it, so that silence is silence and the exact noise of a room does not
# matter.
#
# The logarithm also turns a factor into a shift. A louder recording is the same picture plus a constant, and
# standardising (zero mean, unit variance) removes that. This log-mel picture, standardised, is what minser's own
# networks see:

# %%
mels = [
    features.power_to_db(
        features.melspectrogram(e.spoken, sr=sr, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, fmax=8000.0),
        ref=np.max,
        top_db=70.0,
    )
    for e in chosen
]
centres = features.band_centres(n_mels, fmax=8000.0)
names = [e.clip.emotion_name for e in chosen]
plots.mel_per_emotion(mels, names, sr=sr, hop_length=hop_length, mel_frequencies_hz=centres, title=chosen[0].sentence)

# %% [markdown]
# Take a minute with this picture. Where does the pitch rise, where does it fall? Which voices stop abruptly? This is
# all that a network gets to see in the following tutorials.
#
# ## MFCC: the shape of a spectrum in a few numbers
#
# Neighbouring mel bands say nearly the same, because formants are wide. The *mel-frequency cepstral coefficients*
# (Davis & Mermelstein 1980, eq. 1) describe the 64 values of a frame by how much of each slow cosine is in them, a
# discrete cosine transform:
#
# $$c_k = s_k \sum_{j=0}^{J-1} L_j \cos\!\left( \frac{\pi k}{J} \left(j + \tfrac{1}{2}\right) \right),
# \qquad k = 0, 1, \dots$$
#
# with $L_j$ the level of band $j$ of $J$ in dB. With $s_0 = \sqrt{1 / J}$ and all other $s_k = \sqrt{2 / J}$ the
# transform keeps lengths, and its transpose undoes it. The first coefficient is the overall level, the second the tilt,
# and so on to finer ripples. With 64 coefficients nothing is lost. *What is lost with 13?*

# %%
frame = log_mel[:, int(log_mel.mean(axis=0).argmax())]  # the loudest moment
transform = features.dct_matrix(n_mels, n_mels)
cepstrum = transform @ frame

figure = Figure(figsize=(11, 3.2), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
for k in range(4):
    left.plot(transform[k], label=f"k = {k}")
left.set(title="the first cosines", xlabel="mel band", ylabel="weight", ylim=(-0.19, 0.25))
left.legend(ncols=4, loc="upper center", fontsize="small")
right.plot(frame, color="#666666", label="log-mel")
for n_mfcc, colour in ((4, "#E69F00"), (13, "#0072B2")):
    right.plot(transform[:n_mfcc].T @ cepstrum[:n_mfcc], color=colour, label=f"from {n_mfcc} coefficients")
right.set(title="one frame", xlabel="mel band", ylabel="level (dB)")
right.legend()
figure

# %% [markdown]
# 13 coefficients keep the formants, that is, which vowel it is, and smooth the harmonics away, that is, the pitch. For
# recognising words this was ideal. For emotion the pitch matters, which is one reason why networks here get the log-mel
# picture.
#
# How coefficients move in time is a feature too. `delta` estimates the slope over nine frames by least squares (Furui
# 1986). Coefficient 0, the level, is so much larger than the others that it is not drawn:

# %%
mfcc = features.mfcc(waveform, sr=sr, n_mfcc=13, n_fft=n_fft, hop_length=hop_length)
slope = features.delta(mfcc)
figure = Figure(figsize=(11, 2.8), dpi=90, layout="constrained")
for axes, name, part in zip(
    figure.subplots(1, 2, sharey=True), ("MFCC 1 to 12", "their slopes"), (mfcc[1:], slope[1:]), strict=True
):
    extent = (0, part.shape[1] * hop_length / sr, 0.5, 12.5)
    limit = np.percentile(abs(part), 99)
    image = axes.imshow(part, origin="lower", aspect="auto", cmap="RdBu_r", vmin=-limit, vmax=limit, extent=extent)
    axes.set(title=name, xlabel="time (s)")
    figure.colorbar(image, ax=axes, label="dB" if name.startswith("M") else "dB / frame")
figure.axes[0].set_ylabel("coefficient")
figure

# %% [markdown]
# ## Chroma: which note, whatever the octave
#
# Music cuts the octave into twelve equal ratios, the semitones, $2^{1/12}$ each, and calls notes that lie octaves apart
# by one name. Add up the power of all octaves of C, of C sharp, and so on: twelve numbers a frame (Fujishima 1999; the
# filters are those of Ellis 2007). It is made for music. On a scale it draws stairs; *what will it draw* on a spoken
# sentence?

# %%
t = np.arange(sr // 4) / sr
notes_hz = 261.63 * 2 ** (np.arange(13) / 12)  # from C4, twelve semitones up
scale = np.concatenate([sum(np.sin(2 * np.pi * k * hz * t) / k for k in (1, 2, 3)) for hz in notes_hz])
figure = Figure(figsize=(11, 3), dpi=90, layout="constrained")
for axes, name, sound in zip(
    figure.subplots(1, 2, sharey=True), ("a chromatic scale", "a sentence"), (scale, waveform), strict=True
):
    chroma = features.chroma_stft(sound, sr=sr, n_fft=4096, hop_length=512)
    axes.imshow(chroma, origin="lower", aspect="auto", cmap="viridis", extent=(0, sound.size / sr, -0.5, 11.5))
    axes.set(title=name, xlabel="time (s)")
figure.axes[0].set_yticks(range(12), ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"])
figure

# %% [markdown]
# The stairs are clear; each note's third harmonic, three times its frequency, leaves a weaker step seven semitones
# above it ($2^{7/12} \approx 3 / 2$; the octave does not count). In the sentence the glides of the voice can be
# followed, modulo an octave.
#
# ## Contrast: lines or hiss
#
# In every octave from 200 Hz on, and in what lies below, how far do the strongest bins rise above the weakest (Jiang et
# al. 2002)? A voice with clear harmonics has deep valleys between them, a whisper has none. Mean over frames, voice
# against white noise:

# %%
noise = np.random.default_rng(0).standard_normal(waveform.size).astype(np.float32)
edges = ["0", "200", "400", "800", "1600", "3200", "6400", "up"]
print("band (Hz)      voice   noise")
for low, high, voice_db, noise_db in zip(
    edges[:-1],
    edges[1:],
    features.spectral_contrast(waveform, sr=sr, n_fft=n_fft, hop_length=hop_length).mean(axis=1),
    features.spectral_contrast(noise, sr=sr, n_fft=n_fft, hop_length=hop_length).mean(axis=1),
    strict=True,
):
    print(f"{low:>5} to {high:<5} {voice_db:5.1f}   {noise_db:5.1f} dB")

# %% [markdown]
# (In the first line this voice has hardly more than noise: its pitch lies above 200 Hz, so no harmonic is there.) If
# the last line is far off, you are listening to the synthetic voices. They were made at 16 kHz, so above 8 kHz there is
# nothing, and next to nothing everything has contrast. Such a number tells the corpus, not the voice: look at your
# features before you train on them.
#
# ## One number a frame, and what each feature is for
#
# The spectral centroid is the spectrum's mean frequency, each bin weighed by its magnitude: brightness. Over time it
# follows the vowels and jumps at every hiss. The pitch is found by YIN (de Cheveigné & Kawahara 2002): the shift at
# which a frame is most like itself is one period, and how unlike it still is, the *aperiodicity*, tells whether there
# is a pitch at all.

# %%
centroid = features.spectral_centroid(waveform, sr=sr, n_fft=n_fft, hop_length=hop_length)[0]
pitch_hz, aperiodicity = features.track_pitch(waveform, sr=sr, fmin=60.0, fmax=800.0, hop_length=hop_length)
voiced = aperiodicity < measurements.VOICED  # 0.2
seconds = np.arange(centroid.size) * hop_length / sr
figure = Figure(figsize=(9, 2.8), dpi=100, layout="constrained")
axes = figure.subplots()
axes.plot(seconds, centroid, color="#E69F00", label="centroid")
axes.plot(seconds, np.where(voiced, pitch_hz, np.nan), ".", color="#0072B2", label="pitch, where voiced")
axes.set(xlabel="time (s)", ylabel="frequency (Hz)", yscale="log")
axes.set_yticks([100, 200, 500, 1000, 2000, 5000], ["100", "200", "500", "1000", "2000", "5000"])
axes.minorticks_off()
figure.legend(loc="outside right center")
figure

# %% [markdown]
# | feature | rows | keeps | loses |
# |---|---|---|---|
# | power spectrogram | 513 | all but the angles | |
# | log-mel | 64 | pitch low down, formants, level | fine structure high up |
# | MFCC | 13 | formants, tilt | pitch |
# | chroma | 12 | note | octave, formants |
# | contrast | 7 | voice or hiss | everything else |
#
# A recipe (tutorial 9) names what the network gets: `channels = ["log_mel"]`, or stacks such as
# `"mfcc+chroma+contrast"`.
#
# ## Exercises
#
# 1. How many mel bands can you have at `n_fft` 512 and 22,050 Hz before `mel_filterbank` warns? Why does it?
# 2. Send white noise through the filters of `norm="slaney"` and of `norm=None`. With which of the two is the mean over
#    time the same in all bands, and why?
# 3. Turn the gain of the clip up by 20 dB. Which of the features of the table change, and how?
# 4. Reconstruct a log-mel spectrogram from 4, 13 and 40 MFCC and draw all three. From how many on do you see harmonics?
# 5. Find a pair of emotions whose mean spectral contrast differs. Is it the same pair for a man and for a woman?
#
# ## Read next
#
# - [minser/features/mel_scale.py](../minser/features/mel_scale.py) and
#   [minser/features/mel.py](../minser/features/mel.py).
# - [minser/features/cepstrum.py](../minser/features/cepstrum.py),
#   [minser/features/chroma.py](../minser/features/chroma.py),
#   [minser/features/contrast.py](../minser/features/contrast.py),
#   [minser/features/pitch.py](../minser/features/pitch.py).
# - [minser/features/extract.py](../minser/features/extract.py): from the waveform to what a recipe asks for.
# - Then [04_augmentation.py](04_augmentation.py).
