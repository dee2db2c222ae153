# SPDX-License-Identifier: Apache-2.0
"""Which backend a request goes to: host, path, method, header, query, weight."""
import pytest

from harness.objects import path_match, rule, to_backend


def test_exact_host_beats_wildcard(edge):
    edge.route(rule("blue"), hostnames=[f"www.{edge.host}"])
    edge.route(rule("green"), hostnames=[f"*.{edge.host}"], short="wild")
    assert edge.upstream_of(host=f"www.{edge.host}") == "blue"
    assert edge.upstream_of(host=f"other.{edge.host}") == "green"
    assert edge.upstream_of(host=f"two.levels.{edge.host}") == "green"
    assert edge.get(host=edge.host).status == 404  # a wildcard is one label or more


def test_host_ignores_case_and_port(edge):
    edge.route(rule("blue"))
    assert edge.upstream_of(host=edge.host.upper()) == "blue"
    assert edge.upstream_of(host=f"{edge.host}:{edge.stack.port}") == "blue"


def test_longer_prefix_wins_whatever_the_order(edge):
    edge.route(
        rule("blue", matches=[path_match("/shop")]),
        rule("green", matches=[path_match("/shop/cart")]),
    )
    assert edge.upstream_of("/shop/item") == "blue"
    assert edge.upstream_of("/shop/cart/1") == "green"


def test_prefix_ends_at_a_segment(edge):
    edge.route(rule("blue", matches=[path_match("/shop")]))
    assert edge.get("/shop").status == 200
    assert edge.get("/shop/").status == 200
    assert edge.get("/shop?x=1").status == 200
    assert edge.get("/shopping").status == 404


def test_exact_path_beats_prefix(edge):
    edge.route(
        rule("blue", matches=[path_match("/a")]),
        rule("green", matches=[path_match("/a", "Exact")]),
    )
    assert edge.upstream_of("/a") == "green"
    assert edge.upstream_of("/a/") == "blue"


def test_regular_expression_matches_the_whole_path(edge):
    edge.route(rule("blue", matches=[path_match("/item/[0-9]+", "RegularExpression")]))
    assert edge.get("/item/42").status == 200
    assert edge.get("/item/42/more").status == 404
    assert edge.get("/item/x").status == 404


def test_method(edge):
    edge.route(
        rule("blue", matches=[{"method": "POST"}]),
        rule("green", matches=[path_match("/")]),
    )
    assert edge.upstream_of(data=b"x") == "blue"
    assert edge.upstream_of() == "green"


def test_header_by_value_and_by_regular_expression(edge):
    edge.route(
        rule("blue", matches=[{"headers": [{"name": "X-Kind", "value": "b"}]}]),
        rule(
            "green",
            matches=[
                {"headers": [{"name": "x-kind", "type": "RegularExpression", "value": "g.*"}]}
            ],
        ),
    )
    assert edge.upstream_of(headers=["x-kind: b"]) == "blue"
    assert edge.upstream_of(headers=["X-KIND: green"]) == "green"
    assert edge.get(headers=["x-kind: red"]).status == 404
    assert edge.get().status == 404


def test_query_parameter(edge):
    edge.route(
        rule("blue", matches=[{"queryParams": [{"name": "to", "value": "blue"}]}]),
        rule("green", matches=[path_match("/")]),
    )
    assert edge.upstream_of("/?x=1&to=blue") == "blue"
    assert edge.upstream_of("/?to=bluer") == "green"


def test_a_match_needs_all_its_parts_and_a_rule_any_match(edge):
    edge.route(
        rule(
            "blue",
            matches=[
                {**path_match("/a"), "headers": [{"name": "x-one", "value": "1"}]},
                path_match("/b"),
            ],
        )
    )
    assert edge.get("/a").status == 404
    assert edge.get("/a", headers=["x-one: 1"]).status == 200
    assert edge.get("/b").status == 200


def test_weights_split_the_traffic(edge):
    edge.route(rule(to_backend("blue", 3), to_backend("green", 1)))
    told = [edge.upstream_of(f"/{n}") for n in range(200)]
    # 150 expected; nine standard deviations allowed.
    assert 95 <= told.count("blue") <= 195


def test_weight_zero_gets_nothing(edge):
    edge.route(rule(to_backend("blue", 1), to_backend("green", 0)))
    assert {edge.upstream_of(f"/{n}") for n in range(50)} == {"blue"}


def test_invalid_backend_answers_500_for_its_share(edge):
    edge.route(rule(to_backend("no-such-backend")))
    answer = edge.get()
    assert answer.status == 500
    assert answer.header("content-type") == "application/problem+json"


@pytest.mark.parametrize("path", ["/a/../b", "/a/%2e%2e/b", "/./b"])
def test_dot_segments_are_resolved_before_routing(edge, path):
    edge.route(
        rule("blue", matches=[path_match("/b", "Exact")]),
        rule("green", matches=[path_match("/a")]),
    )
    answer = edge.get(path, "--path-as-is")
    assert answer.json()["upstream"] == "blue"
    assert answer.json()["path"] == "/b"


def test_requests_take_turns_over_the_endpoints(edge, blue, green):
    both = edge.backend("both", blue.port, green.port)
    edge.route(rule(both))
    told = [edge.upstream_of(f"/{n}") for n in range(40)]
    assert set(told) == {"blue", "green"}
