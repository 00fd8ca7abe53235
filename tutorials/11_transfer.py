# %% [markdown]
# # 11. Transfer: start from what another task has taught
#
# After this you can read the architecture of VGG16, load its weights from any of the files in the wild and know what
# can go wrong, and decide what to freeze when you have few clips of your own.
#
# A network's first layers find edges, onsets, lines; only the last ones decide about emotions. Edges are the same
# everywhere. So take the first layers from a network that was trained on much data for another task, and train only the
# rest on your few (Yosinski et al. 2014).

# %%
# %matplotlib inline
import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import safetensors.numpy

from minser import evaluation, nn, recipes
from minser.corpus import cache, recipe_batches, toy
from minser.corpus.dataset import find_corpus, find_ravdess, load_dataset
from minser.models import imagenet, torch_layout, vgg16
from minser.plots import Figure
from minser.runs.build import build_model, freeze
from minser.training.prediction import predict_logits
from minser.training.trainer import Trainer

# %% [markdown]
# ## VGG16
#
# Thirteen convolutions of 3 x 3 in five blocks, each block ended by max pooling, each with twice the filters of the one
# before, up to 512 (Simonyan & Zisserman 2015, configuration D). Trained on a million photographs. It is easy to read:
# nothing but the layers that you know from tutorials 6 and 7, without batch norm.

# %%
rng = np.random.default_rng(0)
stack = vgg16.conv_stack(rng=rng)
print(nn.summary(stack, (128, 128, 3)))

# %% [markdown]
# 14.7 million weights, six hundred times as many as the toy network has; *where are most of them?* And most of the
# work? Count by block:

# %%
figure = Figure(figsize=(9, 2.8), dpi=100, layout="constrained")
left, right = figure.subplots(1, 2)
shape, weights, work = (128, 128, 3), [0] * 5, [0] * 5
for name, layer in stack.layers.items():
    block = int(name[4]) - 1
    weights[block] += sum(array.size for array in layer.params.values()) / 1e6
    work[block] += layer.multiply_adds(shape) / 1e9
    shape = layer.output_shape(shape)
left.bar(range(1, 6), weights, color="#0072B2")
left.set(title="weights", xlabel="block", ylabel="millions")
right.bar(range(1, 6), work, color="#D55E00")
right.set(title="work for one picture of 128 x 128", xlabel="block", ylabel="multiply-adds (billions)")
figure

# %% [markdown]
# Weights sit at the end, work in the middle. If the first blocks are frozen and no augmentation changes the clips, what
# they make of a clip never changes either, so minser computes it once and keeps it on disk: with three blocks frozen,
# three fifths of the forward work are gone, and so is their backward.
#
# ## Three files, three ways to be wrong
#
# Three libraries of networks (torchvision, timm, Keras) store the same numbers in different orders, and a wrong order
# gives no error: only a network that sees nonsense.
#
# | file | kernel | colours | pictures |
# |---|---|---|---|
# | torchvision's `.pth` | (out, in, height, width) | RGB | 0 to 1, minus mean, by deviation |
# | timm's `.safetensors` | (out, in, height, width) | RGB | 0 to 1, minus mean, by deviation |
# | Keras's no-top `.h5` | (height, width, in, out) | BGR | 0 to 255, minus mean |
#
# minser holds (height, width, in, out). Here is a file as timm would write it, with our random weights, and what
# becomes of the first layer's output when somebody forgets one of the three. *Which mistake is the worst?*

# %%
arrays = {
    f"conv{i}_{j}.{kind}": stack.params[f"conv{i}_{j}.{kind}"]
    for i, j in [(1, 1), (1, 2)]
    for kind in ("weight", "bias")
}
state = torch_layout.to_state_dict(arrays)
print("minser", arrays["conv1_1.weight"].shape, "-> torch", state["conv1_1.weight"].shape)

names = imagenet.torch_names()  # conv1_1 is the first of torchvision's "features", and so on
print({name: names[name] for name in list(names)[:4]})

weight = stack.params["conv1_1.weight"]
mean, std = (np.array(values, np.float32) for values in imagenet.TORCH_SCALE)
picture = rng.uniform(0, 1, (1, 64, 64, 3)).astype(np.float32)
layer = stack.layers["conv1_1"]
right = layer.forward((picture - mean) / std)
mistakes = {
    "colours swapped": ((picture[..., ::-1] - mean) / std, weight),
    "0 to 255 instead of 0 to 1": ((255 * picture - mean) / std, weight),
    "height and width swapped": ((picture - mean) / std, weight.swapaxes(0, 1)),
}
for name, (x, kernel) in mistakes.items():
    layer.params["weight"] = np.ascontiguousarray(kernel)
    wrong = layer.forward(x.astype(np.float32))
    layer.params["weight"] = weight
    agreement = np.corrcoef(wrong.ravel(), right.ravel())[0, 1]
    print(f"{name:27} size {wrong.std() / right.std():6.1f} x, correlation with the right output {agreement:.2f}")

