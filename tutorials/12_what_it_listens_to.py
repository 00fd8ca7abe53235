# %% [markdown]
# # 12. What the network listens to
#
# After this you can ask a trained network where in a clip it found its answer, in three ways, and test whether the
# picture that you get means anything.
#
# A network that is right may be right for a wrong reason: a hum in the recordings of one class, the length of the
# silence. Scores do not show that. The backward pass of tutorial 5 can: it gives the gradient of *anything* by
# *anything*, so also of an answer by the input.

# %%
# %matplotlib inline
import numpy as np

from minser import explanation, features, recipes
from minser.corpus import batches, recipe_batches
from minser.corpus.dataset import find_corpus, find_ravdess, load_dataset
from minser.features.image import resize
from minser.plots import Figure
from minser.plots.explanation import explanation_figure
from minser.runs.build import build_model, build_trainer

ravdess = find_ravdess(None)
recipe = recipes.read("minser" if ravdess else "toy")
recipe = recipe.replace({"training.epochs": 10, "features.channels": ["log_mel"]})  # one channel: one picture
dataset = load_dataset(recipe, ravdess or find_corpus(recipe, None))
trainer = build_trainer(recipe, dataset)
while not trainer.is_finished:
    row = trainer.run_epoch(
        lambda epoch: recipe_batches.training_batches(recipe, dataset, epoch),
        lambda: recipe_batches.evaluation_batches(recipe, dataset, dataset.split.val),
    )
network = trainer.model
x = np.stack([batches.fit(dataset.features[i], recipe.features) for i in dataset.split.test])[..., None]
y = dataset.labels[dataset.split.test]
logits = np.concatenate([network.forward(part) for part in np.array_split(x, 10)])
print(f"{100 * np.mean(logits.argmax(axis=1) == y):.0f} % of the test clips are right")

# %% [markdown]
# ## Saliency: which cells would change the answer?
#
# Let $z_c$ be the logit of class $c$. The *saliency* of a cell is $\left| \partial z_c / \partial x \right|$: how much
# the score would move if this cell got a little louder (Simonyan, Vedaldi & Zisserman 2014, section 3). To get it, put
# a 1 in the place of class $c$, zeros elsewhere, and go backward to the input.
#
# We look at the surprised clip whose score is highest. In the synthetic voices surprise ends in a steep rise of pitch.
# *Where do you expect the map to be bright?*

# %%
surprised = dataset.names.index("surprised")
mine = np.flatnonzero(y == surprised)
chosen = mine[logits[mine, surprised].argmax()]
one = np.zeros((1, len(dataset.names)), np.float32)
one[0, surprised] = 1
network.forward(x[chosen : chosen + 1])
saliency = np.abs(network.backward(one)[0, :, :, 0])
print(saliency.shape, f"as minser's: {np.allclose(saliency, explanation.saliency_map(network, x[chosen], surprised))}")

# %% [markdown]
# Four lines. Note what they need: a backward pass that works *outside* of training (batch norm with its running
# averages, no dropout), and that goes all the way to the input. In training nobody asks the first layer for that.
#
# ## Grad-CAM: which places speak for the class?
#
# Saliency is noisy: it shows single cells. Grad-CAM (Selvaraju et al. 2017, equations 1 and 2) looks at the last
# convolution, where each filter $A^k$ has become a coarse picture of where its pattern was found. Each filter weighs as
# much as the score rises with it, on average over its $Z$ places, and what speaks against the class is cut off:
#
# $$\alpha_k = \frac{1}{Z} \sum_{i,j} \frac{\partial z_c}{\partial A^k_{ij}}, \qquad
# \text{map} = \max\!\left(0,\ \sum_k \alpha_k A^k\right) .$$
#
# `split` cuts a network in two at a layer, so that we can hold what lies between:

