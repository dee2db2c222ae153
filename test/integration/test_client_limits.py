# SPDX-License-Identifier: Apache-2.0
"""What ClientPolicy allows a client: connections, requests on each, and time."""
import pytest

from harness import objects
from harness.clients import RawConnection
from harness.gateway import Stack
from harness.objects import policy, rule
from harness.wait import until

GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"


@pytest.fixture
def narrow(tmp_path, blue):
    """One worker, so that a limit is not shared."""
    with Stack(tmp_path, objects.backend("blue", blue.port),
               objects.route("main", "edge", [rule("blue")]), concurrency=1) as stack:
        yield stack


def limit(stack, **spec):
    stack.control.apply_live(policy("ClientPolicy", "limits", "Gateway", stack.name, **spec))


def served(stack):
    """A connection that has had an answer, or None where it was closed without one."""
    connection = RawConnection(stack.port)
    try:
        connection.send(GET)
        assert connection.read_answer().status == 200
        return connection
    except ConnectionError:
        connection.close()
        return None


def test_connections_over_the_limit_are_closed_and_room_is_given_back(narrow):
    limit(narrow, connections={"maxConnections": 2})
    first, second = served(narrow), served(narrow)
    assert first and second
    assert served(narrow) is None
    first.close()
    third = until("room for another", lambda: served(narrow))
    third.close()
    second.close()


def test_a_connection_ends_after_its_last_allowed_request(narrow):
    limit(narrow, connections={"maxRequestsPerConnection": 2})
    with narrow.connect() as connection:
        connection.send(GET)
        assert connection.read_answer().header("connection") is None
        connection.send(GET)
        assert connection.read_answer().header("connection") == "close"
        assert connection.closed_by_peer()


def test_an_idle_connection_is_closed(narrow):
    limit(narrow, timeouts={"idle": "100ms"})
    with narrow.connect() as connection:
        connection.send(GET)
        assert connection.read_answer().status == 200
        assert connection.closed_by_peer()


def test_a_header_that_does_not_end_is_408(narrow):
    limit(narrow, timeouts={"requestHeader": "100ms"})
    with narrow.connect() as connection:
        connection.send(GET[:-4])
        assert connection.read_answer().status == 408
        assert connection.closed_by_peer()


def test_a_body_that_does_not_end_is_408(narrow):
    limit(narrow, timeouts={"request": "200ms"})
    with narrow.connect() as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nx")
        assert connection.read_answer().status == 408


@pytest.mark.parametrize("choice, status, seen", [
    ("Reject", 400, None), ("Drop", 200, False), ("Allow", 200, True)])
def test_a_name_with_an_underscore(narrow, choice, status, seen):
    limit(narrow, headers={"underscores": choice})
    answer = narrow.get(headers=["x_user: admin"])
    assert answer.status == status
    if status == 200:
        assert ("x_user" in answer.json()["headers"]) == seen


def test_what_is_ambiguous_is_refused_unless_allowed(narrow):
    """The defaults that ClientPolicy documents."""
    assert narrow.get(headers=["x_user: admin"]).status == 400
    assert narrow.get("/a%2fb").status == 400
    limit(narrow, path={"escapedSlashes": "Keep"})
    assert narrow.get("/a%2fb").json()["path"] == "/a%2Fb"
