# SPDX-License-Identifier: Apache-2.0
"""The push API over REST."""
import json
import subprocess

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


def test_what_a_query_asks_for_and_is_not_known_is_refused(control):
    text = objects.to_yaml(objects.backend("one", 9001)).encode()
    as_yaml = ["Content-Type: application/yaml"]
    answer = rest(control, "/apply?dryrun=1", headers=as_yaml, data=text)
    assert answer.status == 400
    assert "dryrun is not known here; did you mean dryRun?" in answer.json()["detail"]
    assert rest(control, BACKENDS + "/one").status == 404
    assert rest(control, "/apply?dryRun=1&message=m", headers=as_yaml, data=text).status == 200
    assert rest(control, BACKENDS + "/one").status == 404
    assert "labelSelector" in rest(control, BACKENDS + "?labelSelector=a%3Db").json()["detail"]
    assert rest(control, BACKENDS + "?limit=500&pretty=true").status == 200
    assert rest(control, "/wait?revision=5x").status == 400


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


class Watch:
    """curl -N on a path; events come one by one."""

    def __init__(self, control, path, *args):
        self._child = subprocess.Popen(
            ["curl", "-sSN", "--noproxy", "*", "--fail-with-body", *args,
             f"http://127.0.0.1:{control.ports['rest']}{path}"],
            stdout=subprocess.PIPE, text=True)

    def next(self):
        line = self._child.stdout.readline()
        return json.loads(line) if line else None

    def named(self):
        event = self.next()
        return event["type"], event["object"]["metadata"]["name"]

    def end(self, seconds=20):
        """curl's exit code, when the server ends the answer: 18 if it was cut off."""
        self._child.stdout.read()
        return self._child.wait(seconds)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._child.kill()
        self._child.communicate()


def test_watch_tells_what_is_there_and_every_change(control):
    control.apply(objects.backend("one", 9001))
    with Watch(control, BACKENDS + "?watch=1") as watch:
        first = watch.next()
        assert (first["type"], first["object"]["metadata"]["name"]) == ("ADDED", "one")
        assert first["object"]["kind"] == "Backend"
        control.apply(objects.backend("two", 9002))
        assert watch.named() == ("ADDED", "two")
        control.apply(objects.gateway_class())  # Another kind: not told.
        control.apply(objects.backend("one", 9003))
        changed = watch.next()
        assert changed["type"] == "MODIFIED"
        assert changed["object"]["spec"]["endpoints"][0]["port"] == 9003
        # It is the version that an update may name.
        version = changed["object"]["metadata"]["resourceVersion"]
        assert rest(control, BACKENDS + "/one").json()["metadata"]["resourceVersion"] == version
        rest(control, BACKENDS + "/two", method="DELETE")
        assert watch.named() == ("DELETED", "two")


def test_watch_goes_on_from_a_listing(control):
    control.apply(objects.backend("one", 9001))
    version = rest(control, BACKENDS).json()["metadata"]["resourceVersion"]
    control.apply(objects.backend("two", 9002))
    with Watch(control, f"{BACKENDS}?watch=true&resourceVersion={version}") as watch:
        assert watch.named() == ("ADDED", "two")
    with Watch(control, f"{BACKENDS}/one?watch=1") as watch:
        assert watch.named() == ("ADDED", "one")
    with Watch(control, f"{BACKENDS}?watch=1&resourceVersion=1000000") as watch:
        assert watch.next()["object"]["code"] == 410
        assert watch.end() == 0


def test_watches_are_bounded_give_their_place_back_and_end_with_the_control_plane(control):
    control.apply(objects.backend("one", 9001))
    with Watch(control, BACKENDS + "?watch=1&timeoutSeconds=1") as watch:
        assert watch.named() == ("ADDED", "one")
        assert watch.end() == 0
    watches = []
    try:
        for _ in range(32):
            watches.append(Watch(control, BACKENDS + "?watch=1"))
            assert watches[-1].named() == ("ADDED", "one")
        assert rest(control, BACKENDS + "?watch=1").status == 503
        assert rest(control, BACKENDS).status == 200  # others are still served
        watches.pop().__exit__()

        def has_a_place():
            watch = Watch(control, BACKENDS + "?watch=1")
            if watch.next().get("type") == "ADDED":
                watches.append(watch)
                return True
            watch.__exit__()
            return False

        control.until("the place of one that left", has_a_place)
        assert control.stop() == 0
        assert {watch.end() for watch in watches} == {0}
    finally:
        for watch in watches:
            watch.__exit__()
