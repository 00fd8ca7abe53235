# %% [markdown]
# # 2. From Fourier to the spectrogram
#
# After this you can compute a Fourier transform by hand, explain every number in a spectrogram, and choose a window and
# a frame length for a reason.
#
# You need complex numbers: $e^{i \varphi} = \cos \varphi + i \sin \varphi$, a point on the unit circle.

# %%
# %matplotlib inline
from timeit import repeat

import numpy as np
from IPython.display import Audio

from minser import audio, features, plots, recipes
from minser.corpus import find_clips
from minser.corpus.dataset import find_corpus, find_ravdess
from minser.plots import Figure

# %% [markdown]
# ## How much of a frequency is in a sound?
#
# Multiply the sound by a sine of that frequency and add up. If the two swing together, the products are mostly positive
# and the sum is large. If they do not, the products cancel.

# %%
sr, n = 1000, 200  # 0.2 s at 1000 Hz
t = np.arange(n) / sr
sound = np.sin(2 * np.pi * 30 * t)  # 6 periods of 30 Hz

figure = Figure(figsize=(10, 2.8), dpi=100, layout="constrained")
for axes, hz in zip(figure.subplots(1, 3, sharey=True), (30, 35, 60), strict=True):
    product = sound * np.sin(2 * np.pi * hz * t)
    axes.fill_between(1000 * t, product, where=product >= 0, color="#0072B2", linewidth=0)
    axes.fill_between(1000 * t, product, where=product < 0, color="#D55E00", linewidth=0)
    axes.set(title=f"30 Hz times {hz} Hz: sum {abs(product.sum()):.0f}", xlabel="time (ms)")
figure.axes[0].set_ylabel("product")
figure

# %% [markdown]
# Only the matching frequency leaves a sum. But a sine misses a cosine of the same frequency, which swings a quarter of
# a period earlier. *What sum do you expect* for a sound that is a cosine of 30 Hz? It is 0, though the frequency is
# there: the product, $\frac{1}{2} \sin 2 a$ for an angle $a$, is above zero as long as below. So we ask both, cosine
# and sine, as the real and the imaginary part of one complex number: that is the *discrete Fourier transform* (DFT),
#
# $$X_k = \sum_{n=0}^{N-1} x_n \, e^{-2 \pi i \, k n / N}, \qquad k = 0, \dots, N-1$$
#
# (Cooley & Tukey 1965, eq. 1, with the sign that is usual today). $X_k$ asks for $k$ periods in the $N$ samples, which
# is the frequency $k f_s / N$, called *bin* $k$. The size $|X_k|$ says how much of it there is, the angle when its
# peaks come.
#
# ## A DFT by hand
#
# Four samples, on paper. With $N = 4$ the factors $e^{-2 \pi i k n / 4}$ are only $1, -i, -1, i$. For
# $x = (0, 1, 0, -1)$, one period of a sine:
#
# - $X_0 = 0 + 1 + 0 - 1 = 0$: no constant part.
# - $X_1 = 0 \cdot 1 + 1 \cdot (-i) + 0 \cdot (-1) + (-1) \cdot i = -2i$: one period, and as a sine (imaginary).
# - $X_2 = 0 \cdot 1 + 1 \cdot (-1) + 0 \cdot 1 + (-1) \cdot (-1) = 0$: not two periods.
# - $X_3 = 0 \cdot 1 + 1 \cdot i + 0 \cdot (-1) + (-1) \cdot (-i) = 2i$: the mirror image of $X_1$.
#
# For real sounds $X_{N-k}$ is always the conjugate of $X_k$: it says nothing new, and NumPy's `rfft` leaves it out.
#
# In NumPy the sum is a matrix product, because every $X_k$ is a weighted sum of all samples.


# %%
def dft(x):
    """Return the discrete Fourier transform, straight from the formula."""
    k, n = np.ogrid[: len(x), : len(x)]  # 0, 1, 2, ... as a column and as a row: k * n is a whole table
    return np.exp(-2j * np.pi * k * n / len(x)) @ x


print(dft(np.array([0.0, 1.0, 0.0, -1.0])).round(6))
noise = np.random.default_rng(0).standard_normal(512)
print("largest difference from NumPy's FFT:", f"{abs(dft(noise) - np.fft.fft(noise)).max():.1e}")

# %% [markdown]
# The matrix, for 32 samples. Each row is one question. Rows 0 to 16 get faster; rows 17 to 31 are the mirror images (a
# picture of aliasing: a cosine with 31 periods in 32 samples looks like one with 1).

# %%
k, n_ = np.ogrid[:32, :32]  # n is still the 200 samples from above
figure = Figure(figsize=(8, 3.6), dpi=100, layout="constrained")
for axes, name, part in zip(
    figure.subplots(1, 2, sharey=True),
    ("real part: cosines", "imaginary part: minus sines"),
    (np.cos(2 * np.pi * k * n_ / 32), -np.sin(2 * np.pi * k * n_ / 32)),
    strict=True,
):
    image = axes.imshow(part, cmap="RdBu", vmin=-1, vmax=1)
    axes.set(title=name, xlabel="sample n")
