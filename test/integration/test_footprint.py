# SPDX-License-Identifier: Apache-2.0
"""What an idle proxy costs."""
from harness.clients import RawConnection


def test_at_most_16_mib_at_the_start(stack):
    assert stack.proxy.resident_kib() <= 16 * 1024


def test_at_most_2_kib_an_idle_connection(stack):
    count = 1000
    ask = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
    with stack.connect() as first:  # pays for what is made once
        first.send(ask)
        first.read_answer()
        before = stack.proxy.resident_kib()
        kept = []
        try:
            for _ in range(count):
                connection = RawConnection(stack.port)
                kept.append(connection)
                connection.send(ask)
                assert connection.read_answer().status == 200
            assert (stack.proxy.resident_kib() - before) / count <= 2
        finally:
            for connection in kept:
                connection.close()
