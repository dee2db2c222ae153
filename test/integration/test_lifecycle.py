# SPDX-License-Identifier: Apache-2.0
"""Starting, draining, losing the control plane, losing power, full and read-only disks."""
import os
import signal
import socket
import subprocess
import time

import pytest

from harness import objects
from harness.gateway import Control, Proxy
from harness.load import SteadyClient
from harness.objects import rule
from harness.ports import accepts, free_port, refuses
from harness.process import program
from harness.wait import until


def test_sigterm_finishes_what_is_under_way_and_exits_0(stack):
    with stack.connect() as connection:
        connection.send(b"GET /delay/1500 HTTP/1.1\r\nHost: a.test\r\n\r\n")
        stack.proxy.until(
            "a request under way",
            lambda: stack.proxy.metric("downstream_requests_active") >= 1)
        stack.proxy.send(signal.SIGTERM)
        # While the request is still under way: who comes now is to go elsewhere, not to wait.
        stack.proxy.until("a closed port", lambda: refuses(stack.port))
        answer = connection.read_answer()
        assert answer.status == 200
        assert answer.header("connection") == "close"
    assert stack.proxy.wait() == 0
    assert refuses(stack.port)


def test_a_drain_serves_the_first_request_of_a_connection(stack):
    """It may be on its way, and no client sends it again by itself."""
    with stack.connect() as connection:
        stack.proxy.until("the connection",
                          lambda: stack.proxy.metric("downstream_connections_active") >= 1)
        stack.proxy.send(signal.SIGTERM)
        stack.proxy.until("not ready", lambda: stack.proxy.admin("/ready").status == 503)
        connection.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        answer = connection.read_answer()
        assert answer.status == 200
        assert answer.header("connection") == "close"
        assert connection.closed_by_peer()
    assert stack.proxy.wait() == 0


def test_drain_by_admin_closes_kept_connections(stack):
    with stack.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
        assert connection.read_answer().status == 200
        assert stack.proxy.admin("/drain", method="POST").status in (200, 202)
        stack.proxy.until("not ready", lambda: stack.proxy.admin("/ready").status == 503)
        assert connection.closed_by_peer()
    stack.proxy.until("a closed port", lambda: refuses(stack.port))
    # A change that comes later opens nothing again, and the end is SIGTERM's affair.
    more = free_port()
    stack.control.apply(objects.gateway("edge", [
        objects.http_listener(stack.port), objects.http_listener(more, name="more")]))
    stack.proxy.until("the change",
                      lambda: str(more) in stack.proxy.admin("/config_dump").body.decode())
    assert refuses(stack.port) and refuses(more)
    assert stack.proxy.admin("/ready").status == 503
    assert stack.proxy.stop() == 0


def test_admin_changes_nothing_on_get(stack):
    assert stack.proxy.admin("/drain").status == 405
    assert stack.proxy.is_ready()


def test_admin_tells_metrics_clusters_and_configuration(stack):
    assert stack.get().status == 200
    metrics = stack.proxy.admin("/stats/prometheus")
    assert metrics.header("content-type").startswith("text/plain")
    assert b"# TYPE" in metrics.body
    assert b"blue" in stack.proxy.admin("/clusters").body
    dump = stack.proxy.admin("/config_dump").json()
    clusters = next(c for c in dump["configs"] if c["@type"].endswith(".ClustersConfigDump"))
    for cluster in clusters["dynamic_active_clusters"]:
        # Whoever reads it as envoy.admin.v3.ConfigDump finds an Any there.
        assert cluster["cluster"]["@type"] == "type.googleapis.com/envoy.config.cluster.v3.Cluster"
        assert "connect_timeout" in cluster["cluster"]


def test_admin_refuses_foreign_hosts(stack):
    """DNS rebinding: a page in a browser may not reach the admin under a name of its own."""
    answer = stack.proxy.admin("/config_dump", "-H", "Host: evil.test")
    assert answer.status in (400, 403, 421)


def test_access_log_is_opened_again_on_sigusr1(stack):
    stack.get("/before")
    stack.logged(path="/before")
    moved = stack.access_log.with_suffix(".1")
    os.rename(stack.access_log, moved)
    stack.proxy.send(signal.SIGUSR1)
    stack.proxy.until("the new file", stack.access_log.exists)
    stack.get("/after")
    stack.logged(path="/after")
    assert "/after" not in moved.read_text()


def test_the_proxy_serves_on_without_the_control_plane_and_takes_up_again(stack):
    with SteadyClient(stack.port, "a.test") as client:
        client.until_answers(10)
        stack.control.stop()
        client.until_answers(50)
        control = stack.restart_control()
        control.until("the proxy is back", lambda: len(control.fleet()) == 1)
        control.apply_live(objects.route("main", "edge", [rule("green")]))
        client.until_answers(10)
    assert client.failures == []
    assert client.statuses() == {200}
    assert b"green" in client.answers[-1][1]


def test_a_proxy_started_without_the_control_plane_serves_what_it_had(stack):
    assert stack.get().json()["upstream"] == "blue"
    stack.proxy.until("the configuration on disk", lambda: any(stack.proxy.state_dir.iterdir()))
    assert stack.proxy.state_dir.stat().st_mode & 0o777 == 0o700
    stack.control.stop()
    stack.proxy.stop()
    stack.start_proxy()
    assert stack.get().json()["upstream"] == "blue"


def test_a_damaged_state_file_is_not_used(stack):
    stack.proxy.until("the configuration on disk", lambda: any(stack.proxy.state_dir.iterdir()))
    stack.control.stop()
    stack.proxy.stop()
    for path in stack.proxy.state_dir.iterdir():
        if path.is_file():
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
    proxy = stack.start_proxy(wait=False)
    proxy.until("the admin", lambda: accepts(proxy.admin_port))
    proxy.until("a word about it", lambda: "checksum" in proxy.log().lower())
    assert refuses(stack.port)


