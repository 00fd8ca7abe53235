"""Questions of assignment 3: masks, noise, gain, shift, mixup."""

from collections.abc import Callable
from operator import methodcaller as draw

import numpy as np

from minser.grade.questions import Draw, Fault, Question, drawn, generator, such_that


def _mask(n: int, max_width: int, holds: Callable[[int, int], bool]) -> Draw:
    """Return what draws a generator whose mask, of a width and from a place on, fulfils a condition."""
    return _masks(1, n, max_width, lambda masks: holds(*masks[0]))


def _masks(count: int, n: int, max_width: int, holds: Callable[[list[tuple[int, int]]], bool]) -> Draw:
    """Return what draws a generator whose masks fulfil a condition."""
    return such_that(
        lambda rng: holds(
            [(width := int(rng.integers(0, max_width + 1)), int(rng.integers(0, n - width + 1))) for _ in range(count)]
        )
    )


def _moving(max_shift: int, holds: Callable[[int], bool]) -> Draw:
    """Return what draws a generator whose shift fulfils a condition."""
    return such_that(lambda rng: holds(int(rng.integers(-max_shift, max_shift + 1))))


def _sharing(alpha: float, low: float, high: float) -> Draw:
    """Return what draws a generator whose share lies between two numbers."""
    return such_that(lambda rng: low < rng.beta(alpha, alpha) < high)


