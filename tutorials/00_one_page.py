# %% [markdown]
# # The whole system on one page
#
# From WAV files to a network that names the emotion of a voice it never heard, in NumPy alone. Nothing of minser is
# imported. The tutorials from 01 on explain, draw and question every step; numbers in brackets say which. The voices
# are synthetic: `python -m minser.data toy voices` makes 1440 clips by 24 speakers, under the file names of RAVDESS.

# %%
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
SR, N_FFT, HOP, N_MELS = 16000, 1024, 256, 64  # Hz; samples a frame; samples from frame to frame; bands
N_FRAMES = 96  # 1.5 s: what the network sees of a clip
EPOCHS, BATCH, LR, DECAY, SMOOTHING = 12, 32, 3e-3, 0.02, 0.1  # SMOOTHING: of the target, shared by all classes [8]
TEST_ACTORS, VAL_ACTORS = (2, 5, 14, 15, 16), (3, 6)  # fold 0 of Luna-Jimenez et al. 2021; VAL: to choose settings by

voices = Path(tempfile.gettempdir(), "minser-voices")
if not voices.exists():
    subprocess.run([sys.executable, "-m", "minser.data", "toy", str(voices)], check=True)

# %% [markdown]
# ## Sound to picture
#
# A WAV file is a list of 16-bit numbers [1]. Cut it into overlapping frames, fade each in and out by a Hann window,
# take the power of its Fourier transform [2], sum it in 64 bands, wider at the top as the ear's are, and take the
# logarithm [3]. Silence at the ends is cut off. Zero mean and unit variance: the recording's level shall not count.


# %%
def read_wav(path):
    """Return the samples of a 16-bit file with one channel, from -1 to 1."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32768


def mel_filters():
    """Return triangles of equal area that sum a spectrum into bands, (n_mels, n_bins) (Slaney 1998)."""
    top = 15 + 27 * np.log(SR / 2 / 1000) / np.log(6.4)  # half the sample rate in mel
    mel = np.linspace(0, top, N_MELS + 2)[:, None]
    corners = np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))  # linear to 1 kHz, then logarithmic
    bins = np.arange(N_FFT // 2 + 1) * SR / N_FFT
    low, middle, high = corners[:-2], corners[1:-1], corners[2:]
    triangles = np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    return np.maximum(triangles, 0) * 2 / (high - low)


FILTERS = mel_filters()
WINDOW = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)


def log_mel(waveform):
    """Return the mel spectrogram in dB, standardised, (n_mels, n_frames)."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(waveform, N_FFT // 2), N_FFT)[::HOP]
    power = np.abs(np.fft.rfft(frames * WINDOW)) ** 2  # (n_frames, n_bins)
    loud = np.flatnonzero(power.sum(axis=1) > power.sum(axis=1).max() / 1000)  # less than 30 dB below the loudest
    mel = FILTERS @ power[loud[0] : loud[-1] + 1].T
    db = np.maximum(10 * np.log10(mel / mel.max() + 1e-30), -70)
    return ((db - db.mean()) / db.std()).astype(np.float32)


files = sorted(voices.glob("Actor_*/*.wav"))
fields = np.array([file.stem.split("-") for file in files], int)  # of 03-01-06-01-02-01-12: emotion 6, speaker 12
labels, actors = fields[:, 2] - 1, fields[:, 6]
features = [log_mel(read_wav(file)) for file in files]
test = np.flatnonzero(np.isin(actors, TEST_ACTORS))
train = np.flatnonzero(~np.isin(actors, TEST_ACTORS + VAL_ACTORS))  # no speaker is in two parts [10]
print(f"{len(files)} clips, {len(train)} to learn from, {len(test)} by other speakers to be tested on")

# %% [markdown]
# ## Layers
#
# `forward` turns a batch, some clips at once, into a batch. `backward` takes the gradient of the loss (how wrong the
# network is) by the layer's output, keeps the gradients by its weights in `grads`, and returns the gradient by its
# input: the chain rule [5]. Arrays are (batch, height, width, channels); height is frequency, width is time.


# %%
class Layer:
    def __init__(self, **params):
        self.params = {name: array.astype(np.float32) for name, array in params.items()}
        self.grads = {}


