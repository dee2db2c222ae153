# SPDX-License-Identifier: Apache-2.0
"""Free ports on the loopback."""
import pathlib
import random
import socket

_given = set()
_LOWEST = 10_000
# From here on the kernel takes ports for connections that go out: one of them could hold a port
# between the moment it is given and the moment a program listens on it, or while that restarts.
_FIRST_OF_CLIENTS = int(
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])


def free_port():
    """A port that was free a moment ago and that this run has not given to anybody else.

    At random, so that two runs on one machine seldom try the same.
    """
    while True:
        port = random.randrange(_LOWEST, _FIRST_OF_CLIENTS) if _FIRST_OF_CLIENTS > 20_000 else 0
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def accepts(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


def refuses(port):
    """True if nobody listens there. As with accepts(), an OSError says that it cannot be told."""
    try:
        return not accepts(port)
    except ConnectionRefusedError:
        return True
