# SPDX-License-Identifier: Apache-2.0
"""What /stats/prometheus tells of traffic, and of what is no longer there."""
from harness.objects import rule
from harness.upstreams import ok
from harness.wait import until


def cluster_of(edge, short):
    name = edge.name(short)
    return rf'cluster="[^"]*{name}[^"]*"'


def test_bytes_and_times_are_counted_on_both_sides(edge):
    server = edge.scripted(lambda head, body: ok(b"x" * 1000))
    edge.backend("counted", server.port)
    edge.route(rule(edge.name("counted")))
    proxy = edge.stack.proxy
    cluster = cluster_of(edge, "counted")
    listener_sent = proxy.metric(r"sluice_downstream_cx_tx_bytes_total\{")
    listener_received = proxy.metric(r"sluice_downstream_cx_rx_bytes_total\{")
    for n in range(3):
        assert edge.get(f"/{n}", headers=["x-filler: " + "y" * 500]).status == 200

    # 3 answers with head; the requests went up with their headers.
    until("bytes received", lambda: proxy.metric(rf"upstream_cx_rx_bytes_total.*{cluster}") >= 3000)
    assert proxy.metric(rf"upstream_cx_rx_bytes_total.*{cluster}") < 4000
    assert 1500 <= proxy.metric(rf"upstream_cx_tx_bytes_total.*{cluster}") < 6000
    assert proxy.metric(rf"upstream_request_duration_seconds_count.*{cluster}") == 3
    assert proxy.metric(rf'upstream_request_duration_seconds_bucket.*{cluster}.*le="\+Inf"') == 3
    assert proxy.metric(r"sluice_downstream_cx_tx_bytes_total\{") - listener_sent >= 3000
    assert proxy.metric(r"sluice_downstream_cx_rx_bytes_total\{") - listener_received >= 1500


def test_metrics_of_a_backend_go_with_it(edge):
    server = edge.scripted(lambda head, body: ok())
    edge.backend("gone", server.port)
    edge.route(rule(edge.name("gone")))
    assert edge.get().status == 200
    proxy = edge.stack.proxy
    cluster = cluster_of(edge, "gone")
    assert proxy.metric(rf"upstream_requests_total.*{cluster}") == 1

    def text():
        return proxy.admin("/stats/prometheus").body.decode()

    edge.route(rule("blue"))
    until("no metrics of the backend", lambda: edge.name("gone") not in text())
    assert edge.get().status == 200
