# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of a running proxy: its threads, its log at the end, its good-byes."""
import re
import signal
import socket
import subprocess

import pytest

from harness import objects
from harness.gateway import Stack
from harness.objects import rule
from harness.process import ROOT, program
from harness.wait import until

MIB = 1 << 20


@pytest.mark.parametrize("workers", [1, 3])
def test_each_worker_has_a_listening_socket_of_its_own(tmp_path, blue, workers):
    with Stack(tmp_path, objects.backend("blue", blue.port),
               objects.route("main", "edge", [rule("blue")]), concurrency=workers) as stack:
        told = subprocess.run(["ss", "-Hltnp", f"sport = :{stack.port}"], capture_output=True,
                              text=True, check=True).stdout
        assert len(told.splitlines()) == workers, told
        assert stack.get().status == 200


def test_the_last_lines_of_the_access_log_are_written_at_the_end(stack):
    """They wait in a buffer for up to a second."""
    for n in range(20):
        assert stack.get(f"/last/{n}").status == 200
    assert stack.proxy.stop() == 0
    paths = {line["path"] for line in stack.log_lines()}
    assert {f"/last/{n}" for n in range(20)} <= paths


def test_sigterm_says_goaway_and_finishes_the_streams(stack):
    client = subprocess.Popen(
        ["nghttp", "-v", "-H", ":authority: a.test", f"http://127.0.0.1:{stack.port}/delay/1500"],
        stdout=subprocess.PIPE, text=True)
    stack.proxy.until(
        "a request under way", lambda: stack.proxy.metric("downstream_requests_active") >= 1)
    stack.proxy.send(signal.SIGTERM)
    told, _ = client.communicate(timeout=30)
    assert "recv GOAWAY" in told
    assert "error_code=NO_ERROR" in told
    assert ":status: 200" in told
    assert stack.proxy.wait() == 0


def test_an_idle_kept_connection_is_closed_by_sigterm_at_once(stack):
    with stack.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert connection.read_answer().status == 200
        stack.proxy.send(signal.SIGTERM)
        assert connection.closed_by_peer()
    assert stack.proxy.wait() == 0


def test_an_upstream_that_does_not_read_stops_the_client(stack):
    """A sender can put no more into the proxy than its buffers and the sockets' hold."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        stack.control.apply_live(
            objects.backend("deaf", deaf.getsockname()[1]),
            objects.route("main", "edge", [rule("deaf", timeouts={"request": "0s"})]))
        with stack.connect() as connection:
            size = 1 << 30
            connection.send(f"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: {size}\r\n\r\n"
                            .encode())
            connection.socket.setblocking(False)
            sent, history = 0, []

            def at_rest():
                nonlocal sent
                try:
                    while sent < size:
                        sent += connection.socket.send(b"\0" * 65536)
                except BlockingIOError:
                    pass
                history.append(sent)
                return len(history) > 20 and history[-1] == history[-20]

            until("the sender stands still", at_rest)
            assert sent < 64 * MIB
            assert stack.proxy.resident_kib(peak=True) < 64 * 1024
    assert stack.get("/", host="nobody.test").status in (200, 503)


REFERENCE = (ROOT / "docs/guide/flags.md").read_text()


@pytest.mark.parametrize("name", ["sluice-proxy", "sluice-control"])
def test_help_and_the_reference_list_the_same_flags(name):
    told = subprocess.run([program(name), "--help"], capture_output=True, text=True, timeout=20)
    assert told.returncode == 0, told
    helped = set(re.findall(r"(?m)^  (--?[a-z-]+)", told.stdout))
    section = REFERENCE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    # In rows of the table, and in the sentence on Envoy's flags that have no effect.
    documented = set(re.findall(r"`(--?[a-z][a-z-]*)[ =`]", section)) - {"--help"}
    assert len(helped) > 10
    assert documented >= helped, helped - documented
    assert helped | {"--config-path"} >= documented, documented - helped
