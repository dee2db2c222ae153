# SPDX-License-Identifier: Apache-2.0
"""Free ports on the loopback."""
import socket

_given = set()


def free_port():
    """A port that was free a moment ago and that this run has not given to anybody else."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def accepts(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