figure.axes[0].set_ylabel("frequency k")
figure.colorbar(image, ax=figure.axes)
figure

# %% [markdown]
# ## The fast way
#
# The matrix has $N^2$ entries. The *fast Fourier transform* (FFT) computes the same numbers in about $N \log_2 N$
# steps, by cutting the sum into even and odd samples again and again (Cooley & Tukey 1965). *How much faster for 2048
# samples?* $2048 / 11 \approx 186$, in theory.

# %%
for size in (128, 512, 2048):
    x = np.random.default_rng(0).standard_normal(size)
    slow = min(repeat(lambda: dft(x), number=1, repeat=3))  # noqa: B023 # it is called at once
    fast = min(repeat(lambda: np.fft.fft(x), number=100, repeat=5)) / 100  # noqa: B023
    print(f"N = {size:4}: formula {1e3 * slow:7.2f} ms, FFT {1e3 * fast:6.4f} ms, ratio {slow / fast:6.0f}")

# %% [markdown]
# Our formula also computes all the exponentials anew, so the ratio is larger still. From here on we use the FFT.
#
# ## Leakage, and why frames are faded
#
# The DFT asks for whole numbers of periods in the frame. A tone of 100 Hz has 20 of them in 0.2 s, and all its power
# lands in one place. *What happens to 102.5 Hz,* which has 20.5 periods? Its start and end do not meet, and the DFT,
# for which the frame repeats forever, sees a jump.

# %%
figure = Figure(figsize=(9, 3), dpi=100, layout="constrained")
for axes, hz in zip(figure.subplots(1, 2, sharey=True), (100, 102.5), strict=True):
    spectrum = abs(np.fft.rfft(np.sin(2 * np.pi * hz * t))) / (n / 2)
    level = features.amplitude_to_db(spectrum, top_db=None)  # raises what lies below -100 dB to -100 dB
    axes.plot(np.fft.rfftfreq(n, 1 / sr), level, ".-", color="#0072B2")
    axes.set(title=f"{hz} Hz: {hz * n / sr} periods in the frame", xlabel="frequency (Hz)", ylim=(-105, 5))
figure.axes[0].set_ylabel("level (dB)")
figure

# %% [markdown]
# The dots are the bins, 5 Hz apart. On the left all but one are empty (nothing is drawn below $-100$ dB); on the right
# the power leaks over all frequencies, and a soft tone elsewhere would drown in it. The cure is to fade the frame in
# and out by a *window*, so that its ends meet at zero. The price is a wider peak. Windows are sums of a few cosines
# (Harris 1978, section V); Hann's is $w_n = \frac{1}{2} - \frac{1}{2} \cos(2 \pi n / N)$. To see the shape of each
# one's leakage we look between the bins, which a DFT does when zeros are appended.

