import os
import signal
import threading

import pytest

from marki.interruption import whole


def test_an_interruption_waits_until_all_is_done():
    done = []

    def work():
        with whole():
            os.kill(os.getpid(), signal.SIGINT)
            done.append(1)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [1]


def test_without_one_nothing_happens_and_the_handler_is_as_before():
    before = signal.getsignal(signal.SIGINT)
    with whole():
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone():
    done = []

    def work():
        with whole():
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]
