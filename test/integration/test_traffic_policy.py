# SPDX-License-Identifier: Apache-2.0
"""TrafficPolicy on real traffic, and HTTPRoute's own word above it."""
import itertools
import threading

from harness.objects import policy, rule
from harness.upstreams import ok

BUSY = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"


def govern_route(edge, **spec):
    edge.apply(policy("TrafficPolicy", edge.name("traffic"), "HTTPRoute", edge.name("route"), **spec))


def test_its_timeout_holds_where_the_route_has_none(edge):
    edge.route(rule("blue"))
    govern_route(edge, timeouts={"request": "100ms"})
    assert edge.get("/delay/10000").status == 504
    assert "UT" in edge.logged(code=504)["flags"]


def test_the_routes_timeout_wins(edge):
    edge.route(rule("blue", timeouts={"request": "20s"}))
    govern_route(edge, timeouts={"request": "100ms"})
    assert edge.get("/delay/500").status == 200
    edge.route(rule("blue", timeouts={"request": "100ms"}))
    govern_route(edge, timeouts={"request": "20s"})
    assert edge.get("/delay/10000").status == 504


def flaky(edge, failures):
    """An upstream that fails so often before each success."""
    turn = itertools.count()
    return edge.scripted(
        lambda head, body: ok(b"good") if next(turn) % (failures + 1) == failures else BUSY)


def test_its_retries_hold_where_the_route_has_none(edge):
    server = flaky(edge, 1)
    edge.route(rule(edge.backend("flaky", server.port)))
    assert edge.get().status == 503
    assert edge.get().status == 200
    govern_route(edge, retry={"attempts": 1, "statusCodes": [503], "backoff": {"base": "1ms"}})
    assert edge.get().status == 200
    assert server.count() == 4


def test_the_routes_retries_win(edge):
    server = flaky(edge, 2)
    edge.route(rule(edge.backend("flaky", server.port),
                    retry={"attempts": 2, "codes": [503], "backoff": "1ms"}))
    govern_route(edge, retry={"attempts": 1, "statusCodes": [503], "backoff": {"base": "1ms"}})
    assert edge.get().status == 200
    assert server.count() == 3


def test_requests_over_a_limit_are_503_uo(edge):
    """A limit of one: each of the two workers has a share of one."""
    release = threading.Event()
    server = edge.scripted(lambda head, body: release.wait(20) and ok())
    name = edge.backend("narrow", server.port)
    edge.route(rule(name))
    edge.apply(policy("TrafficPolicy", edge.name("limits"), "Backend", name,
                      limits={"maxRequests": 1}))
    answers = []
    clients = [threading.Thread(target=lambda: answers.append(edge.get(seconds=25).status))
               for _ in range(6)]
    for client in clients:
        client.start()
    edge.logged(code=503, flags="UO")
    release.set()
    for client in clients:
        client.join()
    assert set(answers) == {200, 503}