def test_kill_9_during_an_apply_leaves_all_of_it_or_nothing(tmp_path):
    control = Control(tmp_path)
    many = [objects.backend(f"b{n}", 1000 + n) for n in range(400)]
    try:
        for attempt in range(6):
            (tmp_path / "many.yaml").write_text(objects.to_yaml(*many))
            writer = subprocess.Popen(
                control_apply(control, tmp_path / "many.yaml"),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            journal = control.data_dir / "registry.db-wal"
            size = journal.stat().st_size if journal.exists() else 0
            # The later attempts are killed later: once the journal has grown, then after it.
            for _ in range(attempt * 4000):
                if writer.poll() is not None or (
                        journal.exists() and journal.stat().st_size > size):
                    break
            control.kill()
            writer.wait(30)
            control = Control(tmp_path, data_dir=control.data_dir, ports=control.ports)
            listed = control.ctl("get", "backends").stdout
            present = sum(f"b{n} " in listed.replace("\n", " \n") for n in range(400))
            assert present in (0, 400)
            if present:
                control.ctl("delete", "-f", str(tmp_path / "many.yaml"))
    finally:
        control.stop()


def control_apply(control, path):
    return [program("sluicectl"), "--server", f"127.0.0.1:{control.ports['api']}", "apply", "-f",
            str(path)]


def test_a_data_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    """A file in its place: root may write anywhere, so a mode would prove nothing."""
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with Control(tmp_path, data_dir=in_the_way / "data", wait=False) as control:
        assert control.wait() != 0
    assert str(in_the_way) in control.log()
    assert len(control.log().strip().splitlines()) <= 5


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_full_disk_refuses_the_apply_and_loses_nothing(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("may not mount here")
    try:
        with Control(tmp_path, data_dir=small / "data") as control:
            control.apply(objects.backend("kept", 9000))
            big = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "big"},
                   "data": {"x": "y" * 900_000}}
            more = {**big, "metadata": {"name": "big2"}}
            refused = control.apply(big, more, check=False)
            assert refused.returncode != 0
            assert "full" in refused.stderr.lower() or "space" in refused.stderr.lower()
            assert "kept" in control.ctl("get", "backends").stdout
            assert control.alive()
        with Control(tmp_path, data_dir=small / "data") as control:
            assert "kept" in control.ctl("get", "backends").stdout
    finally:
        subprocess.run(["umount", str(small)], check=False)


def test_a_second_control_plane_on_the_same_data_is_refused(control, tmp_path):
    with Control(tmp_path, data_dir=control.data_dir, wait=False) as other:
        assert other.wait() != 0
    assert "control" in other.log()


def test_a_taken_port_names_its_flag(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"xds": free_port(), "api": taken.getsockname()[1], "rest": free_port()}
        with Control(tmp_path, ports=ports, wait=False) as control:
            assert control.wait() != 0
    assert "--api-listen" in control.log()
    assert str(ports["api"]) in control.log()


def test_control_off_loopback_needs_tls_and_a_credential(tmp_path):
    ports = {"xds": free_port(), "api": free_port(), "rest": free_port()}
    with Control(tmp_path, ports=ports, wait=False,
                 args=["--xds-listen", f"0.0.0.0:{ports['xds']}"]) as control:
        assert control.wait() != 0
    assert "tls" in control.log().lower()


def test_sigterm_ends_the_control_plane_with_0(tmp_path):
    control = Control(tmp_path)
    assert control.stop() == 0


def test_a_proxy_waits_for_a_control_plane_that_comes_later(tmp_path, blue):
    ports = {"xds": free_port(), "api": free_port(), "rest": free_port()}
    port = free_port()
    with Proxy(tmp_path, ports["xds"], wait=False) as proxy:
        proxy.until("the admin", lambda: accepts(proxy.admin_port))
        assert not proxy.is_ready()
        with Control(tmp_path, ports=ports) as control:
            control.apply(
                objects.gateway_class(),
                objects.gateway("edge", [objects.http_listener(port)]),
                objects.backend("blue", blue.port),
                objects.route("main", "edge", [rule("blue")]))
            proxy.wait_ready()
            until("the listener", lambda: accepts(port))


def transition_times(control, name):
    status = control.get("gateways", name)["status"]
    return {
        (place, c["type"]): c["lastTransitionTime"]
        for place, owner in [("", status), *((x["name"], x) for x in status["listeners"])]
        for c in owner["conditions"] if c["type"] != "sluice.dev/Live"
    }


def test_times_of_conditions_outlive_the_control_plane(tmp_path):
    tls_port = free_port()
    with Control(tmp_path) as control:
        control.apply(objects.gateway_class(), objects.gateway("edge", [
            objects.http_listener(free_port()), objects.https_listener(tls_port, "missing")]))
        before = transition_times(control, "edge")
        # They are in whole seconds: a new time is to be seen as one.
        applied = time.time()
        until("two seconds later", lambda: time.time() > applied + 2)
    with Control(tmp_path, data_dir=control.data_dir) as control:
        assert transition_times(control, "edge") == before
        control.apply(objects.gateway("edge", [
            objects.http_listener(free_port()), objects.http_listener(tls_port, "https")]))
        after = transition_times(control, "edge")
        assert after[("https", "ResolvedRefs")] > before[("https", "ResolvedRefs")]
        assert after[("http", "ResolvedRefs")] == before[("http", "ResolvedRefs")]
