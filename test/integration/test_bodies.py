# SPDX-License-Identifier: Apache-2.0
"""Bodies stream: size does not matter to the proxy's memory, and a slow reader slows the sender."""
import subprocess

import pytest

from harness import objects
from harness.objects import rule
from harness.wait import until

GIB = 1 << 30
LIMIT_KIB = 64 * 1024


@pytest.fixture
def size(is_long):
    return 10 * GIB if is_long else GIB


def open_timeouts(route_rule):
    return {**route_rule, "timeouts": {"request": "0s"}}


@pytest.fixture
def blue_route(stack):
    stack.control.apply_live(objects.route("main", "edge", [open_timeouts(rule("blue"))]))
    return stack


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_a_big_download_stays_under_64_mib(blue_route, size, version):
    done = subprocess.run(
        ["curl", "-sS", version, "-o", "/dev/null", "-w", "%{http_code} %{size_download}",
         f"http://127.0.0.1:{blue_route.port}/bytes/{size}"],
        capture_output=True, text=True, timeout=1800)
    assert done.stdout == f"200 {size}", done.stderr
    assert blue_route.proxy.resident_kib(peak=True) < LIMIT_KIB


def test_a_big_upload_stays_under_64_mib(blue_route, size):
    zeros = subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE)
    done = subprocess.run(
        ["curl", "-sS", "-T", "-", f"http://127.0.0.1:{blue_route.port}/up"],
        stdin=zeros.stdout, capture_output=True, text=True, timeout=1800)
    zeros.stdout.close()
    zeros.wait()
    assert f'"body_bytes":{size}' in done.stdout, done.stderr
    assert blue_route.proxy.resident_kib(peak=True) < LIMIT_KIB


def test_a_client_that_does_not_read_stops_the_upstream(blue_route):
    with blue_route.connect(receive_buffer=65536) as connection:
        connection.send(f"GET /bytes/{GIB} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        connection.read_until(b"\r\n\r\n")
        # Both directions have come to rest when the proxy has used no processor time for a while.
        seen = []

        def at_rest():
            with open(f"/proc/{blue_route.proxy.pid}/stat") as stat:
                fields = stat.read().rpartition(")")[2].split()
            seen.append(int(fields[11]) + int(fields[12]))
            return len(seen) > 10 and seen[-1] == seen[-10]

        until("the transfer stands still", at_rest)
        assert blue_route.proxy.resident_kib(peak=True) < LIMIT_KIB
        # And goes on as the client reads.
        connection.read_bytes(4 << 20)


def test_a_client_that_leaves_ends_the_upstream_request(blue_route):
    with blue_route.connect() as connection:
        connection.send(b"GET /delay/60000 HTTP/1.1\r\nHost: a.test\r\n\r\n")
        blue_route.proxy.until(
            "a request under way",
            lambda: blue_route.proxy.metric("upstream_requests_active") >= 1)
    line = blue_route.logged(path="/delay/60000")
    assert "DC" in line["flags"]
