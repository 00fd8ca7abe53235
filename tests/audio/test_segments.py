import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minser.audio.segments import cut_windows


@given(
    lengths=st.lists(st.integers(0, 40), min_size=1, max_size=8),
    hop=st.integers(1, 12),
    window=st.integers(1, 20),
    more=st.integers(0, 20),
)
def test_windows_cover_the_waveform_however_it_comes(lengths, hop, window, more):
    total, whole = sum(lengths), window + more
    waveform = np.arange(total, dtype=np.float32)
    blocks = np.split(waveform, np.cumsum(lengths)[:-1])
    found = list(cut_windows(blocks, window=window, hop=hop, whole=whole))
    if total <= whole:
        expected = [0]
        window = total
    else:
        expected = list(range(0, total - window + 1, hop))
        if expected[-1] + window < total:
            expected.append(total - window)
    assert [start for start, _ in found] == expected
    for start, cut in found:
        np.testing.assert_array_equal(cut, waveform[start : start + window])


def test_a_window_longer_than_what_stays_whole_is_refused():
    with pytest.raises(ValueError, match="window: expected at most 4 samples, got 5"):
        list(cut_windows([np.zeros(9)], window=5, hop=1, whole=4))
    with pytest.raises(ValueError, match="hop: expected 1 or more, got 0"):
        list(cut_windows([np.zeros(9)], window=3, hop=0, whole=4))
