"""Ctrl-C and SIGTERM in a training: nothing may swallow them."""

import contextlib
import signal

import pytest

from srgan_tf.training.interrupts import LostInterrupts


@pytest.fixture
def handler():
    """Of SIGTERM, as the command line has one: it raises, and a second signal is ignored."""

    def end(number, frame):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    yield end
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def ctrl_c():
    """Python's own handler, which it does not have as a job in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_swallowed_signal_is_raised_after_the_step(handler):
    with pytest.raises(SystemExit) as error, LostInterrupts() as interrupts:
        interrupts.on_train_batch_end(0)
        with contextlib.suppress(SystemExit):  # as NumPy does within an array of JAX
            signal.raise_signal(signal.SIGTERM)
        interrupts.on_train_batch_end(1)
    assert error.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN  # what the handler chose stays


def test_a_swallowed_ctrl_c_too(ctrl_c):
    with pytest.raises(KeyboardInterrupt), LostInterrupts(num_processes=2) as interrupts:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        interrupts.on_train_batch_end(0)
    assert signal.getsignal(signal.SIGINT) == signal.default_int_handler


def test_handlers_come_back(handler):
    with LostInterrupts() as interrupts:
        assert signal.getsignal(signal.SIGTERM) != handler
        interrupts.on_train_batch_end(0)
    assert signal.getsignal(signal.SIGTERM) == handler


def test_sigterm_is_left_alone_where_several_processes_train(handler):
    with LostInterrupts(num_processes=2):
        assert signal.getsignal(signal.SIGTERM) == handler
