# %% [markdown]
# # 13. Making it fast: caches, threads, rooflines
#
# After this you can say whether a loop waits for arithmetic or for memory, draw the roof above it, and name the six
# things that make minser fast.
#
# Everything here is measured on the machine that runs it. Yours will give other numbers, for the same reasons. Close
# other programs, and run a cell twice when in doubt.
#
# minser is imported before NumPy here, because it sets up the libraries below NumPy before they load: what it set
# stands in the environment.

# %%
# %matplotlib inline
import os

import minser

for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    print(f"{name} = {os.environ.get(name, 'not set')}")

# %%
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from timeit import repeat

import numba
import numpy as np

from minser import nn, recipes
from minser.kernels import conv, reference
from minser.nn.fused import fuse
from minser.nn.norm import NormReluPool
from minser.plots import Figure
from minser.runs.build import build_model

THREADS = numba.get_num_threads()
print(f"minser {minser.__version__}: {os.cpu_count()} processors, numba uses {THREADS} threads")


def best_ms(work, *, rounds=7):
    """Return the best time of several, in milliseconds: others can only make it slower."""
    work()  # compiles, fills caches
    return 1e3 * min(repeat(work, number=1, repeat=rounds))


# %% [markdown]
# ## The same sum, twice
#
# Add up a large matrix, whole rows at a time or whole columns at a time. The same number of additions. *The same time?*

# %%
matrix = np.ones((4096, 4096), np.float32)


@numba.njit
def by_rows(a):
    """Walk along the rows: neighbours in memory."""
    total = np.float32(0)
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total += a[i, j]
    return total


@numba.njit
def by_columns(a):
    """Walk down the columns: each step jumps over a row."""
    total = np.float32(0)
    for j in range(a.shape[1]):
        for i in range(a.shape[0]):
            total += a[i, j]
    return total


rows_ms, columns_ms = best_ms(lambda: by_rows(matrix), rounds=3), best_ms(lambda: by_columns(matrix), rounds=3)
print(f"by rows {rows_ms:.0f} ms, by columns {columns_ms:.0f} ms: {columns_ms / rows_ms:.1f} times as long")

# %% [markdown]
# Memory comes in lines of 64 bytes, 16 numbers. By rows each line is used up; by columns it is fetched for one number,
# and has gone again before its next one is asked for. This is why arrays here are *channels last*: a patch of a picture
# with 32 channels is whole lines.
#
# ## The staircase
#
# Between a processor's core and the memory lie caches, small and fast, then larger and slower. Copy arrays of growing
# size, and measure the bytes a second. *How many steps will you see?*

