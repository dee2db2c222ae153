# SPDX-License-Identifier: Apache-2.0
"""Waiting for something to become true, with an end."""
import time

# Generous: it is how long a broken test takes, not how long a good one does.
DEADLINE_S = 20.0


class NotInTime(AssertionError):
    pass


def until(what, probe, seconds=DEADLINE_S):
    """Calls probe until it returns something true, and returns that.

    A probe that raises OSError or AssertionError counts as "not yet"; the last such error is part
    of the message when time is up.
    """
    end = time.monotonic() + seconds
    last = None
    pause = 0.002
    while True:
        try:
            value = probe()
            if value:
                return value
            last = value
        except (OSError, AssertionError) as error:
            last = error
        if time.monotonic() > end:
            raise NotInTime(f"not within {seconds:g} s: {what}; last: {last!r}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
