# SPDX-License-Identifier: Apache-2.0
"""HTTPRoute's filters."""
import pytest

from harness.objects import path_match, rule, to_backend
from harness.upstreams import ok
from harness.wait import until


def test_request_headers_are_set_added_and_removed(edge):
    edge.route(
        rule(
            "blue",
            filters=[
                {
                    "type": "RequestHeaderModifier",
                    "requestHeaderModifier": {
                        "set": [{"name": "x-set", "value": "new"}],
                        "add": [{"name": "x-add", "value": "more"}],
                        "remove": ["x-gone"],
                    },
                }
            ],
        )
    )
    seen = edge.get(headers=["x-set: old", "x-gone: 1", "x-stays: 1"]).json()["headers"]
    assert seen["x-set"] == "new"
    assert seen["x-add"] == "more"
    assert seen["x-stays"] == "1"
    assert "x-gone" not in seen


def test_response_headers_are_set_and_removed(edge):
    edge.route(
        rule(
            "blue",
            filters=[
                {
                    "type": "ResponseHeaderModifier",
                    "responseHeaderModifier": {
                        "set": [{"name": "x-served-by", "value": "sluice"}],
                        "remove": ["x-upstream"],
                    },
                }
            ],
        )
    )
    answer = edge.get()
    assert answer.header("x-served-by") == "sluice"
    assert answer.header("x-upstream") is None


def test_a_backend_has_filters_of_its_own(edge):
    mark = {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "x-to", "value": "green"}]},
    }
    edge.route(rule(to_backend("blue", 1), {**to_backend("green", 1), "filters": [mark]}))
    for n in range(40):
        told = edge.get(f"/{n}").json()
        assert ("x-to" in told["headers"]) == (told["upstream"] == "green")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirect_status(edge, code):
    edge.route(
        rule(
            filters=[
                {
                    "type": "RequestRedirect",
                    "requestRedirect": {"hostname": "new.test", "statusCode": code},
                }
            ]
        )
    )
    answer = edge.get("/path?q=1")
    assert answer.status == code
    assert answer.header("location") == f"http://new.test:{edge.stack.port}/path?q=1"


def test_redirect_to_https_leaves_out_the_well_known_port(edge):
    edge.route(
        rule(filters=[{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}])
    )
    assert edge.get("/a").header("location") == f"https://{edge.host}/a"


def test_redirect_replaces_the_prefix(edge):
    edge.route(
        rule(
            matches=[path_match("/old")],
            filters=[
                {
                    "type": "RequestRedirect",
                    "requestRedirect": {
                        "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/new"}
                    },
                }
            ],
        )
    )
    assert edge.get("/old/item").header("location").endswith("/new/item")
    assert edge.get("/old").header("location").endswith("/new")


@pytest.mark.parametrize(
    "replacement, asked, seen",
    [
        ("/", "/v1/users?x=1", "/users?x=1"),
        ("/", "/v1", "/"),
        ("/v2", "/v1/users", "/v2/users"),
        ("/v2/", "/v1/users", "/v2/users"),
    ],
)
def test_rewrite_replaces_the_prefix(edge, replacement, asked, seen):
    edge.route(
        rule(
            "blue",
            matches=[path_match("/v1")],
            filters=[
                {
                    "type": "URLRewrite",
                    "urlRewrite": {
                        "path": {
                            "type": "ReplacePrefixMatch",
                            "replacePrefixMatch": replacement,
                        }
                    },
                }
            ],
        )
    )
    assert edge.get(asked).json()["path"] == seen


def test_rewrite_of_host_and_whole_path(edge):
    edge.route(
        rule(
            "blue",
            filters=[
                {
                    "type": "URLRewrite",
                    "urlRewrite": {
                        "hostname": "inside.test",
                        "path": {"type": "ReplaceFullPath", "replaceFullPath": "/one"},
                    },
                }
            ],
        )
    )
    told = edge.get("/a/b?q=1").json()
    assert (told["host"], told["path"]) == ("inside.test", "/one?q=1")


def test_mirror_sends_a_copy_and_its_answer_does_not_count(edge):
    shadow = edge.scripted(lambda head, body: b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n")
    name = edge.backend("shadow", shadow.port)
    edge.route(
        rule(
            "blue",
            filters=[
                {"type": "RequestMirror", "requestMirror": {"backendRef": to_backend(name)}}
            ],
        )
    )
    answer = edge.get("/mirrored", data=b"the body")
    assert answer.status == 200 and answer.json()["upstream"] == "blue"
    until("the copy", lambda: shadow.count() == 1)
    head, body = shadow.requests[0]
    assert b"/mirrored" in head.split(b"\r\n")[0]
    assert b"the body" in body


CORS = {
    "type": "CORS",
    "cors": {
        "allowOrigins": ["https://app.test"],
        "allowMethods": ["GET", "PUT"],
        "allowHeaders": ["x-token"],
        "exposeHeaders": ["x-upstream"],
        "allowCredentials": True,
        "maxAge": 600,
    },
}


def test_cors_preflight_is_answered_here(edge):
    server = edge.scripted(lambda head, body: ok())
    edge.route(rule(edge.backend("app", server.port), filters=[CORS]))
    answer = edge.get(
        method="OPTIONS",
        headers=[
            "Origin: https://app.test",
            "Access-Control-Request-Method: PUT",
            "Access-Control-Request-Headers: x-token",
        ],
    )
    assert answer.status in (200, 204)
    assert answer.header("access-control-allow-origin") == "https://app.test"
    assert "PUT" in answer.header("access-control-allow-methods")
    assert "x-token" in answer.header("access-control-allow-headers").lower()
    assert answer.header("access-control-allow-credentials") == "true"
    assert answer.header("access-control-max-age") == "600"
    assert server.count() == 0


def test_cors_marks_answers_to_allowed_origins_only(edge):
    edge.route(rule("blue", filters=[CORS]))
    allowed = edge.get(headers=["Origin: https://app.test"])
    assert allowed.header("access-control-allow-origin") == "https://app.test"
    assert "x-upstream" in allowed.header("access-control-expose-headers").lower()
    stranger = edge.get(headers=["Origin: https://evil.test"])
    assert stranger.header("access-control-allow-origin") is None


def test_request_timeout_of_a_rule(edge):
    edge.route(
        rule("blue", matches=[path_match("/delay")], timeouts={"request": "100ms"}),
    )
    answer = edge.get("/delay/30000")
    assert answer.status == 504
    assert "UT" in edge.logged(code=504)["flags"]


def test_retry_of_a_rule(edge):
    answers = iter([b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", ok(b"second")])
    server = edge.scripted(lambda head, body: next(answers))
    edge.route(
        rule(
            edge.backend("flaky", server.port),
            retry={"codes": [503], "attempts": 2, "backoff": "10ms"},
        )
    )
    answer = edge.get()
    assert (answer.status, answer.body) == (200, b"second")
    assert server.count() == 2


def test_a_retry_keeps_the_connection_of_the_answer_it_replaces(edge):
    busy = b"HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy"
    answers = iter([busy, busy, ok(b"third")])
    server = edge.scripted(lambda head, body: next(answers))
    edge.route(
        rule(
            edge.backend("busy", server.port),
            retry={"codes": [503], "attempts": 3, "backoff": "50ms"},
        )
    )
    answer = edge.get()
    assert (answer.status, answer.body) == (200, b"third")
    assert server.count() == 3
    assert server.connections == 1
