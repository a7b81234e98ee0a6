"""Are keys taken at once, and is the terminal left as it was?"""

from __future__ import annotations

import os

from recording import needs_pty, wait_for
from touchrhythm.device.keyboard_taps import KeyListener, measure_key_latency


@needs_pty
def test_keys_come_at_once_and_the_terminal_is_left_as_it_was():
    import pty
    import termios

    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    keys = []
    with KeyListener(keys.append, slave):
        os.write(master, b" x")
        wait_for(lambda: keys == [" ", "x"])
    assert termios.tcgetattr(slave) == before
    os.close(master)
    os.close(slave)


@needs_pty
def test_the_latency_of_keys_is_measured():
    assert 0 < measure_key_latency(10) < 1000
