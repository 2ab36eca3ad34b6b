"""How a helper process of the tests knows that it is no longer wanted.

Whoever spawns a helper keeps the other end of its standard input open. The kernel closes that end however the spawner
ends, `kill -9` included, so nothing outlives a test run and nobody has to look for processes by name.
"""

import os
import select
import signal
import sys
import time


class Lifetime:
    """Ends at end-of-file on standard input, or at SIGTERM or SIGINT, whichever comes first.

    Make it in the main thread, before anything that would have to be cleaned up is started. It also wakes up for
    SIGCHLD, so that a caller with a child process learns of the child's end without polling.
    """

    def __init__(self):
        self.ended = False
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        # The handlers do nothing: the wake-up descriptor carries the signal to `wait`, which runs no code in the
        # middle of somebody else's.
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def wait(self, timeout=None):
        """Waits up to `timeout` seconds (without one: for ever) for the end or a signal; true when it has ended."""
        if self.ended:
            return True
        readable, _, _ = select.select([sys.stdin, self._woken], [], [], timeout)
        if self._woken in readable:
            signals = os.read(self._woken, 4096)
            self.ended = signal.SIGTERM in signals or signal.SIGINT in signals
        if sys.stdin in readable and not os.read(sys.stdin.fileno(), 4096):
            self.ended = True
        return self.ended

    def poll(self, condition, seconds, interval=0.05):
        """The first true answer of `condition`, asked until `seconds` are over or the lifetime ends; else None."""
        deadline = time.monotonic() + seconds
        while True:
            if answer := condition():
                return answer
            if time.monotonic() >= deadline or self.wait(interval):
                return None