# %% [markdown]
# None of them raises an error. So the reader checks what it can (names, shapes, the number of layers), and stores the
# scale of the pictures *with* the network, in a layer of its own. `.pth` files are *pickles*, Python's format for any
# object, which can run any program when they are opened; minser reads them without executing anything
# ([torch_pickle.py](../minser/models/torch_pickle.py)).
#
# The weights themselves (59 MB) are not part of minser. When you have one of the files, the command
#
#     python -m minser.train --recipe vgg16_transfer --weights vgg16-397923af.pth
#
# does what a published system did: mel spectrograms as pictures, some blocks frozen (which ones it does not say; the
# recipe takes the first three), a new head. (Its split is the published one too, with copies of test clips in training;
# tutorial 10 says what that is worth, and `--split luna` asks the better question.)
#
# ## A case that runs anywhere: from one way of speaking to another
#
# Photographs are far from voices. Song is near: RAVDESS's actors also sing, six of the eight emotions. Can a network
# that has learned from song learn *speech* from a few clips?
#
# Where RAVDESS with song is found, that is what follows. Elsewhere the synthetic voices play the parts: the source is a
# choir of 24 *other* speakers (seed 1) with the same six emotions, the target are the eight emotions of the usual 24,
# of whom only three speakers, 180 clips, may be used for training.

# %%
recipe = recipes.read("toy").replace({"training.epochs": 6})
ravdess = find_ravdess(None)
if ravdess:
    recipe = recipes.read("minser").replace({"training.epochs": 20, "features.channels": ["log_mel"]})
speech = load_dataset(recipe, ravdess or find_corpus(recipe, None))
if ravdess:
    song = load_dataset(recipe.replace({"data.speech": False, "data.song": True}), ravdess)
else:
    choir = toy.make_corpus(cache.default_root().parent / "choir", seed=1)
    song = load_dataset(recipe, choir)
sung = np.flatnonzero(song.labels < 6)  # neutral to fearful: what RAVDESS's singers have
train_speakers = sorted({clip.actor for clip in (speech.clips[i] for i in speech.split.train)})[:3]
few = np.array([i for i in speech.split.train if speech.clips[i].actor in train_speakers])
print(f"source: {len(sung)} clips of 6 emotions; target: {len(few)} clips by speakers {train_speakers}, 8 emotions")


