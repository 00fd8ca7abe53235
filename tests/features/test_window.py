import numpy as np
import pytest
import scipy.signal

from minser.features import get_window
from minser.features.window import centred_window

SCIPY_NAMES = {"hann": "hann", "hamming": "hamming", "blackman": "blackman", "rectangular": "boxcar"}


@pytest.mark.parametrize("name", SCIPY_NAMES)
@pytest.mark.parametrize("win_length", [1, 2, 3, 4, 25, 400, 1023])
def test_windows_equal_scipys(name, win_length):
    expected = scipy.signal.get_window(SCIPY_NAMES[name], win_length)
    window = get_window(name, win_length)
    np.testing.assert_allclose(window, expected, atol=1e-15)  # a few roundings of numbers up to 1
    assert window.dtype == np.float64


def test_shifted_hann_windows_add_up_evenly():
    window = get_window("hann", 400)
    np.testing.assert_allclose(window[:200] + window[200:], 1.0, atol=1e-15)


def test_a_shorter_window_stands_in_the_middle_of_the_frame():
    np.testing.assert_array_equal(centred_window("rectangular", win_length=3, n_fft=8), [0, 0, 1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(centred_window("hann", win_length=None, n_fft=5), get_window("hann", 5))


def test_the_shared_window_is_read_only():
    assert not centred_window("hann", win_length=4, n_fft=8).flags.writeable


@pytest.mark.parametrize(
    ("name", "win_length", "error", "message"),
    [
        ("kaiser", 4, ValueError, "window: expected one of rectangular, hann, .* got 'kaiser'"),
        ("hann", 0, ValueError, "win_length: expected 1 or more, got 0"),
        ("hann", 2.5, TypeError, r"win_length: expected an integer, got 2\.5"),
        ("hann", 9, ValueError, "win_length: expected n_fft=8 or less, got 9"),
    ],
)
def test_impossible_windows_are_refused(name, win_length, error, message):
    with pytest.raises(error, match=message):
        centred_window(name, win_length=win_length, n_fft=8)