# %%
last = f"relu{len(recipe.model.channels)}"  # after the last convolution
head, tail = network.split(last)
activation = head.forward(x[chosen : chosen + 1])  # (1, height, width, filters)
tail.forward(activation)
weights = tail.backward(one).mean(axis=(1, 2))  # (1, filters)
coarse = np.maximum((activation * weights[:, None, None]).sum(axis=-1), 0)[0]
print(f"{activation.shape[-1]} filters of {last}, a map of {coarse.shape} places for a picture of {x.shape[1:3]}")
print("as minser's:", np.allclose(coarse, explanation.class_activation_map(network, x[chosen], surprised), atol=1e-5))


def cam(network, clip, target):
    """Return minser's map, enlarged to the size of the picture."""
    coarse = explanation.class_activation_map(network, clip, target)
    return resize(coarse, height=clip.shape[0], width=clip.shape[1])


# %% [markdown]
# ## Occlusion: hide it and see
#
# The third way needs no gradient. Put a patch of the mean over one place after the other, and write down how far the
# probability falls (Zeiler & Fergus 2014). It is slow, and the most honest of the three: it *does* something instead of
# predicting what would happen.

# %%
maps = {
    "saliency": explanation.saliency_map(network, x[chosen], surprised),
    "Grad-CAM": cam(network, x[chosen], surprised),
    "occlusion": explanation.occlusion_map(network, x[chosen], surprised, patch=(16, 12), stride=(8, 4)),
}
settings = recipe.features
sr, hop_length = settings.sr, settings.hop_length
centres = features.band_centres(settings.n_mels, fmax=settings.fmax or sr / 2)
level = x[chosen, :, :, 0]
explanation_figure(
    level - level.max(),
    maps,
    emotion="surprised",
    sr=sr,
    hop_length=hop_length,
    frequencies_hz=centres,
    seen_s=(0, x.shape[2] * hop_length / sr),
    title="Why surprised?",
    level_label="below the loudest cell (standard deviations)",  # not decibels: the input is standardised
)

# %% [markdown]
# Do the three agree? Rarely in every detail: they answer different questions. Saliency: what would change the score.
# Grad-CAM: where is evidence *for*. Occlusion: what is missed when it is gone. Where two of them point at one place,
# look there. (A network that averages over frequency, as this one does, knows little about *where in frequency*; trust
# the time axis more.)
#
# ## One picture is an anecdote
#
# Average over all clips that were recognised. Clips have different lengths, so line them up at the end of the voice,
# and take the saliency of each frame. *In which emotions should the end matter most?* Think of the picture of eight
# emotions in tutorial 3: which melodies end in a rise or a fall?

# %%
figure = Figure(figsize=(9, 4), dpi=100, layout="constrained")
axes = figure.subplots()
rows = []
n_last = 60
for label in range(len(dataset.names)):
    own = np.flatnonzero((y == label) & (logits.argmax(axis=1) == label))[:20]
    total = np.zeros(n_last)
    for i in own:
        profile = explanation.saliency_map(network, x[i], label).sum(axis=0)  # (n_frames,)
        loud = np.flatnonzero(x[i, :, :, 0].max(axis=0) > 0)  # frames with any cell above the mean
        end = max(loud[-1] + 1, n_last)
        total += profile[end - n_last : end] / profile.sum()
    rows.append(total / max(len(own), 1))
image = axes.imshow(100 * np.array(rows), aspect="auto", cmap="magma", extent=(-n_last * hop_length / sr, 0, 7.5, -0.5))
axes.set_yticks(range(8), dataset.names)
axes.set(xlabel="time before the end of the voice (s)", title="mean saliency of the recognised clips")
figure.colorbar(image, label="share of the clip (%)")
figure

# %% [markdown]
# This is evidence about the network, not about people, and not about the voices either: it tells which parts this
# network's score depends on.
#
# ## Does the map mean anything?
#
# Pictures convince easily, so test them. **Test 1: destroy the network.** A map that looks just as convincing for
# random weights shows the input, not the reason (Adebayo et al. 2018). How similar is the map of the trained network to
# that of a fresh one?

# %%
fresh = build_model(recipe.replace({"training.seed": 1}), in_channels=1, n_classes=8)
fresh.params["logits.weight"][...] = np.random.default_rng(0).standard_normal(fresh.params["logits.weight"].shape)