QUESTIONS = (
    Question(
        "time_mask",
        3,
        drawn(  # no mask; the widest one, at both ends; one that covers everything; others, in the middle
            {"spectrogram": draw("uniform", -80, 0, (5, 9)), "max_width": widest, "rng": _mask(9, widest, holds)}
            for widest, holds in (
                (3, lambda width, first: width == 0),
                (6, lambda width, first: (width, first) == (6, 0)),
                (4, lambda width, first: (width, first) == (4, 5)),
                (9, lambda width, first: width == 9),
                (2, lambda width, first: width == 1 and 0 < first < 8),
                (6, lambda width, first: 1 < width < 6 and 0 < first < 9 - width),
                (5, lambda width, first: 1 < width < 5 and first == 9 - width),
                (7, lambda width, first: 1 < width < 7 and first == 0),
            )
        ),
        (
            Fault(
                "the mask covers rows, frequencies: the wrong axis",
                "spectrogram.shape[1] - width + 1)\n    masked = spectrogram.copy()\n"
                "    masked[:, first : first + width]",
                "spectrogram.shape[1] - width + 1)\n    masked = spectrogram.copy()\n    masked[first : first + width]",
            ),
            Fault("the mask holds 0, which is the loudest value; the mean is asked for", "= spectrogram.mean()", "= 0"),
            Fault(
                "the mask holds the smallest value; the mean is asked for",
                "= spectrogram.mean()",
                "= spectrogram.min()",
            ),
            Fault(
                "the widest mask is never drawn: rng.integers leaves out its upper end",
                "rng.integers(0, max_width + 1)",
                "rng.integers(0, max_width)",
            ),
            Fault(
                "the last place is never drawn: rng.integers leaves out its upper end",
                "- width + 1)",
                "- width + 1 - (width < spectrogram.shape[1]))",
            ),
            Fault("a width of 0 is never drawn", "(0, max_width + 1)", "(1, max_width + 1)"),
            Fault("the widths begin at -1, not 0", "(0, max_width + 1)", "(-1, max_width + 1)"),
            Fault("the widest mask has max_width + 1 frames", "(0, max_width + 1)", "(0, max_width + 2)"),
            Fault("the places begin at -1, not 0", "(0, spectrogram.shape[1]", "(-1, spectrogram.shape[1]"),
            Fault("the last place lies one frame too far", "- width + 1)", "- width + 2)"),
            Fault(
                "the first frame is drawn before the width",
                "width = rng.integers(0, max_width + 1)\n    first = rng.integers(0, spectrogram.shape[1] - width + 1)",
                "first = rng.integers(0, spectrogram.shape[1] - max_width + 1)\n"
                "    width = rng.integers(0, max_width + 1)",
            ),
            Fault(
                "the place is drawn from all frames, so that the mask is cut at the end",
                "spectrogram.shape[1] - width + 1)",
                "spectrogram.shape[1])",
            ),
            Fault("the mask is one frame too wide", "first : first + width]", "first : first + width + 1]"),
            Fault(
                "each row gets its own mean; the spectrogram's is asked for",
                "= spectrogram.mean()",
                "= spectrogram.mean(axis=1, keepdims=True)",
            ),
            Fault(
                "the width is always the widest",
                "    width = rng.integers(0, max_width + 1)",
                "    width = rng.integers(0, max_width + 1) * 0 + max_width",
            ),
        ),
    ),
    Question(
        "frequency_masks",
        3,
        drawn(  # one mask, the widest; several that overlap, or do not; one of no rows; one that covers everything
            {"spectrogram": draw("uniform", -80, 0, (15, 4)), "n_masks": n, "max_width": widest}
            | {"rng": _masks(n, 15, widest, holds)}
            for n, widest, holds in (
                (1, 4, lambda masks: masks[0][0] == 4),
                (3, 6, lambda masks: 0 < masks[0][1] - masks[1][1] < masks[1][0]),
                (3, 4, lambda masks: [width for width, _ in masks][:2] == [2, 0]),
                (2, 15, lambda masks: 0 < masks[0][0] < 15 == masks[1][0]),
                (4, 3, lambda masks: masks[0][0] == 3 and masks[1][0] > 0 and masks[1][1] == 15 - masks[1][0]),
            )
        ),
        (
            Fault(
                "the mask covers columns, times: the wrong axis",
                "blanked[row : row + height]",
                "blanked[:, row : row + height]",
            ),
            Fault("the mask holds 0, which is the loudest value; the mean is asked for", "= spectrogram.mean()", "= 0"),
            Fault(
                "the mean is taken after earlier masks; take that of the untouched spectrogram",
                "= spectrogram.mean()",
                "= blanked.mean()",
            ),
            Fault(
                "all masks lie at one place: draw anew for each",
                "        height = rng",
                "        if _:\n            break\n        height = rng",
            ),
            Fault(
                "the widest mask is never drawn: rng.integers leaves out its upper end", "max_width + 1)", "max_width)"
            ),
            Fault("a width of 0 is never drawn", "(0, max_width + 1)", "(1, max_width + 1)"),
            Fault("the widths begin at -1, not 0", "(0, max_width + 1)", "(-1, max_width + 1)"),
            Fault("the widest mask has max_width + 1 rows", "(0, max_width + 1)", "(0, max_width + 2)"),
            Fault("the places begin at -1, not 0", "(0, len(spectrogram)", "(-1, len(spectrogram)"),
            Fault("the last place lies one row too far", "- height + 1)", "- height + 2)"),
            Fault(
                "the last place is never drawn: rng.integers leaves out its upper end",
                "- height + 1)",
                "- height + (height == len(spectrogram)))",
            ),
            Fault(
                "only the last mask is there: each starts from a fresh copy",
                "        height = rng",
                "        blanked = spectrogram.copy()\n        height = rng",
            ),
            Fault(
                "all widths are drawn before all places",
                "    for _ in range(n_masks):\n        height = rng.integers(0, max_width + 1)\n",
                "    for height in [rng.integers(0, max_width + 1) for _ in range(n_masks)]:\n",
            ),
        ),
    ),
    Question(
        "add_noise",
        3,
        drawn(  # weak and strong noise, quiet and loud signals
            [
                {"waveform": draw("normal", 0, 0.1, 50), "snr_db": 20.0, "rng": generator},
                {"waveform": draw("normal", 0, 3, 80), "snr_db": 5.0, "rng": generator},
                {"waveform": draw("normal", 0, 1, 30), "snr_db": -6.0, "rng": generator},
            ]
        ),
        (
            Fault("decibels of power are divided by 20, not 10", "(snr_db / 10)", "(snr_db / 20)"),
            Fault(
                "the square root is missing: a power scales the noise",
                "np.sqrt(ratio / 10 ** (snr_db / 10))",
                "(ratio / 10 ** (snr_db / 10))",
            ),
            Fault("the ratio has the wrong sign: the noise is too loud by it", "ratio / 10 **", "ratio * 10 **"),
            Fault("the noise's own power, as drawn, is not divided out", " / np.mean(noise**2)", ""),
            Fault(
                "the signal's power is not used: the noise has the same level for every clip",
                "np.mean(waveform**2) / np",
                "1 / np",
            ),
            Fault("the noise replaces the signal; add it", "return waveform + noise", "return noise"),
            Fault(
                "peaks are compared, not mean powers",
                "np.mean(waveform**2) / np.mean(noise**2)",
                "np.max(waveform**2) / np.max(noise**2)",
            ),
        ),
    ),
    Question(
        "random_gain",
        1,
        drawn(  # small and large changes, quieter and louder
            {"waveform": draw("standard_normal", 9), "max_db": max_db} | {"rng": such_that(holds)}
            for max_db, holds in (
                (3.0, lambda rng: rng.uniform(-1, 1) < -0.1),
                (12.0, lambda rng: rng.uniform(-1, 1) > 0.1),
                (30.0, lambda rng: rng.uniform(-1, 1) < -0.1),
                (20.0, lambda rng: rng.uniform(-1, 1) > 0.1),
            )
        ),
        (
            Fault("decibels of amplitude are divided by 10; 20 is right", "decibel / 20", "decibel / 10"),
            Fault(
                "the gain is drawn between 0 and max_db: it never gets quieter",
                "rng.uniform(-max_db, max_db)",
                "rng.uniform(0, max_db)",
            ),
            Fault("the power has base e, not 10", "10 ** (decibel / 20)", "np.exp(decibel / 20)"),
            Fault("decibels are multiplied as they are", "10 ** (decibel / 20)", "decibel"),
            Fault("the gain is added, not multiplied", "waveform * 10", "waveform + 10"),
            Fault(
                "every sample gets its own gain",
                "rng.uniform(-max_db, max_db)",
                "rng.uniform(-max_db, max_db, len(waveform))",
            ),
        ),
    ),
    Question(
        "shift_in_time",
        3,
        drawn(  # not at all, as far as may be to both sides, and in between
            {"rng": _moving(max_shift, holds), "waveform": draw("standard_normal", n), "max_shift": max_shift}
            for n, max_shift, holds in (
                (11, 5, lambda shift: shift == 0),
                (9, 8, lambda shift: shift == -8),
                (6, 5, lambda shift: shift == 5),
                (11, 5, lambda shift: shift == -5),
                (9, 8, lambda shift: 0 < shift < 8),
                (30, 12, lambda shift: -12 < shift < 0),
                (30, 12, lambda shift: 0 < shift < 12),
                (6, 1, lambda shift: shift == -1),
            )
        ),
        (
            Fault(
                "what leaves at one end comes in at the other; silence is asked for",
                "    return moved\n",
                "    return np.roll(waveform, shift)\n",
            ),
            Fault(
                "a positive shift moves the waveform earlier: the wrong sense",
                "shift = rng.integers(-max_shift, max_shift + 1)",
                "shift = -rng.integers(-max_shift, max_shift + 1)",
            ),
            Fault("only later shifts are drawn", "rng.integers(-max_shift,", "rng.integers(0,"),
            Fault(
                "the largest shift is never drawn: rng.integers leaves out its upper end",
                "max_shift + 1)",
                "max_shift)",
            ),
            Fault(
                "a shift of 0 loses the waveform: waveform[:-0] is empty",
                "    return moved\n",
                "    return moved if shift else moved[:0]\n",
            ),
            Fault(
                "a shift of 0 returns silence; the waveform stays where it is",
                "    return moved\n",
                "    return moved if shift else 0 * moved\n",
            ),
            Fault("the smallest shift is never drawn", "(-max_shift,", "(1 - max_shift,"),
            Fault("the largest shift is max_shift + 1", "max_shift + 1)", "max_shift + 2)"),
            Fault("the smallest shift is -max_shift - 1", "(-max_shift,", "(-max_shift - 1,"),
            Fault(
                "the length changes: what moves out has to be cut off",
                "    return moved\n",
                "    return moved[start:stop]\n",
            ),
            Fault(
                "the edge's value is repeated; silence is asked for",
                "    return moved\n",
                "    moved[:start], moved[stop:] = waveform[0], waveform[-1]\n    return moved\n",
            ),
            Fault(
                "the waveform is only silenced, not moved",
                "waveform[start - shift : stop - shift]",
                "waveform[start:stop]",
            ),
        ),
    ),
    Question(
        "mixup",
        3,
        drawn(  # vectors and images, of which the own or the partner's share is the larger
            {"x": draw("standard_normal", shape), "targets": draw("dirichlet", np.ones(7), shape[0])}
            | {"alpha": alpha, "rng": _sharing(alpha, *shares)}
            for shape, alpha, shares in (
                ((5, 3), 0.4, (0.1, 0.4)),
                ((6, 4, 2, 3), 0.4, (0.6, 0.9)),
                ((4, 5), 2.0, (0, 0.4)),
            )
        ),
        (
            Fault("the targets are not mixed", "share * targets + (1 - share) * targets[partner]", "targets"),
            Fault(
                "the shares are swapped in the targets: own has `share`",
                "share * targets + (1 - share) * targets[partner]",
                "(1 - share) * targets + share * targets[partner]",
            ),
            Fault(
                "the shares are swapped: own has `share`",
                "return share * x + (1 - share) * x[partner], share * targets + (1 - share) * targets[partner]",
                "return (1 - share) * x + share * x[partner], (1 - share) * targets + share * targets[partner]",
            ),
            Fault(
                "the targets have partners of their own: draw one permutation for both",
                "* targets[partner]",
                "* targets[rng.permutation(len(x))]",
            ),
            Fault(
                "the partners are drawn before the share",
                "share = rng.beta(alpha, alpha)\n    partner = rng.permutation(len(x))",
                "partner = rng.permutation(len(x))\n    share = rng.beta(alpha, alpha)",
            ),
            Fault("the share is uniform, not from the Beta distribution", "rng.beta(alpha, alpha)", "rng.uniform()"),
            Fault(
                "the second parameter of the Beta distribution is 1, not alpha",
                "rng.beta(alpha, alpha)",
                "rng.beta(alpha, 1)",
            ),
            Fault(
                "the partners are the neighbours, not drawn", "rng.permutation(len(x))", "np.roll(np.arange(len(x)), 1)"
            ),
            Fault("partners follow in reverse order, not as drawn", "x[partner], share", "x[::-1], share"),
        ),
    ),
)