def patches(x):
    """Return every 3 x 3 neighbourhood as a row (im2col), zeros around the picture [6]."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))  # (n, h, w, channels, 3, 3)
    return np.moveaxis(windows, 3, 5).reshape(-1, 9 * x.shape[3])


class Conv(Layer):
    """A small pattern compared with every place: one matrix product."""

    def __init__(self, n_in, n_out, rng):
        super().__init__(weight=rng.normal(0, np.sqrt(2 / (9 * n_in)), (3, 3, n_in, n_out)))  # He et al. 2015, eq. 10

    def forward(self, x, training, rng):
        self.shape, self.cols = x.shape, patches(x)
        weight = self.params["weight"]
        return (self.cols @ weight.reshape(-1, weight.shape[3])).reshape(*x.shape[:3], -1)

    def backward(self, grad):
        weight = self.params["weight"]
        self.grads["weight"] = (self.cols.T @ grad.reshape(len(self.cols), -1)).reshape(weight.shape)
        if self.shape[3] == 1:
            return None  # the first layer: nobody asks for the gradient of the sound
        turned = weight[::-1, ::-1].swapaxes(2, 3)  # the input's gradient is a convolution with the turned pattern
        return (patches(grad) @ turned.reshape(-1, weight.shape[2])).reshape(self.shape)


class MaxPool(Layer):
    """Of every 2 x 2 places the largest value [7]."""

    def forward(self, x, training, rng):
        rows = np.maximum(x[:, ::2], x[:, 1::2])
        self.x, self.out = x, np.maximum(rows[:, :, ::2], rows[:, :, 1::2])
        return self.out

    def backward(self, grad):
        grad_x, free = np.empty_like(self.x), np.ones(grad.shape, bool)
        for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
            won = free & (self.x[:, i::2, j::2] == self.out)  # of equal values the first wins
            grad_x[:, i::2, j::2] = grad * won
            free &= ~won
        return grad_x


class BatchNorm(Layer):
    """Each channel to zero mean and unit variance, then a learned scale and shift (Ioffe & Szegedy 2015) [7]."""

    def __init__(self, channels):
        super().__init__(gamma=np.ones(channels), beta=np.zeros(channels))
        self.mean, self.var = np.zeros(channels, np.float32), np.ones(channels, np.float32)

    def forward(self, x, training, rng):
        mean, var = (x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))) if training else (self.mean, self.var)
        if training:  # a test clip has no batch: it is measured by what training saw on average
            self.mean, self.var = 0.9 * self.mean + 0.1 * mean, 0.9 * self.var + 0.1 * var
        self.inv_std = 1 / np.sqrt(var + 1e-5)
        self.normed = (x - mean) * self.inv_std
        return self.normed * self.params["gamma"] + self.params["beta"]

    def backward(self, grad):
        self.grads["beta"], self.grads["gamma"] = grad.sum(axis=(0, 1, 2)), (grad * self.normed).sum(axis=(0, 1, 2))
        by_statistics = (self.grads["beta"] + self.normed * self.grads["gamma"]) / grad[..., 0].size
        return (grad - by_statistics) * (self.params["gamma"] * self.inv_std)


class ReLU(Layer):
    """What is negative becomes zero."""

    def forward(self, x, training, rng):
        self.positive = x > 0
        return x * self.positive

    def backward(self, grad):
        return grad * self.positive


class MeanMax(Layer):
    """The mean over frequency, and of it mean and maximum over time: (batch, 2 * channels)."""

    def forward(self, x, training, rng):
        profile = x.mean(axis=1)  # (batch, width, channels)
        self.shape, self.winner = x.shape, profile.argmax(axis=1)[:, None]
        return np.concatenate([profile.mean(axis=1), profile.max(axis=1)], axis=1)

    def backward(self, grad):
        _, height, width, channels = self.shape
        profile = np.repeat(grad[:, None, :channels] / width, width, axis=1)
        of_winner = np.take_along_axis(profile, self.winner, axis=1) + grad[:, None, channels:]
        np.put_along_axis(profile, self.winner, of_winner, axis=1)
        return np.broadcast_to(profile[:, None] / height, self.shape)


class Dropout(Layer):
    """In training, zero 30 % of the values: no unit may rely on one other [7]."""

    def forward(self, x, training, rng):
        self.scale = np.float32((rng.random(x.shape) >= 0.3) / 0.7) if training else np.float32(1)
        return x * self.scale

    def backward(self, grad):
        return grad * self.scale


class Dense(Layer):
    """A weighted sum of all inputs for each output. The weights start at zero: the first guess is no opinion."""

    def __init__(self, n_in, n_out):
        super().__init__(weight=np.zeros((n_in, n_out)), bias=np.zeros(n_out))

    def forward(self, x, training, rng):
        self.x = x
        return x @ self.params["weight"] + self.params["bias"]

    def backward(self, grad):
        self.grads["weight"], self.grads["bias"] = self.x.T @ grad, grad.sum(axis=0)
        return grad @ self.params["weight"].T


# %% [markdown]
# ## Network
#
# Three blocks, each with more patterns on a coarser picture; then one vector a clip, and from it eight numbers, the
# logits. (minser normalises before it pools [7]; this way round there is less to do.)

# %%
rng = np.random.default_rng(0)
network = []
for n_in, n_out in ((1, 16), (16, 32), (32, 64)):
    network += [Conv(n_in, n_out, rng), MaxPool(), BatchNorm(n_out), ReLU()]
network += [MeanMax(), Dropout(), Dense(2 * 64, len(EMOTIONS))]


def forward(x, *, training, rng=None):
    """Return the logits of a batch, (batch, 8)."""
    for layer in network:
        x = layer.forward(x, training, rng)
    return x


def log_softmax(logits):
    """Return logarithms of probabilities, exp(logit) over the sum of all eight (softmax), without overflow."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def fit(feature, start):
    """Return N_FRAMES frames of a clip; start, 0 to 1, says where they lie. Short clips get silence around them."""
    slack = abs(feature.shape[1] - N_FRAMES)
    offset = min(slack, int(start * (slack + 1)))
    if feature.shape[1] >= N_FRAMES:
        return feature[:, offset : offset + N_FRAMES]
    return np.pad(feature, ((0, 0), (offset, slack - offset)), constant_values=feature.min())


