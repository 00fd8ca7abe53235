import signal
import threading

import pytest

from minser.system.signals import stop_requests


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_a_wish_and_the_second_an_order(number):
    before = signal.getsignal(number)
    with stop_requests() as is_asked_to_stop:
        assert not is_asked_to_stop()
        signal.raise_signal(number)
        assert is_asked_to_stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_another_thread_collects_nothing():
    answers = []

    def work():
        with stop_requests() as is_asked_to_stop:
            answers.append(is_asked_to_stop())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]