# %%
def train(model, dataset, indices, settings):
    """Train a model on some clips of a dataset and return it."""
    dataset = dataclasses.replace(dataset, train=indices)
    trainer = Trainer(model, settings.training, steps_per_epoch=-(-len(indices) // settings.training.batch_size))
    while not trainer.is_finished:
        trainer.run_epoch(
            lambda epoch: recipe_batches.training_batches(settings, dataset, epoch),
            lambda: recipe_batches.evaluation_batches(settings, dataset, dataset.split.val),
        )
    return trainer.model


def new_network(seed=0):
    """Return a network that has learned nothing."""
    return build_model(recipe.replace({"training.seed": seed}), in_channels=1, n_classes=8)


def test(model):
    """Return the UAR on the speech of speakers that no part of the training has heard."""
    logits, y = predict_logits(model, recipe_batches.evaluation_batches(recipe, speech, speech.split.test))
    return 100 * float(evaluation.uar(evaluation.confusion_matrix(y, logits.argmax(axis=1), n_classes=8)))


test_actors = {speech.clips[i].actor for i in speech.split.test}
source_clips = np.array([i for i in sung if not ravdess or song.clips[i].actor not in test_actors])
source = train(new_network(), song, source_clips, recipe)
print("source network, not trained on the target:", f"{test(source):.1f} %")

# %% [markdown]
# The test speakers' song is left out too: on RAVDESS the singers are the speakers, and tutorial 10 was not for nothing.
#
# (It never saw disgust or surprise, so of eight emotions it can know six: 75 % would be the most.)
#
# Now three networks with the same 180 clips. *From scratch*: random weights. *Frozen*: the source's convolutions stay
# as they are, only the dense layers after them learn. *Fine-tuned*: start from the source's and let all learn. *Which
# order do you expect?* An epoch of few clips has few steps, so they get three times as many epochs.

# %%
target = recipe.replace({"training.epochs": 3 * recipe.training.epochs})


def from_source():
    """Return a network with the source's weights, all but the last layer's."""
    model = new_network()
    for arrays, theirs in ((model.params, source.params), (model.buffers, source.buffers)):
        for name, array in arrays.items():
            if not name.startswith("logits"):
                array[...] = theirs[name]
    return model


n_blocks = len(recipe.model.channels)
results = {
    "from scratch": test(train(new_network(), speech, few, target)),
    "frozen": test(train(freeze(from_source(), range(1, n_blocks + 1)), speech, few, target)),
    "fine-tuned": test(train(from_source(), speech, few, target)),
}
for name, uar in results.items():
    print(f"{name:13} UAR {uar:.1f} %")

# %%
figure = Figure(figsize=(6, 2.2), dpi=100, layout="constrained")
axes = figure.subplots()
axes.barh(list(results), list(results.values()), color=["#666666", "#56B4E9", "#0072B2"])
axes.axvline(12.5, color="#D55E00", linestyle=":", label="chance")
axes.invert_yaxis()
axes.set(xlabel=f"UAR on new speakers (%), {len(few)} training clips", xlim=(0, 100))
axes.legend(loc="upper right")
figure

# %% [markdown]
# What to expect in general (Yosinski et al. 2014; the last point He, Girshick & Dollár 2019):
#
# - Few clips, near source: freeze much. The few weights that learn cannot learn by heart.
# - More clips, or a farther source: fine-tune all, with a smaller rate, so that the first steps do not destroy what was
#   brought along.
# - Many clips: scratch catches up.
#
# One run with one seed is an anecdote (tutorial 10): other test speakers would move each bar by several points.
#
# ### What did the source bring?
#
# The filters of the first convolution, before and after the source's training. *Which have changed most, those of the
# first layer or of the last?*

# %%
for name in (f"conv{i}.weight" for i in range(1, n_blocks + 1)):
    before, after = new_network().params[name], source.params[name]
    print(f"{name}: moved by {100 * np.linalg.norm(after - before) / np.linalg.norm(before):.0f} % of its size")

figure = Figure(figsize=(10, 1.8), dpi=90, layout="constrained")
grid = figure.subplots(2, 16)
for row, network in zip(grid, (new_network(), source), strict=True):
    for k, axes in enumerate(row):
        kernel = network.params["conv1.weight"][:, :, 0, k]
        axes.imshow(kernel, cmap="RdBu_r", vmin=-abs(kernel).max(), vmax=abs(kernel).max(), origin="lower")
        axes.set(xticks=[], yticks=[])
grid[0, 0].set_ylabel("random")
grid[1, 0].set_ylabel("source")
figure

# %% [markdown]
# In the first layer each filter is still recognisable: a small step from random weights was enough. The deeper layers
# have moved further. What was learned lies in thousands of small agreements, and not in one filter that one could point
# at.

# %% [markdown]
# ## Weights travel as a file
#
# No pickle: `safetensors` holds names, shapes and numbers, nothing that could run. From version 0.8 on, `save_file`
# writes an array as it lies in memory. A transposed array or a slice comes back with its numbers in another order, and
# no error says so: pass arrays in C order, if need be by `np.ascontiguousarray`. These here are in C order.

# %%
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "source.safetensors")
    safetensors.numpy.save_file({**source.params, **source.buffers}, file)
    back = safetensors.numpy.load_file(file)
    print(f"{file.stat().st_size / 1e3:.0f} kB, {len(back)} arrays, the first: {next(iter(sorted(back)))}")

# %% [markdown]
# With commands:
# `python -m minser.train --recipe minser --set model.weights=runs/song --set "model.frozen_blocks=[1,2]"` starts from
# the network of another run.
#
# ## Exercises
#
# 1. Freeze only block 1, then 1 and 2. Draw the UAR over the number of frozen blocks.
# 2. Repeat the comparison with 1, 3, 6 and 12 target speakers. Where does "from scratch" catch up?
# 3. Convert the first convolution of VGG16 to one input channel, for gray pictures, so that the output is the same as
#    for three equal colours.
# 4. What do frozen layers do with batch norm: running averages of the source, or of the target? Try both
#    (`PartlyFrozen` decides for one; why?).
# 5. Take a *far* source: train the network to tell the 24 speakers apart, and transfer that. What did it learn?
#
# ## Read next
#
# - [minser/models/vgg16.py](../minser/models/vgg16.py): the architecture on one screen.
# - [minser/models/imagenet.py](../minser/models/imagenet.py): three kinds of files.
# - [minser/models/freezing.py](../minser/models/freezing.py): layers that no longer learn.
# - Then [12_what_it_listens_to.py](12_what_it_listens_to.py).
