"""Questions of assignment 2: mel scale, filters, decibels, cepstra."""

from operator import methodcaller as draw

import numpy as np

from minser.grade.questions import Case, Fault, Question, drawn


def _square(rng: np.random.Generator) -> Case:
    """Draw the size of a square matrix."""
    n = int(rng.integers(6, 12))
    return {"n_mfcc": n, "n_mels": n}


QUESTIONS = (
    Question(
        "hz_to_mel",
        2,
        drawn(  # below 1 kHz, above, and both
            [
                {"hertz": draw("uniform", 1, 999, 5)},
                {"hertz": draw("uniform", 1001, 20000, (2, 3))},
                {"hertz": np.array([[0.0], [999.1], [1000.0], [1000.9]])},
            ]
        ),
        (
            Fault(
                "this is the HTK scale; Slaney's is asked for",
                "return np.where(hertz < 1000, hertz * 3 / 200, above)",
                "return 2595 * np.log10(1 + hertz / 700)",
            ),
            Fault(
                "the scale stays linear above 1000 Hz", "hertz * 3 / 200, above)", "hertz * 3 / 200, hertz * 3 / 200)"
            ),
            Fault(
                "the logarithm is used below 1000 Hz too",
                "np.where(hertz < 1000, hertz * 3 / 200, above)",
                "15 + 27 * np.log(np.maximum(hertz, 1e-9) / 1000) / np.log(6.4)",
            ),
            Fault(
                "the linear part is 200 / 3 mel a hertz, upside down",
                "hertz * 3 / 200, above",
                "hertz * 200 / 3, above",
            ),
            Fault("the division by ln(6.4) is missing", " / np.log(6.4)", ""),
            Fault(
                "the logarithm has base 10, but 27 mel are a factor 6.4",
                "np.log(np.maximum(hertz, 1000) / 1000) / np.log(6.4)",
                "np.log10(np.maximum(hertz, 1000) / 1000)",
            ),
            Fault("the 15 mel of 1000 Hz are not added above", "above = 15 + ", "above = "),
        ),
    ),
    Question(
        "mel_to_hz",
        2,
        drawn(  # below 15 mel, above, and both
            [
                {"mel": draw("uniform", 0.1, 14.9, 5)},
                {"mel": draw("uniform", 15.1, 60, (2, 3))},
                {"mel": np.array([[0.0], [14.9], [15.0], [15.1]])},
            ]
        ),
        (
            Fault(
                "this is the HTK scale; Slaney's is asked for",
                "return np.where(mel < 15, mel * 200 / 3, above)",
                "return 700 * (10 ** (mel / 2595) - 1)",
            ),
            Fault(
                "the power has base e, not 6.4",
                "1000 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27)",
                "1000 * np.exp((np.maximum(mel, 15) - 15) / 27)",
            ),
            Fault("the scale stays linear above 15 mel", "mel * 200 / 3, above)", "mel * 200 / 3, mel * 200 / 3)"),
            Fault("the linear part is upside down", "mel * 200 / 3", "mel * 3 / 200"),
            Fault(
                "the 15 mel of 1000 Hz are not subtracted above", "(np.maximum(mel, 15) - 15)", "np.maximum(mel, 15)"
            ),
        ),
    ),
    Question(
        "mel_filters",
        4,
        drawn(  # uneven and even edges; a spectrum that reaches beyond them, and has rows at edges and peaks
            [
                {"edges": lambda rng: np.cumsum(rng.uniform(20, 200, 9)), "frequencies": np.linspace(0, 1500, 61)},
                {"edges": np.array([100.0, 200, 400, 500]), "frequencies": np.arange(0.0, 700, 25)},
            ]
        ),
        (
            Fault("the norm is missing: every filter needs the same area", "triangles * 2 / (high - low)", "triangles"),
            Fault("the norm lacks the factor 2", "triangles * 2 /", "triangles /"),
            Fault(
                "each row sums to 1; Slaney's norm is 2 / (width in hertz)",
                "triangles * 2 / (high - low)",
                "triangles / np.maximum(triangles.sum(axis=1, keepdims=True), 1e-12)",
            ),
            Fault(
                "the norm divides by the wrong width: it reaches from edge m to edge m + 2",
                "2 / (high - low)",
                "2 / (high - peak)",
            ),
            Fault(
                "negative weights outside of the triangle are not cut off",
                "np.maximum(np.minimum(rise, fall), 0)",
                "np.minimum(rise, fall)",
            ),
            Fault("the larger slope is taken, not the smaller", "np.minimum(rise, fall)", "np.maximum(rise, fall)"),
            Fault(
                "the rise is not divided by its own width",
                "(frequencies - low) / (peak - low)",
                "(frequencies - low) / (high - low)",
            ),
            Fault(
                "bands and frequencies are swapped",
                "return triangles * 2 / (high - low)",
                "return (triangles * 2 / (high - low)).T",
            ),
        ),
    ),
    Question(
        "log_mel",
        2,
        drawn(  # loud bands, and bands below amin
            [
                {"power": draw("uniform", 0.1, 5, (9, 5)), "filters": draw("uniform", 0, 1, (4, 9)), "amin": 1e-10},
                {
                    "power": lambda rng: rng.uniform(0.1, 5, (9, 5)) * 10.0 ** -np.arange(0, 10, 2),
                    "filters": draw("uniform", 0, 1, (4, 9)),
                    "amin": 1e-4,
                },
            ]
        ),
        (
            Fault("the factor is 20, for amplitudes; powers have 10", "return 10 *", "return 20 *"),
            Fault("the factor 10 is missing: these are bels", "return 10 *", "return"),
            Fault("this is the natural logarithm", "np.log10", "np.log"),
            Fault("amin is added to the power; it should be its floor", "np.maximum(bands, amin)", "bands + amin"),
            Fault("amin is no floor: bands below it have to be lifted to it", "np.maximum(bands, amin)", "bands"),
            Fault(
                "the logarithm comes before the filters: sum the powers first",
                "filters @ power\n    return 10 * np.log10(np.maximum(bands, amin))",
                "filters @ (10 * np.log10(np.maximum(power, amin)))\n    return bands",
            ),
        ),
    ),
    Question(
        "relative_db",
        1,
        drawn(  # a deep and a shallow floor, quiet and loud clips
            [
                {"decibels": draw("uniform", -70, -10, (6, 8)), "top_db": 80.0},
                {"decibels": draw("uniform", -55, 35, (6, 8)), "top_db": 30.0},
            ]
        ),
        (
            Fault(
                "the reference is each frame's maximum (axis 0), not the clip's",
                "decibels.max()",
                "decibels.max(axis=0)",
            ),
            Fault(
                "the reference is each band's maximum (axis 1), not the clip's",
                "decibels.max()",
                "decibels.max(axis=1, keepdims=True)",
            ),
            Fault("the largest value is not moved to 0", "decibels - decibels.max()", "decibels"),
            Fault("the floor is missing", "np.maximum(shifted, -top_db)", "shifted"),
            Fault(
                "the floor is counted from 0 dB before the shift",
                "shifted = decibels - decibels.max()\n    return np.maximum(shifted, -top_db)",
                "return np.maximum(decibels, -top_db) - decibels.max()",
            ),
            Fault("the mean is subtracted, not the maximum", "decibels.max()", "decibels.mean()"),
        ),
    ),
    Question(
        "dct_matrix",
        3,
        drawn([_square, {"n_mfcc": 4, "n_mels": lambda rng: 2 * rng.integers(6, 12) + 1}, {"n_mfcc": 1, "n_mels": 3}]),
        (
            Fault("row 0 is not divided by sqrt(2): the rows are not orthonormal", "    rows[0] /= np.sqrt(2)\n", ""),
            Fault("the scale sqrt(2 / N) is missing", "np.sqrt(2 / n_mels) * np.cos", "np.cos"),
            Fault("the half sample is missing: n + 1/2", " + 0.5)", ")"),
            Fault("rows and columns are swapped", "return rows", "return rows.T"),
            Fault("the angle has a factor 2 too many", "np.pi * np.arange", "2 * np.pi * np.arange"),
            Fault("every row is divided by sqrt(2), not row 0 alone", "rows[0] /=", "rows /="),
            Fault("the scale is 2 / N: its square root is missing", "np.sqrt(2 / n_mels)", "(2 / n_mels)"),
        ),
    ),
    Question(
        "mfcc",
        2,
        drawn(  # more bands than frames, and fewer
            {"decibels": draw("uniform", -80, 0, shape), "n_mfcc": 5} for shape in ((12, 7), (6, 17))
        ),
        (
            Fault(
                "the transform runs over the wrong axis: over time",
                "dct_matrix(n_mfcc, len(decibels)) @ decibels",
                "decibels @ dct_matrix(n_mfcc, decibels.shape[1]).T",
            ),
            Fault(
                "coefficients and frames are swapped",
                "return dct_matrix(n_mfcc, len(decibels)) @ decibels",
                "return (dct_matrix(n_mfcc, len(decibels)) @ decibels).T",
            ),
            Fault(
                "coefficient 0 is left out",
                "return dct_matrix(n_mfcc, len(decibels)) @ decibels",
                "return dct_matrix(n_mfcc + 1, len(decibels))[1:] @ decibels",
            ),
            Fault("the mean is subtracted first", "@ decibels\n", "@ (decibels - decibels.mean(axis=0))\n"),
            Fault("all coefficients are kept: n_mfcc is not used", "dct_matrix(n_mfcc,", "dct_matrix(len(decibels),"),
        ),
    ),
)