def ranks(values):
    """Return each value's place in the order, from 0 to 1."""
    return values.ravel().argsort().argsort() / values.size


def rank_correlation(a, b):
    """Return how well two maps agree in the order of their cells (Spearman 1904)."""
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


for name, how in (("saliency", explanation.saliency_map), ("Grad-CAM", cam)):
    agree = [rank_correlation(how(network, x[i], surprised), how(fresh, x[i], surprised)) for i in mine[:10]]
    print(f"{name:9} trained against fresh: rank correlation {np.mean(agree):+.2f} (1: the same map)")

# %% [markdown]
# The nearer to 0 the better: then the map owes little to the input alone.
#
# **Test 2: delete what the map says.** Blank the stretch of time that the map calls most important, and compare with a
# stretch at a random place of the voice. If the map is any good, the right answer dies sooner. (One stretch, as in the
# masks of training: a picture full of holes is strange to the network whatever the holes hide.)


# %%
def share_right(profiles, width):
    """Return how many clips are still recognised with the strongest `width` frames in a row set to the mean."""
    hidden = x[list(profiles)].copy()
    for clip, profile in zip(hidden, profiles.values(), strict=True):
        first = np.convolve(profile, np.ones(width), mode="valid").argmax() if width else 0
        clip[:, first : first + width] = 0
    return np.mean(network.forward(hidden).argmax(axis=1) == y[list(profiles)])


rng = np.random.default_rng(0)
recognised = np.flatnonzero(logits.argmax(axis=1) == y)[::3]
loudness = {i: x[i, :, :, 0].mean(axis=0) for i in recognised}
importance = {
    "Grad-CAM": {i: cam(network, x[i], y[i]).sum(axis=0) for i in recognised},
    "saliency": {i: explanation.saliency_map(network, x[i], y[i]).sum(axis=0) for i in recognised},
    "loudness": loudness,
    "random": {i: rng.random(x.shape[2]) * (loudness[i] > loudness[i].min() + 0.3) for i in recognised},
}
counts = range(0, 33, 4)
figure = Figure(figsize=(7.5, 3.2), dpi=100, layout="constrained")
axes = figure.subplots()
for (name, order), colour in zip(importance.items(), ("#D55E00", "#0072B2", "#E69F00", "#666666"), strict=True):
    axes.plot(counts, [100 * share_right(order, n) for n in counts], "o-", color=colour, label=name)
axes.set(xlabel=f"frames blanked in a row, of {x.shape[2]}", ylabel="still recognised (%)", ylim=(0, 103))
figure.legend(loc="outside right center")
figure

# %% [markdown]
# A curve below "random" means that the map points at moments which matter. But compare with "loudness" too, a map that
# knows nothing about the network. Only what beats it has told you something about the network that you could not see in
# the clip. On the synthetic voices both maps beat both.
#
# From the command line, for your own recordings: `python -m minser.explain --run runs/toy voice.wav`.
#
# ## Exercises
#
# 1. Take the saliency of the *loss* instead of the logit. For a clip that is recognised with certainty, what goes
#    wrong?
# 2. Multiply saliency by the input (before taking the absolute value). Which test does it pass better?
# 3. Explain a *mistake*: the map of the wrong answer and the map of the right one. Where do they differ?
# 4. Plant a clue: add a soft tone of 3 kHz to all happy clips in training, train, and let the maps find it. Which of
#    the three does?
# 5. Average the saliency over time instead of frequency: which bands matter? Check by occlusion with patches of all
#    frames.
#
# ## Read next
#
# - [minser/explanation/saliency.py](../minser/explanation/saliency.py),
#   [minser/explanation/grad_cam.py](../minser/explanation/grad_cam.py),
#   [minser/explanation/occlusion.py](../minser/explanation/occlusion.py): a screen each.
# - [minser/nn/sequential.py](../minser/nn/sequential.py): `split`.
# - Then [13_making_it_fast.py](13_making_it_fast.py).
