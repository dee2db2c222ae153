# SPDX-License-Identifier: Apache-2.0
"""Trailers pass in both directions, whichever versions are spoken on the two sides."""
import subprocess

import pytest

from harness.http2_upstream import Http2Upstream
from harness.objects import rule
from harness.upstreams import ok

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-back\r\n\r\n"


def by_http1(edge, _):
    """Sends a body with a trailer in chunks; returns what came back, trailers among the fields."""
    with edge.stack.connect() as connection:
        connection.send(
            b"POST / HTTP/1.1\r\nHost: " + edge.host.encode() + b"\r\nTE: trailers\r\n"
            b"Transfer-Encoding: chunked\r\nTrailer: x-forth\r\n\r\n"
            b"5\r\nhello\r\n0\r\nx-forth: abc123\r\n\r\n")
        answer = connection.read_answer()
    assert answer.status == 200
    return "\n".join(f"{name}: {value}" for name, value in answer.headers)


def by_http2(edge, folder):
    (folder / "body").write_bytes(b"hello")
    done = subprocess.run(
        ["nghttp", "-v", "--no-content-length", "-d", str(folder / "body"),
         "--trailer", "x-forth: abc123", "-H", f":authority: {edge.host}", "-H", "te: trailers",
         f"http://127.0.0.1:{edge.stack.port}/"],
        capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("send", [by_http1, by_http2])
def test_trailers_pass_through_an_http1_upstream(edge, tmp_path, send):
    server = edge.scripted(
        lambda head, body: CHUNKED + b"2\r\nok\r\n0\r\nx-back: def456\r\n\r\n")
    edge.route(rule(edge.backend("one", server.port)))
    assert "x-back: def456" in send(edge, tmp_path)
    head, body = server.requests[0]
    assert b"transfer-encoding: chunked" in head.lower()
    assert body.endswith(b"0\r\nx-forth: abc123\r\n\r\n")


@pytest.mark.parametrize("send", [by_http1, by_http2])
def test_trailers_pass_through_an_http2_upstream(edge, tmp_path, send):
    with Http2Upstream(trailers=[("x-back", "def456")]) as server:
        edge.route(rule(edge.backend("two", server.port, appProtocol="kubernetes.io/h2c")))
        assert "x-back: def456" in send(edge, tmp_path)
    (seen,) = server.requests
    assert (seen.body, seen.trailers) == (b"hello", {"x-forth": "abc123"})


@pytest.mark.parametrize("field", [b"content-length: 3", b"host: b.test", b"authorization: x"])
def test_a_trailer_that_would_change_the_message_is_dropped(edge, field):
    """Merged by a careless server behind us, it would be believed."""
    server = edge.scripted(lambda head, body: ok())
    edge.route(rule(edge.backend("one", server.port)))
    with edge.stack.connect() as connection:
        connection.send(
            b"POST / HTTP/1.1\r\nHost: " + edge.host.encode()
            + b"\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + field
            + b"\r\nx-forth: 1\r\n\r\n")
        assert connection.read_answer().status == 200
    body = server.requests[0][1]
    assert field not in body
    assert b"x-forth: 1" in body