# %%
sizes = 2 ** np.arange(12, 28)  # bytes
rates = []
for size in sizes:
    source, target = np.ones(size // 8, np.float32), np.empty(size // 8, np.float32)  # half of the bytes each
    number = max(1, 2**24 // int(size))
    seconds = min(repeat(lambda: np.copyto(target, source), number=number, repeat=7)) / number  # noqa: B023 # at once
    rates.append(size / seconds / 1e9)
figure = Figure(figsize=(8, 3), dpi=100, layout="constrained")
axes = figure.subplots()
axes.semilogx(sizes / 1024, rates, "o-", color="#0072B2", base=2)
axes.set_xticks([4, 32, 256, 2048, 16384, 131072], ["4 kB", "32 kB", "256 kB", "2 MB", "16 MB", "128 MB"])
axes.set(xlabel="size of both arrays", ylabel="read and written (GB/s)", ylim=(0, None))
axes.minorticks_off()
figure

# %% [markdown]
# (For the smallest arrays the call itself takes longer than the copying.) What fits into the caches, some megabytes, is
# copied several times as fast as what does not. So cut the work into tiles that fit, and finish with a tile before the
# next: that is why tutorial 6's third way is faster than its second.
#
# ## The roof
#
# A loop moves some bytes and does some arithmetic on them: floating-point operations, FLOP. The ratio, operations per
# byte, is its *intensity* $I$. With a peak of $P$ operations a second and a memory of $B$ bytes a second it can reach
# at most
#
# $$\min(P,\ I \cdot B)$$
#
# (Williams, Waterman & Patterson 2009). That is the *roofline*: a slope on the left, where memory limits, a flat top on
# the right, where arithmetic does. ReLU reads a number of four bytes, does one operation and writes one: $I = 1/8$. A
# large matrix product uses each number hundreds of times. We measure both peaks, and then put the convolutions of a
# network (the recipe `trimmed_logmel`) under the roof.

# %%
SIDE = 768
squares = np.random.default_rng(0).standard_normal((THREADS, 3, SIDE, SIDE), dtype=np.float32)
pairs = np.ones((THREADS, 2, 16 << 20), np.float32)  # 64 MB each
with ThreadPoolExecutor(THREADS) as pool:  # all threads at once, each with a part of its own
    product_ms = best_ms(lambda: list(pool.map(lambda part: np.dot(part[0], part[1], out=part[2]), squares)))
    copy_ms = best_ms(lambda: list(pool.map(lambda part: np.copyto(part[0], part[1]), pairs)))
gflops, gbs = 2e-6 * THREADS * SIDE**3 / product_ms, 1e-6 * pairs.nbytes / copy_ms
print(f"matrix products: {gflops:.0f} GFLOP/s; copying: {gbs:.1f} GB/s; they meet at {gflops / gbs:.0f} FLOP per byte")

recipe = recipes.read("trimmed_logmel")
network = build_model(recipe, in_channels=1, n_classes=8)
x = np.random.default_rng(0).standard_normal((32, 128, 128, 1)).astype(np.float32)
names = {id(layer): name for name, layer in network.layers.items()}


def measured(step, direction, start, x, products, *arrays):
    """Return a step's name and direction, the time since `start`, its operations, and the bytes that must move."""
    ms = 1e3 * (time.perf_counter() - start)
    name = f"{names[id(step.norm)]}-{names[id(step.drop)]}" if isinstance(step, NormReluPool) else names[id(step)]
    gflop = 2e-9 * products * len(x) * step.multiply_adds(x.shape[1:])  # a multiplication and an addition
    gb = 1e-9 * sum(array.nbytes for array in (x, *step.params.values(), *arrays))
    return {"layer": name, "direction": direction, "ms": ms, "gflop": gflop, "gb": gb}


def walk(x):
    """Take a training's steps through the network, forward and back, and return what was measured of each."""
    rng, rows, inputs = np.random.default_rng(0), [], []
    steps = fuse(network.layers.values())  # what the network executes: some layers together, see below
    for step in steps:
        inputs.append(x)
        start = time.perf_counter()
        x = step.forward(x, training=True, rng=rng)
        rows.append(measured(step, "forward", start, inputs[-1], 1, x))
    grad = rng.standard_normal(x.shape, dtype=np.float32)
    for step, came_in in zip(steps[:0:-1], inputs[:0:-1], strict=True):
        start = time.perf_counter()
        out = step.backward(grad)  # two products: one for the weights' gradient, one for the input's
        rows.append(measured(step, "backward", start, came_in, 2, grad, out, *step.grads.values()))
        grad = out
    start = time.perf_counter()
    steps[0].backward(grad, need_input=False)  # nobody asks for the picture's gradient
    return [*rows, measured(steps[0], "backward", start, inputs[0], 1, grad, *steps[0].grads.values())]


walks = [walk(x) for _ in range(4)][1:]
steps = [min(calls, key=lambda row: row["ms"]) for calls in zip(*walks, strict=True)]

figure = Figure(figsize=(8, 4.4), dpi=100, layout="constrained")
axes = figure.subplots()
intensity = 2.0 ** np.linspace(-5, 10, 200)
axes.loglog(intensity, np.minimum(gflops, intensity * gbs), color="#666666", label="the roof")
beside = {"conv1": (6, -3), "conv2": (-6, 5), "conv3": (6, 5)}  # where each name stands, so that none covers another
for direction, colour, marker in (("forward", "#0072B2", "o"), ("backward", "#D55E00", "s")):
    shown = [s for s in steps if s["direction"] == direction and s["gflop"] > 0 and s["layer"].startswith("conv")]
    axes.loglog(
        [s["gflop"] / s["gb"] for s in shown],
        [s["gflop"] / s["ms"] * 1e3 for s in shown],
        marker,
        color=colour,
        label=f"convolutions, {direction}",
    )
    for s in shown if direction == "forward" else ():
        place, offset = (s["gflop"] / s["gb"], s["gflop"] / s["ms"] * 1e3), beside[s["layer"]]
        side = "left" if offset[0] > 0 else "right"
        axes.annotate(s["layer"], place, offset, textcoords="offset points", ha=side, fontsize=8)
axes.set(xlabel="operations per byte", ylabel="GFLOP/s", title="32 clips of 128 x 128", ylim=(gflops / 50, 5 * gflops))
axes.legend(loc="lower right")
figure

# %% [markdown]
# The first convolution has one input channel: 9 products for each output, little work on much memory, so it stands
# further left. The later ones stand to the right, where arithmetic limits, and the question is how near to the flat top
# they come. A point *above* the roof is no miracle: the machine was busier while the peak was measured, or a cleverer
# algorithm needs fewer multiplications than the definition, by which they are counted (below).
#
# Where does the time of a training step go, but for the loss and Adam?

# %%
total = sum(s["ms"] for s in steps)
print(f"{'step':22} {'forward':>9} {'backward':>9}")
for name in dict.fromkeys(s["layer"] for s in steps):
    own = {s["direction"]: s["ms"] for s in steps if s["layer"] == name}
    if max(own.values()) > 0.005 * total:
        print(f"{name:22} {own['forward']:6.1f} ms {own['backward']:6.1f} ms")
print(f"{'all':22} {total:.0f} ms")

# %% [markdown]
# ## Read memory once
#
# Batch norm, ReLU and max pooling have little arithmetic; they move memory. One after the other they read and write the
# large picture three times. So minser runs a chain of norm, ReLU, pooling and dropout as one step ("fused"; it shows in
# the names above): one pass for mean and variance, and one that keeps of each window only the largest value, and in one
# byte which it was, or that nothing passes. Backward asks only the winners. Random masks are not stored either: whether
# dropout drops a value is a *hash* of its place and of one random key, and a `Dropout` layer on its own computes it
# again on the way back ([block.py](../minser/kernels/block.py), [masks.py](../minser/kernels/elementwise.py)).
#
# The simplest case of one pass against several; in NumPy, each operation even makes a new array:

# %%
big = np.random.default_rng(0).standard_normal((32, 128, 128, 32)).astype(np.float32)
out = np.empty_like(big)


@numba.njit(parallel=True)
def one_pass(rows, scale, shift, out):
    """Scale, shift and cut off at zero, one row of channels after the other."""
    for i in numba.prange(rows.shape[0]):
        for c in range(rows.shape[1]):
            out[i, c] = max(rows[i, c] * scale[c] + shift[c], np.float32(0))


scale, shift = np.ones((2, 32), np.float32)
flat, flat_out = big.reshape(-1, 32), out.reshape(-1, 32)
print(
    f"np.maximum(x * scale + shift, 0): {best_ms(lambda: np.maximum(big * scale + shift, 0)):6.1f} ms, three new arrays"
)


def in_place():
    """Do the same into an array that is there already."""
    np.multiply(big, scale, out=out)
    np.add(out, shift, out=out)
    np.maximum(out, 0, out=out)


print(f"the same into one old array:      {best_ms(in_place):6.1f} ms")
print(f"one compiled pass:                {best_ms(lambda: one_pass(flat, scale, shift, flat_out)):6.1f} ms")

# %% [markdown]
# ### Memory that is kept
#
# New arrays need not be so cheap. Large ones come from the system and go back to it: it hands memory out in pages,
# zeroes each, and the first touch of every page is an interruption. So minser tells the C library (on Linux) to keep
# what was freed for the next array. Here is the same line in two fresh processes, without that and with it:

# %%
line = """
import minser, numpy as np
from timeit import repeat
x = np.ones((32, 128, 128, 32), np.float32)
print(f"{1e3 * min(repeat(lambda: np.maximum(x * 2, 0), number=1, repeat=9)):6.1f} ms")
"""
for keep, name in (("0", "given back"), ("1", "kept")):
    environment = {**os.environ, "MINSER_KEEP_MEMORY": keep}
    run = subprocess.run([sys.executable, "-c", line], env=environment, capture_output=True, text=True, check=True)
    print(f"memory {name:10} {run.stdout.strip()}")

# %% [markdown]
# PyTorch's allocator can be told the same, and a fair comparison does so.
#
# ## Threads
#
# Two cores, half the time? For arithmetic nearly; for copying from memory less, because the cores share it. *Which
# gains more, a convolution or a pass of scale, shift and ReLU?* (Cores that are busy with something else can turn the
# answer around.)

# %%
a = np.random.default_rng(0).standard_normal((8, 64, 96, 32)).astype(np.float32)
weight = np.random.default_rng(1).standard_normal((3, 3, 32, 64)).astype(np.float32)
bias = np.zeros(64, np.float32)
work = {
    "convolution": lambda: conv.conv2d(a, weight, bias, stride=(1, 1), padding=(1, 1)),
    "scale, shift and ReLU": lambda: one_pass(flat, scale, shift, flat_out),
}
for name, do in work.items():
    times = []
    for threads in sorted({1, THREADS}):
        numba.set_num_threads(threads)
        times.append(best_ms(do))
    print(f"{name:22} 1 thread {times[0]:6.1f} ms, {THREADS} threads {times[-1]:6.1f} ms: {times[0] / times[-1]:.1f} x")

# %% [markdown]
# Threads can also fight. numba has a pool of them, and the BLAS library that multiplies matrices has another; each
# waits for work by spinning, on the same cores. Every change from one to the other then costs milliseconds. minser
# holds BLAS to one thread and calls it from inside numba's loops: one pool, each thread with a tile in its own cache
# ([runtime.py](../minser/runtime.py), [conv.py](../minser/kernels/conv.py)).
#
# And threads change sums: $(a + b) + c \ne a + (b + c)$ in floating point. minser always adds into the same number of
# slots, in the same order, so that one thread and eight give the same bytes.
#
# ## Fewer multiplications
#
# A 3 x 3 convolution takes 9 multiplications for each output and input channel. Winograd (1980) showed that 2 x 2
# neighbouring outputs need not take 36, but 16, if the patch and the kernel are first brought to another basis, by
# additions and halvings alone (F(2x2, 3x3): Lavin & Gray 2016, equation 8). In one dimension: two outputs of a filter
# with three taps take 6 multiplications, or 4. Check it by hand:

# %%
d, g = np.array([1.0, 4.0, 2.0, 5.0]), np.array([2.0, -1.0, 3.0])
direct = [d[0:3] @ g, d[1:4] @ g]
m1, m2 = (d[0] - d[2]) * g[0], (d[1] + d[2]) * (g[0] + g[1] + g[2]) / 2
m3, m4 = (d[2] - d[1]) * (g[0] - g[1] + g[2]) / 2, (d[1] - d[3]) * g[2]
print("direct:", *direct, " with four products:", m1 + m2 + m3, m2 - m3 - m4)

# %% [markdown]
# (What depends on the kernel alone is computed once for all places.) Summed over the channels, each of the 16 products
# becomes a matrix product of its own, over a band of places and at most 64 output channels: small enough for the cache,
# and for BLAS to start at once instead of repacking its matrices first
# ([winograd.py](../minser/kernels/winograd.py)). `nn.Conv2d` takes this way, forward and backward, for kernels of 3 x 3
# with stride 1 and more than four input channels. Against the tiles of tutorial 6, on the same numbers:

# %%
layer = nn.Conv2d(32, 64, kernel_size=3, padding=1, rng=np.random.default_rng(0))
direct_ms = best_ms(lambda: conv.conv2d(a, layer.params["weight"], bias, stride=(1, 1), padding=(1, 1)))
layer_ms = best_ms(lambda: layer.forward(a))
readable_ms = best_ms(
    lambda: reference.conv2d_reference(a, layer.params["weight"], bias, stride=(1, 1), padding=(1, 1)), rounds=3
)
difference = np.abs(layer.forward(a) - conv.conv2d(a, layer.params["weight"], bias, stride=(1, 1), padding=(1, 1)))
print(f"readable twin {readable_ms:.1f} ms, tiles {direct_ms:.1f} ms, Winograd, as the layer does it {layer_ms:.1f} ms")
print(f"largest difference {difference.max():.1e}")

# %% [markdown]
# ## What makes minser fast
#
# 1. Winograd's F(2x2, 3x3): 16 multiplications instead of 36.
# 2. One pool of threads, each with its tile in its own cache.
# 3. Matrix products that are small enough to start at once.
# 4. A block's norm, ReLU, pooling and dropout in one step, forward and backward.
# 5. Memory that is kept.
# 6. Hashes instead of masks.
#
# Each has its file, named above or below.
#
# ## Against PyTorch
#
# An honest comparison is harder than a fast loop. Both must do the same work (same weights, same loss, and the
# gradients are compared), with the same number of threads, each in a process of its own with its own settings, taking
# turns, so that a busy minute of the machine hits both. And the rival gets its best settings too: the channel order
# that suits it, its compiler, a tuned memory allocator. That is what this command does:
#
#     python -m pip install -e ".[reference]"
#     python -m tests.benchmark train
#
# The README has the table. Read all of its columns before you quote one. What bounds each step of minser's own
# networks, as in the roof above, needs no PyTorch:
#
#     python -m tests.benchmark train --roofline
#
# ## What to remember
#
# 1. Measure first; most guesses are wrong. The best of several runs, others can only disturb.
# 2. Ask whether it is memory or arithmetic. Nobody needs a cleverer formula for what waits for memory.
# 3. Touch memory once, in order, and again while it is in the cache.
# 4. Keep the readable version beside the fast one, and a test that holds the two together.
#
# ## Exercises
#
# 1. What is the intensity of batch norm in training, forward? Count bytes and operations per number. Where does it
#    stand under your roof?
# 2. Set `conv._POSITIONS` (of tutorial 6's tiles) to a tenth and to ten times its value, and time `conv.conv2d` as
#    above. Explain what you measure by the staircase.
# 3. `np.dot` of two (n, n) matrices: from which n on does it reach half of the peak?
# 4. Write max pooling as four slices and `np.maximum`, as `00_one_page.py` does. How far from `nn.MaxPool2d` is it, and
#    how many times does it read the picture?
# 5. Compile `by_rows` with `@numba.njit(fastmath=True)`. Why is it faster, and what may it change?
#
# ## Read next
#
# - [minser/runtime.py](../minser/runtime.py): five environment variables and why, and the memory that is kept.
# - [minser/kernels/winograd.py](../minser/kernels/winograd.py), [minser/kernels/block.py](../minser/kernels/block.py);
#   [minser/nn/fused.py](../minser/nn/fused.py): which layers become one step.
# - [tests/benchmark/rounds.py](../tests/benchmark/rounds.py): taking turns.
# - You have read it all. Go back to [00_one_page.py](00_one_page.py): every line of it should be an old acquaintance.
#   Then [change something](../minser/README.md).
