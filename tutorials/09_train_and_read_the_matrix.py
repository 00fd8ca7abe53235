# %% [markdown]
# # 9. Train, and read a confusion matrix
#
# After this you can train a network by a recipe, tell from its curves what is going on, read a confusion matrix, and
# say what accuracy, recall, precision, F1 and UAR are, because you have computed them.
#
# With the synthetic voices this takes about half a minute. Where RAVDESS is found it takes that instead, with minser's
# own recipe, and some minutes.

# %%
# %matplotlib inline
import numpy as np
from IPython.display import Audio

from minser import audio, evaluation, nn, plots, recipes
from minser.corpus import recipe_batches
from minser.corpus.dataset import find_corpus, find_ravdess, load_dataset
from minser.plots import Figure
from minser.runs.build import build_trainer, predict_test_part, score_table

ravdess = find_ravdess(None)
recipe = recipes.read("toy")
if ravdess:
    recipe = recipes.read("minser").replace({"training.epochs": 20, "features.channels": ["log_mel"]})
print(recipe.to_toml())

# %% [markdown]
# ## The recipe is the experiment
#
# All that decides the result stands there, and the run folder of `python -m minser.train` keeps this file beside the
# weights. Change a line, and it is another experiment. (On RAVDESS 20 of the 200 epochs of minser's own recipe are left
# here, and of its two channels the one that can be looked at.)
#
# From the recipe and a folder comes a dataset: clips, features (cached on disk), and the split into three parts. The
# network learns from the *training* part; the *validation* part is looked at while it learns, and may choose; the
# *test* part is asked at the end. *No speaker is in two parts.* Tutorial 10 is about why.

# %%
dataset = load_dataset(recipe, ravdess or find_corpus(recipe, None))
print(dataset.split.describe())
trainer = build_trainer(recipe, dataset)
print(nn.summary(trainer.model, (recipe.features.n_mels, recipe.features.n_frames, 1)))

# %% [markdown]
# ## Look at what the network will see
#
# Always, before training. Here are the first eight clips of the first batch, cropped and masked. If you cannot see
# anything in them, neither will the network.

# %%
x, y, _ = next(iter(recipe_batches.training_batches(recipe, dataset, 1)))
figure = Figure(figsize=(11, 4), dpi=80, layout="constrained")
for axes, picture, label in zip(figure.subplots(2, 4, sharex=True, sharey=True).flat, x, y, strict=False):
    axes.imshow(picture[..., 0], origin="lower", aspect="auto", cmap="viridis", vmin=-2, vmax=3)
    axes.set(title=dataset.names[label])
figure.supxlabel("frame", fontsize="medium")
figure.supylabel("mel band", fontsize="medium")
figure

# %% [markdown]
# ## Train
#
# The loop of tutorial 8, in `Trainer`. *What will the loss of the first epoch be, roughly?* And which will be higher in
# the end, the accuracy in training or in validation?

# %%
while not trainer.is_finished:
    row = trainer.run_epoch(
        lambda epoch: recipe_batches.training_batches(recipe, dataset, epoch),
        lambda: recipe_batches.evaluation_batches(recipe, dataset, dataset.split.val),
    )
    print(
        f"epoch {row['epoch']:2.0f}  loss {row['train_loss']:.2f}  accuracy {row['train_accuracy']:.2f}   "
        f"validation: loss {row['val_loss']:.2f}  accuracy {row['val_accuracy']:.2f}"
    )

# %%
history = {name: [row[name] for row in trainer.history] for name in trainer.history[0]}
plots.training_curves(history, best_epoch=trainer.best_epoch)

# %% [markdown]
# How to read curves:
#
# - Both losses fall: it learns what holds for other speakers too.
# - Training falls, validation rises: it learns the training clips by heart. Less network, more augmentation, more data.
# - Both stay high: too small a network, too small a rate, too much augmentation.
# - Validation jumps up and down: the part is small. 120 clips by two speakers say little about one epoch, which is why
#   this recipe takes the last epoch and not the luckiest.
#
# Note that training accuracy is measured *while* learning, under dropout and masks. That it lies below validation need
# not mean anything.
#
# ## Test
#
# The test part has chosen nothing: not the epoch, not the recipe. Now it is asked, once.

# %%
table = predict_test_part(recipe, dataset, trainer.model)
scores = score_table(table, dataset)
confusion = evaluation.confusion_matrix(table.y_true, table.y_pred, n_classes=8)
plots.confusion_figure(confusion, dataset.names)

# %% [markdown]
# Rows are what was acted, columns what the network heard. The diagonal is right. Read along a *row*: what became of the
# sad clips? Read down a *column*: when it says sad, what was it really? On the left are counts; on the right each row
# sums to 100 %, so that the small class (neutral has half as many clips) can be compared.
#
# Which pairs are confused? Ask whether they sound alike to you too. Listeners' scores on RAVDESS are quoted with calm
# and neutral accepted for each other, and of the happy clips listeners name 37 %.
#
# ## The scores, by hand
#
# *Recall* of a class: which share of its clips was found (along the row). *Precision*: which share of its answers was
# right (down the column). Their harmonic mean is *F1* (Van Rijsbergen 1979, chapter 7), and *macro F1* the mean of the
# classes' F1. *Accuracy*: right answers over all clips. *UAR*, the unweighted average recall: the mean of the recalls,
# so that each class counts the same (Schuller, Steidl & Batliner 2009). It is the field's headline, because a network
# that always says the commonest class has a fine accuracy and a UAR of one over the number of classes.

