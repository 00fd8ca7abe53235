"""Questions of assignment 1: window, frames, Fourier transform."""

from operator import methodcaller as draw

from minser.grade.questions import Draw, Fault, Question, drawn


def _length(low: int, high: int, odd: int) -> Draw:
    """Return what draws an even or an odd length."""
    return lambda rng: 2 * rng.integers(low, high) + odd


QUESTIONS = (
    Question(
        "hann_window",
        2,
        drawn({"win_length": length} for length in (_length(5, 20, 0), _length(5, 20, 1), 2)),
        (
            Fault(
                "the window is symmetric, not periodic: divide by N, not N - 1", "/ win_length", "/ (win_length - 1)"
            ),
            Fault(
                "the window's coefficients are Hamming's, 0.54 and 0.46", "return 0.5 - 0.5 *", "return 0.54 - 0.46 *"
            ),
            Fault("the cosine has the wrong sign: the window is 1 at its start", "return 0.5 -", "return 0.5 +"),
            Fault("the cosine makes half a period: a factor 2 is missing", "phase = 2 * np.pi", "phase = np.pi"),
            Fault("the phase starts at n = 1, not 0", "np.arange(win_length) /", "np.arange(1, win_length + 1) /"),
            Fault(
                "the window is Hann's root",
                "return 0.5 - 0.5 * np.cos(phase)",
                "return np.sqrt(0.5 - 0.5 * np.cos(phase))",
            ),
        ),
    ),
    Question(
        "frame_signal",
        3,
        drawn(  # overlap, with a remainder and without, gaps between frames, and a waveform of one frame
            [
                {"waveform": draw("standard_normal", 31), "frame_length": 8, "hop_length": 3},
                {"waveform": draw("standard_normal", 40), "frame_length": 7, "hop_length": 7},
                {"waveform": lambda rng: rng.standard_normal(27 + 6 * rng.integers(0, 3)), "frame_length": 4}
                | {"hop_length": 6},
                {"waveform": draw("standard_normal", 28), "frame_length": 8, "hop_length": 4},
                {"waveform": draw("standard_normal", 9), "frame_length": 9, "hop_length": 2},
            ]
        ),
        (
            Fault(
                "frames are rows: the wrong axis, frame t belongs in column t",
                "return waveform[index]",
                "return waveform[index].T",
            ),
            Fault("the last frame is missing: 1 + ...", "count = 1 + (", "count = ("),
            Fault(
                "frames do not overlap: the hop is taken as the frame's length",
                "hop_length * np.arange(count)",
                "frame_length * np.arange(count) % (len(waveform) - frame_length + 1)",
            ),
            Fault("frames start at every sample: the hop is not used", "hop_length * np.arange", "1 * np.arange"),
            Fault(
                "an incomplete frame at the end is counted, filled up with zeros",
                "count = 1 + (len(waveform) - frame_length) // hop_length",
                "count = 1 - (frame_length - len(waveform)) // hop_length\n"
                "    waveform = np.pad(waveform, (0, hop_length))",
            ),
        ),
    ),
    Question(
        "dft_matrix",
        3,
        drawn({"n_fft": _length(4, 9, odd)} for odd in (0, 1)),
        (
            Fault("the exponent has the wrong sign: this is the inverse transform", "-2j", "2j"),
            Fault("a division by N too many: 1/N belongs to the inverse transform", "/ n_fft)", "/ n_fft) / n_fft"),
            Fault("the exponent is not divided by N", "* np.arange(n_fft) / n_fft", "* np.arange(n_fft)"),
            Fault(
                "rows and columns are swapped",
                "np.exp(-2j * np.pi * rows * np.arange(n_fft) / n_fft)",
                "np.exp(-2j * np.pi * rows * np.arange(n_fft) / n_fft).T",
            ),
            Fault("the rows above the middle are to be left out", "1 + n_fft // 2", "n_fft"),
            Fault(
                "the row of the highest frequency is missing: 1 + n_fft // 2 rows", "1 + n_fft // 2)[", "n_fft // 2)["
            ),
            Fault("the exponent lacks a factor 2", "-2j", "-1j"),
            Fault(
                "only the cosine is there: the imaginary part is missing",
                "np.exp(-2j * np.pi * rows * np.arange(n_fft) / n_fft)",
                "np.cos(2 * np.pi * rows * np.arange(n_fft) / n_fft)",
            ),
        ),
    ),
    Question(
        "power_spectrum",
        3,
        drawn(  # more samples than frames, and fewer; an odd length
            {"frames": draw("standard_normal", (n, t)), "window": draw("uniform", 0.2, 1, n)}
            for n, t in ((12, 5), (4, 9), (7, 3))
        ),
        (
            Fault("the transform runs over the wrong axis: a frame is a column", "axis=0)", "axis=1)"),
            Fault("the division by sum(window ** 2) is missing", " / np.sum(window**2)", ""),
            Fault(
                "the division is by the window's sum, not by the sum of its squares",
                "np.sum(window**2)",
                "np.sum(window)",
            ),
            Fault("the division is by the window's sum squared", "np.sum(window**2)", "np.sum(window) ** 2"),
            Fault("the division is by N, not by sum(window ** 2)", "np.sum(window**2)", "len(window)"),
            Fault("this is the magnitude: the square is missing", "np.abs(spectra) ** 2", "np.abs(spectra)"),
            Fault("the window is not applied", "frames * window[:, None]", "frames"),
            Fault("only the real part is squared", "np.abs(spectra)", "spectra.real"),
        ),
    ),
    Question(
        "stft",
        4,
        drawn(  # even and odd frames, frames that just fit and that just do not, and a hop above the frame
            [
                {"waveform": draw("standard_normal", 59), "n_fft": 16, "hop_length": 4},
                {"waveform": draw("standard_normal", 44), "n_fft": 9, "hop_length": 4},
                {"waveform": draw("standard_normal", 45), "n_fft": 9, "hop_length": 4},
                {"waveform": draw("standard_normal", 50), "n_fft": 8, "hop_length": 11},
            ]
        ),
        (
            Fault(
                "the waveform is not padded by n_fft // 2 zeros on both sides",
                "np.pad(waveform, n_fft // 2)",
                "waveform",
            ),
            Fault(
                "the window is symmetric, not periodic", "np.arange(n_fft) / n_fft)", "np.arange(n_fft) / (n_fft - 1))"
            ),
            Fault("the window is not applied", " * fade for", " for"),
            Fault(
                "the padding repeats the signal; zeros are asked for", "n_fft // 2)\n", 'n_fft // 2, mode="reflect")\n'
            ),
            Fault("the padding is n_fft on each side, twice as much as asked for", "n_fft // 2)\n", "n_fft)\n"),
            Fault("the padding stands at the start only", "n_fft // 2)\n", "(n_fft // 2, 0))\n"),
            Fault(
                "frequency and time are swapped",
                "return np.fft.rfft(pieces, axis=0)",
                "return np.fft.rfft(pieces, axis=0).T",
            ),
            Fault("the transform runs over the wrong axis: over time", "rfft(pieces, axis=0)", "rfft(pieces, axis=1)"),
            Fault(
                "this is the magnitude: the phase is lost",
                "return np.fft.rfft(pieces, axis=0)",
                "return np.abs(np.fft.rfft(pieces, axis=0))",
            ),
            Fault("the last frame is missing", "- n_fft + 1,", "- n_fft + 1 - hop_length,"),
        ),
    ),
    Question(
        "bin_frequencies",
        1,
        drawn({"sr": draw("integers", 8000, 48000), "n_fft": _length(4, 50, odd)} for odd in (0, 1)),
        (
            Fault("the division is by the number of rows, not by n_fft", "/ n_fft", "/ (1 + n_fft // 2)"),
            Fault("the frequencies are half of what they should be", "sr * np", "sr / 2 * np"),
            Fault(
                "for an odd n_fft the last row is not at sr / 2",
                "sr * np.arange(1 + n_fft // 2) / n_fft",
                "np.linspace(0, sr / 2, 1 + n_fft // 2)",
            ),
            Fault(
                "the last row is missing: 1 + n_fft // 2 of them", "np.arange(1 + n_fft // 2)", "np.arange(n_fft // 2)"
            ),
            Fault("these are radians per sample, not hertz", "sr * np", "2 * np.pi * np"),
        ),
    ),
)