# %%
names = ("rectangular", "hann", "hamming", "blackman")
colours = ("#666666", "#0072B2", "#D55E00", "#009E73")
figure = Figure(figsize=(11, 3.4), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
for name, colour in zip(names, colours, strict=True):
    window = features.get_window(name, n)
    spectrum = abs(np.fft.rfft(window * np.sin(2 * np.pi * 102.5 * t), 40 * n))
    left.plot(window, color=colour, label=name)
    level = features.amplitude_to_db(spectrum, ref=np.max, top_db=None)  # 0 dB is the largest
    right.plot(np.fft.rfftfreq(40 * n, 1 / sr), level, color=colour, linewidth=1)
left.set(title="windows", xlabel="sample", ylabel="weight")
right.set(
    title="a tone of 102.5 Hz under them", xlabel="frequency (Hz)", ylabel="level (dB)", xlim=(40, 165), ylim=(-100, 5)
)
figure.legend(loc="outside lower center", ncols=4)
figure

# %% [markdown]
# The rectangle (no window at all) has the narrowest peak and the highest skirts, Blackman the opposite; Hann is the
# usual compromise. *Which would you take* to find a soft tone 10 Hz beside a loud one? And one 100 Hz away?
#
# ## The short-time Fourier transform
#
# A sentence changes all the time, and one spectrum of the whole would smear everything together. So cut the sound into
# short overlapping frames, window each, transform each (Allen & Rabiner 1977, eq. 1):
#
# $$X_{k, m} = \sum_{n=0}^{N-1} w_n \, x_{n + m H} \, e^{-2 \pi i \, k n / N}.$$
#
# $m$ counts frames, $H$ is the *hop length*, the step from one frame to the next. That is all. In four lines, against
# minser's:

# %%
root = find_ravdess(None) or find_corpus(recipes.read("toy"), None)
clip = next(clip for clip in find_clips(root) if clip.emotion_name == "happy" and clip.sex == "female")
waveform = audio.trim_silence(audio.load(clip.path, sr=16000)[0], top_db=30)[0]
sr, n_fft, hop_length = 16000, 1024, 256

padded = np.pad(waveform, n_fft // 2)  # so that frame m is centred at sample m * hop_length
frames = audio.frame(padded, frame_length=n_fft, hop_length=hop_length)  # (n_fft, n_frames)
window = features.get_window("hann", n_fft)
by_hand = np.fft.rfft(window[:, None] * frames, axis=0)  # (1 + n_fft / 2, n_frames)

spectra = features.stft(waveform, n_fft=n_fft, hop_length=hop_length)
print(spectra.shape, f"largest difference {abs(by_hand - spectra).max():.1e} of {abs(spectra).max():.0f}")

# %%
hertz = np.fft.rfftfreq(n_fft, 1 / sr)
level_db = features.amplitude_to_db(abs(spectra), ref=np.max)
plots.spectrogram(level_db, sr=sr, hop_length=hop_length, frequencies_hz=hertz, title=f"{clip.emotion_name}, female")

# %%
Audio(waveform, rate=sr)

# %% [markdown]
# Listen and look. The stacked horizontal lines are the *harmonics*: multiples of the rate at which the vocal cords
# open. Their distance is the pitch, and where they rise together the voice rises. The broad bright regions are
# *formants*, resonances of throat and mouth. Hiss without lines is a consonant.
#
# ## Long frames or short ones?
#
# A frame of $N$ samples lasts $N / f_s$ and tells frequencies $f_s / N$ apart. The product of the two is always 1: what
# is won in frequency is lost in time (Gabor 1946, part 1, has the limit for the best of all windows). *Which of the
# three pictures shows harmonics, which the single pulses of the voice?* The clip is a man's, whose vocal cords open 80
# to 150 times a second.

# %%
low_voice = next(clip for clip in find_clips(root) if clip.emotion_name == "disgust" and clip.sex == "male")
part = audio.trim_silence(audio.load(low_voice.path, sr=sr)[0], top_db=30)[0][: sr // 2]
figure = Figure(figsize=(11, 3.3), dpi=80, layout="constrained")
for axes, length in zip(figure.subplots(1, 3, sharey=True), (96, 512, 2048), strict=True):
    level = features.amplitude_to_db(abs(features.stft(part, n_fft=length, hop_length=32)), ref=np.max, top_db=70)
    extent = (0, part.size / sr, 0, sr / 2)
    axes.imshow(level, origin="lower", aspect="auto", cmap="viridis", extent=extent)
    axes.set(title=f"{1000 * length / sr:.0f} ms, {sr / length:.0f} Hz", xlabel="time (s)", ylim=(0, 4000))
figure.axes[0].set_ylabel("frequency (Hz)")
figure

# %% [markdown]
# 6 ms show each opening of the vocal cords as a vertical stripe and no harmonics; 128 ms show fine harmonics that are
# smeared in time; 32 ms lie between and show a little of both. minser's recipes take 1024 or 2048 samples, which at
# their rates is 46 to 128 ms, and keeps the pitch visible.
#
# ## And back
#
# Nothing is lost: the inverse transforms, windowed again, added where they overlap, and divided by the sum of the
# squared windows, give the waveform back (Griffin & Lim 1984, eq. 6).

# %%
back = features.istft(spectra, hop_length=hop_length, length=waveform.size)
print(f"largest error {abs(back - waveform).max():.1e}")

# %% [markdown]
# A spectrogram shows $|X|$ and throws the angles away. *How much of a voice is in the angles?* Here are the right
# magnitudes with angles drawn at random.

# %%
angles = np.random.default_rng(0).uniform(0, 2 * np.pi, spectra.shape)
hoarse = features.istft(abs(spectra) * np.exp(1j * angles), hop_length=hop_length, length=waveform.size)
Audio(hoarse, rate=sr)

# %% [markdown]
# Rough, and still the same sentence with the same melody. What you recognise is in the magnitudes, and from here on we
# keep only those.
#
# ## Exercises
#
# 1. Compute the DFT of $(1, 0, 0, 0)$ and of $(1, 1, 1, 1)$ on paper. What do you notice?
# 2. Check Parseval's theorem, $\sum |x_n|^2 = \frac{1}{N} \sum |X_k|^2$, for a voice. What does it say in words?
# 3. A tone at 300 Hz and one at 500 Hz, 60 dB softer, in a frame of 1024 samples at 16 kHz. Which windows of
#    `get_window` show both? And with the second tone at 340 Hz?
# 4. Show that the Hann window, shifted by hops of $N / 2$ and added up, is constant. Which hops work for its square?
# 5. Better angles than random ones: start with them, go back to a waveform, transform that, keep its angles, put the
#    right magnitudes in, and repeat 50 times (Griffin & Lim 1984, section III). Listen after 1, 5 and 50 rounds.
#
# ## Read next
#
# - [minser/features/window.py](../minser/features/window.py): four windows from one table of cosines.
# - [minser/features/fourier.py](../minser/features/fourier.py): `stft` and `istft`, with the edges done right.
# - [minser/features/blocks.py](../minser/features/blocks.py): why frames are cut in blocks that fit the cache.
# - [minser/augment/stretch.py](../minser/augment/stretch.py): what the angles are good for after all.
# - Then [03_mel_and_friends.py](03_mel_and_friends.py).
