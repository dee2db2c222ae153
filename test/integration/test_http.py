# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 and HTTP/2 in their less usual shapes: trailers, 100-continue, upgrade, pipelining."""
import asyncio
import subprocess

import pytest
import websockets
from websockets.server import serve

from harness.objects import rule
from harness.upstreams import ok


def test_trailers_of_a_response_pass(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        connection.send(
            b"GET /trailers HTTP/1.1\r\nHost: " + edge.host.encode() + b"\r\nTE: trailers\r\n\r\n"
        )
        answer = connection.read_answer()
    assert answer.body == b"with trailers\n"
    assert answer.header("x-checksum") == "abc123"


def test_trailers_pass_to_http2(edge):
    edge.route(rule("blue"))
    done = subprocess.run(
        ["nghttp", "-v", "-H", f":authority: {edge.host}", "-H", "te: trailers",
         f"http://127.0.0.1:{edge.stack.port}/trailers"],
        capture_output=True, text=True, timeout=30)
    assert "x-checksum: abc123" in done.stdout


def test_100_continue_comes_before_the_body(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        connection.send(
            b"POST / HTTP/1.1\r\nHost: " + edge.host.encode()
            + b"\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        )
        assert connection.read_answer().status == 100
        connection.send(b"hello")
        answer = connection.read_answer()
    assert answer.status == 200
    assert answer.json()["body_bytes"] == 5


def test_another_expectation_is_417(edge):
    edge.route(rule("blue"))
    assert edge.get(headers=["Expect: miracles"], data=b"x").status == 417


def test_chunked_request_passes_whole(edge):
    edge.route(rule("blue"))
    told = edge.get(headers=["Transfer-Encoding: chunked"], data=b"x" * 100_000).json()
    assert told["body_bytes"] == 100_000


def test_pipelined_requests_are_answered_in_order(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        for n in range(5):
            connection.send(f"GET /{n} HTTP/1.1\r\nHost: {edge.host}\r\n\r\n".encode())
        told = [connection.read_answer().json()["path"] for _ in range(5)]
    assert told == [f"/{n}" for n in range(5)]


def test_connection_close_is_honoured(edge):
    edge.route(rule("blue"))
    with edge.stack.connect() as connection:
        connection.send(
            b"GET / HTTP/1.1\r\nHost: " + edge.host.encode() + b"\r\nConnection: close\r\n\r\n"
        )
        assert connection.read_answer().status == 200
        assert connection.closed_by_peer()


def test_connection_headers_stay_on_their_hop(edge):
    edge.route(rule("blue"))
    seen = edge.get(headers=["Connection: x-hop", "x-hop: 1", "Keep-Alive: 5"]).json()["headers"]
    assert not {"connection", "x-hop", "keep-alive"} & set(seen)


def test_upstream_connections_are_used_again(edge):
    server = edge.scripted(lambda head, body: ok())
    edge.route(rule(edge.backend("kept", server.port)))
    with edge.stack.connect() as connection:
        for _ in range(5):
            connection.send(b"GET / HTTP/1.1\r\nHost: " + edge.host.encode() + b"\r\n\r\n")
            assert connection.read_answer().status == 200
    assert server.connections == 1


@pytest.mark.parametrize("version", ["--http1.1", "--http2-prior-knowledge"])
def test_curl_in_both_versions(edge, version):
    edge.route(rule("blue"))
    answer = edge.get("/v", version)
    assert answer.status == 200
    assert answer.version == ("HTTP/1.1" if "1.1" in version else "HTTP/2")


def test_http2_streams_share_a_connection(edge):
    edge.route(rule("blue"))
    done = subprocess.run(
        ["h2load", "-n", "500", "-c", "1", "-m", "50", "-H", f":authority: {edge.host}",
         f"http://127.0.0.1:{edge.stack.port}/"],
        capture_output=True, text=True, timeout=60)
    assert "500 succeeded, 0 failed" in done.stdout
    assert "500 2xx" in done.stdout


def test_h2c_upgrade_is_not_taken(edge):
    edge.route(rule("blue"))
    answer = edge.get("/", "--http2")  # curl asks for Upgrade: h2c
    assert (answer.status, answer.version) == (200, "HTTP/1.1")
    assert "upgrade" not in answer.json()["headers"]


def test_websocket_passes_both_ways(edge):
    async def echo(socket):
        async for message in socket:
            await socket.send(message)

    async def talk():
        async with serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.to_thread(edge.backend, "ws", port)
            await asyncio.to_thread(edge.route, rule(edge.name("ws")))
            url = f"ws://{edge.host}/chat"
            async with websockets.connect(
                url, host="127.0.0.1", port=edge.stack.port, max_size=None
            ) as socket:
                for message in ["hello", "x" * 1_000_000, b"\0\1\2"]:
                    await socket.send(message)
                    assert await socket.recv() == message
                assert await asyncio.wait_for(await socket.ping(), 10) is not None

    asyncio.run(talk())


def test_client_address_is_passed_on_and_not_believed(edge):
    edge.route(rule("blue"))
    seen = edge.get(headers=["x-forwarded-for: 8.8.8.8", "x-envoy-internal: true"]).json()
    assert seen["headers"]["x-forwarded-for"].endswith("127.0.0.1")
    assert seen["headers"].get("x-envoy-internal") != "true"
    assert seen["headers"]["x-request-id"]
