# SPDX-License-Identifier: Apache-2.0
"""The push API over REST."""
import json

from harness import objects
from harness.clients import RawConnection, curl

BACKENDS = "/apis/sluice.dev/v1alpha1/namespaces/default/backends"


def rest(control, path, *args, **how):
    return curl(f"http://127.0.0.1:{control.ports['rest']}{path}", *args, **how)


def test_apply_get_list_delete(control):
    text = objects.to_yaml(objects.backend("one", 9001), objects.backend("two", 9002)).encode()
    applied = rest(control, "/apply", headers=["Content-Type: application/yaml"], data=text)
    assert applied.status == 200
    assert applied.json()["revision"]
    assert rest(control, BACKENDS + "/one").json()["spec"]["endpoints"][0]["port"] == 9001
    listed = rest(control, BACKENDS).json()
    assert {item["metadata"]["name"] for item in listed["items"]} == {"one", "two"}
    assert rest(control, BACKENDS + "/one", method="DELETE").status in (200, 204)
    assert rest(control, BACKENDS + "/one").status == 404


def test_json_is_taken_too(control):
    body = json.dumps(objects.backend("one", 9001)).encode()
    assert rest(control, "/apply", headers=["Content-Type: application/json"],
                data=body).status == 200
    assert rest(control, BACKENDS + "/one").status == 200


def test_errors_are_problem_details_with_the_path(control):
    bad = objects.backend("one", 9001)
    bad["spec"]["endpoint"] = []
    answer = rest(control, "/apply", data=objects.to_yaml(bad).encode(),
                  headers=["Content-Type: application/yaml"])
    assert answer.status in (400, 422)
    assert answer.header("content-type") == "application/problem+json"
    assert "spec.endpoint" in answer.body.decode()
    assert "endpoints" in answer.body.decode()


def test_fleet_and_revision(control):
    before = rest(control, "/revision").json()["revision"]
    control.apply(objects.backend("one", 9001))
    assert int(rest(control, "/revision").json()["revision"]) > int(before)
    assert rest(control, "/fleet").status == 200


def test_a_browser_page_of_another_origin_cannot_write(control):
    answer = rest(control, "/apply", data=objects.to_yaml(objects.backend("one", 9001)).encode(),
                  headers=["Content-Type: text/plain", "Origin: https://evil.test"])
    assert answer.status in (400, 403, 415)
    assert rest(control, BACKENDS + "/one").status == 404


def test_a_body_over_the_limit_is_refused_unread(control):
    head = "POST /apply HTTP/1.1\r\nHost: localhost\r\nContent-Length: 67108865\r\n\r\n"
    with RawConnection(control.ports["rest"]) as connection:
        connection.send(head.encode())
        answer = connection.read_answer()
    assert answer.status == 413
    assert answer.header("connection") == "close"
    assert "67108864 bytes" in answer.json()["detail"]


def test_a_client_that_stops_in_its_head_is_let_go(control):
    with RawConnection(control.ports["rest"]) as connection:
        connection.send(b"POST /apply HTTP/1.1\r\nHost: local")
        assert connection.read_answer().status == 400
        assert connection.closed_by_peer()
    assert rest(control, "/revision").status == 200


def test_a_wait_that_lasts_keeps_nobody_from_stopping(control):
    with RawConnection(control.ports["rest"]) as connection:
        connection.send(b"GET /wait?revision=999999&timeoutMs=600000 HTTP/1.1\r\n"
                        b"Host: localhost\r\n\r\n")
        assert rest(control, "/revision").status == 200
        assert control.stop() == 0
        assert connection.read_answer().status == 503