# %% [markdown]
# ## Training
#
# Cross-entropy says how surprised the network is by the truth; its gradient by the logits is softmax minus target. Adam
# divides each weight's step by the usual size of its gradient (Kingma & Ba 2015, alg. 1). The learning rate rises for
# two epochs and falls along a cosine [8]. In each epoch a clip is cropped anew, and up to 8 frames are blanked [4].

# %%
steps_per_epoch = len(train) // BATCH
total, warmup, step = EPOCHS * steps_per_epoch, 2 * steps_per_epoch, 0
state = [(layer, name, np.zeros_like(w), np.zeros_like(w)) for layer in network for name, w in layer.params.items()]


def training_clip(i):
    """Return a clip, cropped and masked at random."""
    x, width = fit(features[i], rng.random()).copy(), rng.integers(0, 9)
    first = rng.integers(0, N_FRAMES - width + 1)
    x[:, first : first + width] = 0  # the clip's mean
    return x


for epoch in range(1, EPOCHS + 1):  # an epoch: every training clip once (but for what does not fill a batch)
    order, loss_sum, n_right = rng.permutation(train)[: steps_per_epoch * BATCH], 0.0, 0
    for chosen in order.reshape(-1, BATCH):
        x = np.stack([training_clip(i) for i in chosen])[..., None]
        log_probs = log_softmax(forward(x, training=True, rng=rng))
        target = (1 - SMOOTHING) * np.eye(len(EMOTIONS))[labels[chosen]] + SMOOTHING / len(EMOTIONS)
        loss_sum -= (target * log_probs).sum()
        n_right += (log_probs.argmax(axis=1) == labels[chosen]).sum()
        grad = ((np.exp(log_probs) - target) / BATCH).astype(np.float32)
        for layer in reversed(network):
            grad = layer.backward(grad)
        fall = max(0, step - warmup) / (total - warmup)
        lr = LR * min((step + 1) / (warmup + 1), (1 + np.cos(np.pi * fall)) / 2)
        step += 1
        for layer, name, mean, square in state:
            mean += 0.1 * (layer.grads[name] - mean)
            square += 0.001 * (layer.grads[name] ** 2 - square)
            layer.params[name] *= 1 - lr * DECAY  # weight decay (Loshchilov & Hutter 2019, alg. 2)
            layer.params[name] -= lr / (1 - 0.9**step) * mean / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    print(f"epoch {epoch:2}  loss {loss_sum / order.size:.3f}  {100 * n_right / order.size:.0f} % right")

# %% [markdown]
# ## Test
#
# Rows are what was acted, columns what was heard [9]. The field's score is the UAR, unweighted average recall: the mean
# of the rows' shares on the diagonal. Chance has 12.5 %, minser's toy recipe 92 % (80 to 92 by seed and speakers).

# %%
logits = np.concatenate([forward(fit(features[i], 0.5)[None, ..., None], training=False) for i in test])
confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), int)
np.add.at(confusion, (labels[test], logits.argmax(axis=1)), 1)
for name, row in zip(EMOTIONS, confusion, strict=True):
    print(f"{name:10}" + "".join(f"{n:5}" for n in row))
uar = (confusion.diagonal() / confusion.sum(axis=1)).mean()
print(f"UAR {100 * uar:.1f} %: speakers that the network never heard")
