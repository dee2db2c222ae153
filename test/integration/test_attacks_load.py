# SPDX-License-Identifier: Apache-2.0
"""Clients that want to use us up (DOS), and upgrades that are no upgrades (WS)."""
import contextlib
import pathlib
import resource
import socket

import pytest

from harness import objects
from harness.clients import RawConnection, curl
from harness.gateway import Stack
from harness.objects import policy, rule
from harness.ports import free_port
from harness.upstreams import ok


@pytest.fixture(scope="module")
def hasty(tmp_path_factory, blue):
    """A gateway that gives clients half a second for everything."""
    with Stack(
        tmp_path_factory.mktemp("hasty"),
        objects.backend("blue", blue.port),
        objects.route("main", "edge", [rule("blue")]),
        policy("ClientPolicy", "hasty", "Gateway", "edge", timeouts={
            "requestHeader": "500ms", "request": "500ms", "idle": "500ms", "streamIdle": "500ms"}),
    ) as stack:
        yield stack


def trickle(connection, piece):
    """Sends piece after piece until the peer answers or closes."""
    connection.socket.settimeout(0.05)
    for _ in range(400):
        try:
            connection.send(piece)
        except OSError:
            break
        try:
            if not connection._more():
                break
            if b"\r\n\r\n" in connection._seen:
                break
        except TimeoutError:
            continue
        except ConnectionResetError:
            break
    else:
        raise AssertionError("the proxy took 400 pieces")
    connection.socket.settimeout(20)


def test_dos_01_a_head_that_only_trickles_is_408(hasty):
    with hasty.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        trickle(connection, b"a: b\r\n")
        assert connection.read_answer().status == 408


def test_dos_01_a_body_that_only_trickles_is_408(hasty):
    with hasty.connect() as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        trickle(connection, b"x")
        assert connection.read_answer().status == 408


def test_dos_01_a_connection_that_asks_nothing_is_closed(hasty):
    with hasty.connect() as connection:
        assert connection.closed_by_peer()


def test_dos_01_a_client_that_does_not_read_is_given_up(hasty):
    before = len(hasty.log_lines())
    with hasty.connect(receive_buffer=4096) as connection:
        connection.send(b"GET /bytes/50000000 HTTP/1.1\r\nHost: slow.reader\r\n\r\n")
        line = hasty.logged(since=before, host="slow.reader")
    assert "SI" in line["flags"]


def test_dos_02_a_proxy_without_descriptors_still_answers_its_admin_and_recovers(tmp_path, blue):
    with Stack(
        tmp_path,
        objects.backend("blue", blue.port),
        objects.route("main", "edge", [rule("blue")]),
    ) as stack:
        limit = len(list(pathlib.Path(f"/proc/{stack.proxy.pid}/fd").iterdir())) + 40
        resource.prlimit(stack.proxy.pid, resource.RLIMIT_NOFILE, (limit, limit))
        crowd = []
        try:
            for _ in range(200):
                crowd.append(RawConnection(stack.port))
            assert stack.proxy.is_ready()
            # An accept loop that spins would eat a core: its time is measured in ticks.
            before = _ticks(stack.proxy.pid)
            assert stack.proxy.is_ready()
            assert _ticks(stack.proxy.pid) - before < 100
        finally:
            for connection in crowd:
                connection.close()
        stack.proxy.until("it serves again", lambda: stack.get().status == 200)


