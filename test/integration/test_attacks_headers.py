# SPDX-License-Identifier: Apache-2.0
"""Fields that a stranger sends in the hope that somebody believes them (HD), and paths (PN)."""
import pytest

from harness.objects import path_match, rule


def seen_by_upstream(edge, *fields):
    answer = edge.get(headers=fields)
    assert answer.status == 200, answer
    return answer.json()["headers"]


@pytest.mark.parametrize("field", [
    "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-envoy-original-path",
    "x-envoy-decorator-operation", "x-envoy-external-address", "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-retry-on", "x-sluice-consumer", "x-forwarded-client-cert",
])
def test_hd_01_what_only_we_may_say_is_not_taken_from_a_client(edge, field):
    edge.route(rule("blue"))
    assert "evil" not in str(seen_by_upstream(edge, f"{field}: evil").get(field, ""))


def test_hd_01_a_client_cannot_prolong_its_own_timeout_or_ask_for_retries(edge):
    server = edge.scripted(lambda head, body: b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n")
    edge.route(rule(edge.backend("always500", server.port)))
    answer = edge.get(headers=["x-envoy-retry-on: 5xx", "x-envoy-max-retries: 5"])
    assert answer.status == 500
    assert server.count() == 1


@pytest.mark.parametrize("chain", [
    ", ".join(["10.0.0.1"] * 50),
    "1.2.3.4:99999, [::1%eth0]:80, unknown",
    "fe80::1%25lo0",
    ",,,, ,",
    "' OR 1=1",
    "999.999.999.999",
], ids=["fifty", "ports-and-zones", "zone", "empty", "quote", "no-address"])
def test_hd_02_odd_forwarded_chains_crash_nothing_and_the_peer_counts(edge, chain):
    edge.route(rule("blue"))
    told = seen_by_upstream(edge, f"x-forwarded-for: {chain}")
    assert told["x-forwarded-for"].endswith("127.0.0.1")
    assert edge.logged(code=200)["client"] == "127.0.0.1"


def test_hd_03_an_underscore_cannot_stand_for_a_hyphen(edge):
    edge.route(rule("blue"))
    answer = edge.get(headers=["x_user: evil", "x-user: good"])
    if answer.status == 200:
        assert "x_user" not in answer.json()["headers"]
    else:
        assert answer.status == 400


def test_hd_04_a_field_that_is_sent_twice_does_not_hide_behind_its_first_copy(edge):
    """A match that asks for one value is not met by a list of which the value is a part."""
    edge.route(
        rule("green", matches=[{"headers": [{"name": "x-role", "value": "user"}]}]),
        rule("blue"),
    )
    assert edge.upstream_of(headers=["x-role: user"]) == "green"
    assert edge.upstream_of(headers=["x-role: user", "x-role: admin"]) == "blue"


def test_hd_04_set_replaces_every_copy(edge):
    edge.route(rule("blue", filters=[{
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "x-user", "value": "ours"}]},
    }]))
    assert seen_by_upstream(edge, "x-user: a", "X-User: b", "x-user: c")["x-user"] == "ours"


@pytest.mark.parametrize("path", ["/%00", "/%zz", "/%", "/a%2", "/%u0061", "/%c0%af", "/%ed%a0%80"])
def test_pn_03_what_is_no_percent_encoding_of_text_is_400(edge, path):
    edge.route(rule("blue"))
    assert edge.get(path, "--path-as-is").status == 400


@pytest.mark.parametrize("path", ["/a%2fb", "/a%5cb", "/a%2Fb", "/a%5Cb"])
def test_pn_02_escaped_slashes_are_400_unless_asked_for(edge, path):
    edge.route(rule("blue"))
    assert edge.get(path, "--path-as-is").status == 400


def test_pn_02_nothing_is_decoded_twice(edge):
    edge.route(rule("green", matches=[path_match("/admin", "Exact")]), rule("blue"))
    answer = edge.get("/%2561dmin", "--path-as-is")
    assert answer.status == 400 or answer.json()["upstream"] == "blue"


@pytest.mark.parametrize("path, winner", [
    ("/admin?x=/users", "green"),
    ("/admin?", "green"),
    ("/admin%3f", "blue"),
    ("/admin;x", "blue"),
    ("/a;x/../admin", "green"),
    ("/./admin", "green"),
    ("/x/../admin", "green"),
    ("/%61dmin", "green"),
    ("/ADMIN", "blue"),
])
def test_pn_04_the_query_is_no_part_of_an_exact_match_and_parameters_are(edge, path, winner):
    edge.route(rule("green", matches=[path_match("/admin", "Exact")]), rule("blue"))
    assert edge.get(path, "--path-as-is").json()["upstream"] == winner


@pytest.mark.parametrize("path", ["/..", "/../admin", "/a/../../admin", "/%2e%2e/admin"])
def test_pn_01_nobody_climbs_out_of_the_root(edge, path):
    edge.route(rule("blue"))
    answer = edge.get(path, "--path-as-is")
    assert answer.status == 400 or ".." not in answer.json()["path"]


@pytest.mark.parametrize("suffix", ["", ":443", ":80"])
def test_pn_05_case_and_port_do_not_make_a_host_another(edge, suffix):
    edge.route(rule("green"))
    assert edge.upstream_of(host=edge.host.upper() + suffix) == "green"


def test_pn_05_a_host_with_a_trailing_dot_is_nobody_s(edge):
    edge.route(rule("green"))
    assert edge.get(host=edge.host + ".").status == 404


def test_pn_06_a_prefix_ends_at_a_segment_also_when_escaped(edge):
    edge.route(rule("green", matches=[path_match("/admin")]), rule("blue"))
    assert edge.upstream_of("/administrator") == "blue"
    assert edge.upstream_of("/admin%69strator") == "blue"
    assert edge.upstream_of("/admin/x") == "green"


def test_dos_12_what_is_logged_stays_on_its_line(edge):
    edge.route(rule("blue"))
    before = len(edge.stack.log_lines())
    evil = 'a"},\\"x\\u000a{"injected":"yes'
    edge.get("/" + "y" * 4000, headers=["user-agent: " + evil])
    line = edge.stack.logged(since=before, host=edge.host)
    assert "injected" not in line


def test_dos_10_a_grpc_timeout_beyond_reason_does_not_overflow(edge):
    edge.route(rule("blue"))
    for value in ["99999999H", "-1S", "0n", "1x", "18446744073709551616m"]:
        assert edge.get(headers=["grpc-timeout: " + value]).status in (200, 400)


def test_dos_09_retries_end_with_the_attempts_that_were_asked_for(edge):
    server = edge.scripted(lambda head, body: b"HTTP/1.1 503 no\r\ncontent-length: 0\r\n\r\n")
    name = edge.backend("always503", server.port)
    edge.route(rule(name, retry={"codes": [503], "attempts": 3, "backoff": "1ms"}))
    answer = edge.get()
    assert answer.status == 503
    assert server.count() == 4
    assert "URX" in edge.logged(code=503)["flags"]
