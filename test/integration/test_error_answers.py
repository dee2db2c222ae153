# SPDX-License-Identifier: Apache-2.0
"""What bad requests and bad backends get: status, problem details, and why in the log."""
import pytest

from harness import objects
from harness.clients import raw
from harness.objects import path_match, rule
from harness.ports import free_port
from harness.upstreams import ok


def assert_problem(answer, status):
    assert answer.status == status, answer
    assert answer.header("content-type") == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["title"]
    return told


def test_no_route_is_404_nr(edge):
    edge.route(rule("blue", matches=[path_match("/here")]))
    assert_problem(edge.get("/elsewhere"), 404)
    assert edge.logged(path="/elsewhere")["flags"] == "NR"


def test_unknown_host_is_404(edge):
    assert_problem(edge.get(host="nobody.test"), 404)


def test_refused_connection_is_503_uf(edge):
    edge.route(rule(edge.backend("down", free_port())))
    assert_problem(edge.get(), 503)
    assert "UF" in edge.logged(code=503)["flags"]


def test_a_service_without_endpoints_is_503_uh(edge):
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": edge.name("empty")},
        "spec": {"ports": [{"name": "http", "port": 80}]},
    }
    edge.apply(service)
    edge.route(rule({"name": edge.name("empty"), "port": 80}))
    assert_problem(edge.get(), 503)
    assert "UH" in edge.logged(code=503)["flags"]


def test_slow_upstream_is_504_ut(edge):
    edge.route(rule("blue", timeouts={"request": "100ms"}))
    assert_problem(edge.get("/delay/30000"), 504)
    assert "UT" in edge.logged(code=504)["flags"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 1000 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\r\n folded\r\ncontent-length: 0\r\n\r\n",
    ],
    ids=["text", "both-lengths", "two-lengths", "status-1000", "obs-fold"],
)
def test_upstream_garbage_is_502_upe(edge, garbage):
    server = edge.scripted(lambda head, body: garbage)
    edge.route(rule(edge.backend("garbage", server.port)))
    assert_problem(edge.get(), 502)
    assert "UPE" in edge.logged(code=502)["flags"]
    connections = server.connections
    edge.get()
    assert server.connections == connections + 1  # never pooled


def test_upstream_that_hangs_up_is_503_uc(edge):
    edge.route(rule("blue"))
    answer = edge.get("/close", method="POST", data=b"x")
    assert_problem(answer, 503)
    assert "UC" in edge.logged(path="/close")["flags"]


def test_head_has_no_body(edge):
    with edge.stack.connect() as connection:
        connection.send(b"HEAD / HTTP/1.1\r\nHost: nobody.test\r\n\r\n")
        answer = connection.read_answer(head_only=True)
        assert answer.status == 404
        # Whatever was sent after the head would stand before the next answer.
        connection.send(b"GET / HTTP/1.1\r\nHost: nobody.test\r\n\r\n")
        assert connection.read_answer().status == 404


def test_grpc_gets_trailers_only(edge):
    answer = edge.get(
        "/pkg.Service/Method",
        "--http2-prior-knowledge",
        # The answer overtakes the body, which a curl of this age takes for an error if it is reset
        # while it still sends.
        data=b"\0\0\0\0\0",
        host="nobody.test",
        headers=["content-type: application/grpc", "te: trailers"],
    )
    assert answer.status == 200
    assert answer.header("content-type").startswith("application/grpc")
    assert answer.header("grpc-status") == "12"  # UNIMPLEMENTED, gRPC's mapping of 404
    assert answer.header("grpc-message")
    assert answer.body == b""


def test_connect_is_405(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        host = edge.host.encode()
        connection.send(b"CONNECT " + host + b":443 HTTP/1.1\r\nHost: " + host + b":443\r\n\r\n")
        answer = connection.read_answer()
    assert_problem(answer, 405)
    assert answer.header("allow") == ""
    assert edge.stack.logged(code=405)["flags"] == "-"


def test_headers_too_large_are_431(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        connection.send(
            b"GET / HTTP/1.1\r\nHost: " + edge.host.encode() + b"\r\nx: " + b"a" * 70000 + b"\r\n\r\n"
        )
        answer = connection.read_answer()
        assert answer.status == 431
        assert connection.closed_by_peer()


@pytest.fixture
def small_bodies(shared_stack):
    policy = objects.policy(
        "ClientPolicy", "small-bodies", "Gateway", shared_stack.name, body={"maxSize": "1Ki"}
    )
    shared_stack.control.apply_live(policy)
    yield
    shared_stack.control.delete(policy)


def test_body_over_the_limit_is_413(edge, small_bodies):
    server = edge.scripted(lambda head, body: ok())
    edge.route(rule(edge.backend("sink", server.port)))
    assert edge.get(data=b"x" * 1024).status == 200
    assert_problem(edge.get(data=b"x" * 1025), 413)
    chunked = edge.get(headers=["Transfer-Encoding: chunked"], data=b"x" * 5000)
    assert chunked.status == 413
    assert server.count() == 1


HOST = b"Host: x.test\r\n"
MALFORMED = {
    "both-lengths": b"POST / HTTP/1.1\r\n" + HOST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two-lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "length-list": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 0, 0\r\n\r\n",
    "signed-length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +0\r\n\r\n",
    "bare-lf": b"GET / HTTP/1.1\nHost: x.test\n\n",
    "bare-cr": b"GET / HTTP/1.1\r\n" + HOST + b"x: a\rb\r\n\r\n",
    "nul": b"GET / HTTP/1.1\r\n" + HOST + b"x: a\0b\r\n\r\n",
    "fold": b"GET / HTTP/1.1\r\n" + HOST + b"x: a\r\n b\r\n\r\n",
    "space-before-colon": b"GET / HTTP/1.1\r\n" + HOST + b"x : a\r\n\r\n",
    "empty-name": b"GET / HTTP/1.1\r\n" + HOST + b": a\r\n\r\n",
    "no-host": b"GET / HTTP/1.1\r\n\r\n",
    "two-hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "host-port": b"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n",
    "absolute-form-disagrees": b"GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n",
    "fragment": b"GET /#a HTTP/1.1\r\n" + HOST + b"\r\n",
    "two-spaces": b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_request_is_400_and_a_close(shared_stack, name):
    before = len(shared_stack.log_lines())
    answer, closed = raw(shared_stack.port, MALFORMED[name])
    assert answer.status == 400
    assert answer.header("connection") == "close"
    assert closed
    assert "DPE" in shared_stack.logged(since=before, code=400)["flags"]


def test_malformed_body_is_400_and_a_close(edge):
    server = edge.scripted(lambda head, body: ok())
    edge.route(rule(edge.backend("once", server.port)))
    host = b"Host: " + edge.host.encode() + b"\r\n"
    answer, closed = raw(
        edge.stack.port,
        b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n")
    assert answer.status == 400
    assert closed


def test_nothing_is_read_behind_a_malformed_request(edge):
    server = edge.scripted(lambda head, body: ok())
    edge.route(rule(edge.backend("once", server.port)))
    host = b"Host: " + edge.host.encode() + b"\r\n"
    with edge.stack.connect() as connection:
        connection.send(
            b"GET /1 HTTP/1.1\r\n" + host + b"\r\n"
            + b"GET /2 HTTP/1.1\r\n" + host + b"bad name: 1\r\n\r\n"
            + b"GET /3 HTTP/1.1\r\n" + host + b"\r\n"
        )
        assert connection.read_answer().status == 200
        assert connection.read_answer().status == 400
        assert connection.closed_by_peer()
    assert [h.split(b" ")[1] for h, _ in server.requests] == [b"/1"]