def _ticks(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_dos_03_a_body_that_breaks_off_reaches_the_upstream_as_broken(edge):
    server = edge.scripted(lambda head, body: ok())
    edge.route(rule(edge.backend("whole", server.port)))
    with edge.stack.connect() as connection:
        connection.send(
            f"POST / HTTP/1.1\r\nHost: {edge.host}\r\nContent-Length: 100000\r\n\r\n".encode()
            + b"x" * 5000)
        connection.socket.shutdown(socket.SHUT_WR)
        edge.stack.logged(host=edge.host)
    assert server.count() == 0  # It never saw a whole one.


def test_dos_07_a_long_path_costs_a_regular_expression_no_more_than_its_length(edge):
    matches = [{"path": {"type": "RegularExpression", "value": "/(a|aa|aaa|a*)*b"}}]
    edge.route(rule("green", matches=matches), rule("blue"))
    assert edge.upstream_of("/" + "a" * 30_000) == "blue"


UPGRADE = (
    "GET /chat HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("status", [b"200 OK", b"403 Forbidden"])
def test_ws_01_a_refused_upgrade_opens_no_tunnel(edge, status):
    def answer(head, body):
        if b"/chat" in head:
            return b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\nno"
        return ok(head.split(b" ")[1])

    server = edge.scripted(answer)
    edge.route(rule(edge.backend("refuses", server.port)))
    with edge.stack.connect() as connection:
        connection.send(UPGRADE.format(host=edge.host, more="").encode() + SMUGGLED)
        told = connection.read_answer()
    assert told.status == int(status[:3])
    # Whoever comes next gets its own answer, and the upstream never saw the bytes for the tunnel.
    assert edge.get("/next").body == b"/next"
    assert not any(b"smuggled" in head + body for head, body in server.requests)


def test_ws_02_bytes_sent_before_101_are_held_until_it_comes(edge):
    def answer(head, body):
        def tunnel(peer):
            peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                         b"Upgrade: websocket\r\n"
                         b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            peer.sendall(b"<" + peer.recv(100) + b">")
            peer.shutdown(socket.SHUT_WR)
        return tunnel

    server = edge.scripted(answer, keep_alive=False)
    edge.route(rule(edge.backend("tunnel", server.port)))
    with edge.stack.connect() as connection:
        connection.send(UPGRADE.format(host=edge.host, more="").encode() + b"early")
        assert connection.read_answer().status == 101
        assert connection.read_bytes(7) == b"<early>"


def test_ws_02_no_tunnel_by_method(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        connection.send(f"CONNECT {edge.host}:443 HTTP/1.1\r\nHost: {edge.host}:443\r\n\r\n".encode())
        assert connection.read_answer().status == 405


@pytest.mark.parametrize("more", ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"])
def test_ws_03_an_upgrade_with_a_body_is_400(edge, more):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        connection.send(UPGRADE.format(host=edge.host, more=more).encode())
        assert connection.read_answer().status == 400


def test_ws_03_a_client_that_leaves_while_we_connect_leaves_nothing_behind(edge):
    # A backlog of one that nobody accepts: the connection hangs.
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        edge.route(rule(edge.backend("deaf", port)))
        proxy = edge.stack.proxy

        def active():
            return proxy.metric("downstream_requests_active")

        with contextlib.ExitStack() as crowd:
            for _ in range(20):
                connection = crowd.enter_context(edge.stack.connect())
                connection.send(UPGRADE.format(host=edge.host, more="").encode())
            proxy.until("requests under way", lambda: active() >= 10)
        proxy.until("no request is left", lambda: active() == 0)


def test_dos_08_fields_made_to_collide_are_refused_by_count(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        connection.send(f"GET / HTTP/1.1\r\nHost: {edge.host}\r\n".encode()
                        + b"".join(b"h%d: x\r\n" % n for n in range(5000)) + b"\r\n")
        assert connection.read_answer().status == 431


def test_max_connections_of_a_listener_is_kept(tmp_path, blue):
    port = free_port()
    with Stack(
        tmp_path,
        objects.backend("blue", blue.port),
        objects.route("main", "edge", [rule("blue")]),
        policy("ClientPolicy", "few", "Gateway", "edge", connections={"maxConnections": 4}),
        listeners=[objects.http_listener(port)],
    ) as stack:
        stack.port = port
        crowd = [RawConnection(port) for _ in range(12)]
        try:
            refused = 0
            for connection in crowd:
                try:
                    connection.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    connection.read_answer()
                except (ConnectionError, OSError):
                    refused += 1
        finally:
            for connection in crowd:
                connection.close()
        assert refused == 8
        stack.proxy.until("there is room again",
                          lambda: curl(f"http://127.0.0.1:{port}/").status == 200)


def test_h1_08_a_client_that_withholds_the_rest_of_a_small_body_is_cut_off(edge):
    with edge.stack.connect() as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: nobody.test\r\nContent-Length: 9999\r\n\r\nx")
        assert connection.read_answer().status == 404
        assert connection.closed_by_peer()