# %%
hits = np.diag(confusion)
recall = hits / confusion.sum(axis=1)
precision = hits / np.maximum(confusion.sum(axis=0), 1)
f1 = 2 * hits / (confusion.sum(axis=1) + confusion.sum(axis=0))
print("           recall  precision    F1")
for name, *row in zip(dataset.names, recall, precision, f1, strict=True):
    print(f"{name:10} {100 * row[0]:5.0f} %     {100 * row[1]:4.0f} %  {row[2]:.2f}")
print(f"accuracy {100 * hits.sum() / confusion.sum():.1f} %, UAR {100 * recall.mean():.1f} %, macro F1 {f1.mean():.3f}")
print(f"minser says UAR {100 * scores['uar']['value']:.1f} %")

# %% [markdown]
# Accuracy and UAR are close here because the classes are nearly of one size. *Construct a matrix* where they differ by
# 40 points (exercise 1).
#
# ## Look at the mistakes
#
# The clips where the network was surest, and wrong. Each is a question: is it the network's fault, the actor's, or the
# label's?

# %%
wrong = np.flatnonzero(table.y_true != table.y_pred)
worst = wrong[np.argsort(-table.probs[wrong].max(axis=1))][:4]
test_clips = [dataset.clips[i] for i in dataset.split.test]
figure = Figure(figsize=(12, 2.8), dpi=80, layout="constrained")
for axes, i in zip(figure.subplots(1, 4, sharey=True), worst, strict=False):
    axes.imshow(dataset.features[dataset.split.test[i]], origin="lower", aspect="auto", cmap="viridis", vmin=-2, vmax=3)
    said, true = dataset.names[table.y_pred[i]], dataset.names[table.y_true[i]]
    axes.set(
        title=f"{true}, actor {table.actors[i]}\nheard: {said}, {100 * table.probs[i].max():.0f} %", xlabel="frame"
    )
figure.axes[0].set_ylabel("mel band")
figure

# %%
Audio(audio.load(test_clips[worst[0]].path, sr=16000)[0], rate=16000)

# %% [markdown]
# ## Is 80 % sure right in 80 % of the cases?
#
# The probabilities are only worth something if they are honest. Group the answers by how sure they were, and compare
# with how often they were right (a *reliability diagram*: Murphy & Winkler 1977).

# %%
sure = table.probs.max(axis=1)
right = table.y_true == table.y_pred
edges = np.quantile(sure, np.linspace(0, 1, 7))
group = np.clip(np.searchsorted(edges, sure, side="right") - 1, 0, 5)  # six groups of equal size
figure = Figure(figsize=(4.6, 4), dpi=100, layout="constrained")
axes = figure.subplots()
axes.plot([0, 1], [0, 1], ":", color="#666666", label="honest")
axes.plot(
    [sure[group == g].mean() for g in range(6)], [right[group == g].mean() for g in range(6)], "o-", color="#0072B2"
)
axes.set(xlabel="how sure", ylabel="how often right", xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
axes.legend()
figure

# %% [markdown]
# A point above the line: more often right than it dares to say. Label smoothing (tutorial 8) does that: it was told
# never to be sure of more than 91 %. Networks without it are usually below the line, too sure of themselves (Guo et al.
# 2017).
#
# ## The same from the command line
#
#     python -m minser.train                                  # all of the above, with weights and report on disk
#     python -m minser.evaluate --run runs/toy                # score again
#     python -m minser.predict --run runs/toy voice.wav       # your own voice
#
# Expect less of your own voice than of the test part: another microphone, another language perhaps, and you do not act.
# A network trained on the synthetic voices has never heard a human.
#
# ## Exercises
#
# 1. Construct a confusion matrix with an accuracy of 90 % and a UAR of 50 %.
# 2. Train with `"model.channels": [4, 8, 16]`, and with `[32, 64, 128]`. Draw all three validation curves into one
#    figure.
# 3. Set `label_smoothing` to 0 and draw the reliability diagram again.
# 4. Train with seeds 0, 1, 2. How far apart are the scores? Is the difference of exercise 2 larger than that?
# 5. Merge neutral and calm in the matrix (add rows, add columns). How much of the error was between these two?
#
# ## Read next
#
# - [minser/train.py](../minser/train.py), [minser/runs/build.py](../minser/runs/build.py),
#   [minser/recipes/recipe.py](../minser/recipes/recipe.py).
# - [minser/recipes/minser.toml](../minser/recipes/minser.toml): what stands in a recipe, and why.
# - [minser/evaluation/metrics.py](../minser/evaluation/metrics.py),
#   [minser/evaluation/report.py](../minser/evaluation/report.py).
# - Then [10_the_leak.py](10_the_leak.py).
