# SPDX-License-Identifier: Apache-2.0
"""sluice-proxy started by the command line that starts Envoy."""
import subprocess

import pytest

from harness import xds
from harness.clients import curl
from harness.ports import free_port
from harness.process import Process, program
from harness.wait import until


def told_by(args):
    return subprocess.run([program("sluice-proxy"), *args], capture_output=True, text=True,
                          timeout=20)


def test_a_bootstrap_in_the_command_line_and_the_flags_beside_it(tmp_path, blue):
    """As Envoy Gateway starts it: the admin's port is the kernel's, and told in a file."""
    port, told = free_port(), tmp_path / "admin.txt"
    made = xds.bootstrap(
        0, clusters=[xds.cluster("blue", blue.port)],
        listeners=[xds.listener("in", port, xds.manager(
            table=xds.routes("t", xds.to_cluster("/", "blue"))))])
    made["node"] = {"locality": {"region": "here"}}
    args = [program("sluice-proxy"), "--config-yaml", xds.to_yaml(made), "--service-node", "one",
            "--service-cluster", "default/edge", "--service-zone", "z", "--log-level", "warn",
            "--admin-address-path", told, "--cpuset-threads", "--drain-strategy", "immediate",
            "--component-log-level", "misc:error", "--", "--run-id", "1"]
    with Process("sluice-proxy", args, tmp_path) as proxy:
        proxy.until("the admin's address", lambda: told.exists() and told.read_text())
        admin = "http://" + told.read_text()
        until("it is ready", lambda: curl(admin + "/ready").status == 200)
        assert curl(f"http://127.0.0.1:{port}/").json()["upstream"] == "blue"
        dump = curl(admin + "/config_dump").json()
        node = next(c["bootstrap"]["node"] for c in dump["configs"] if "bootstrap" in c)
        assert (node["id"], node["cluster"]) == ("one", "default/edge")
        assert node["locality"] == {"region": "here", "zone": "z"}


def test_flags_without_effect_are_named(tmp_path):
    path = tmp_path / "b.yaml"
    path.write_text(xds.to_yaml(xds.bootstrap(0)))
    told = told_by(["--config-path", path, "--mode", "validate", "--base-id", "1",
                    "--disable-hot-restart"])
    assert told.returncode == 0
    assert "no effect here: --base-id --disable-hot-restart" in told.stderr


def test_the_command_lines_bootstrap_is_laid_over_the_files(tmp_path):
    path = tmp_path / "b.yaml"
    path.write_text(xds.to_yaml(xds.bootstrap(0, clusters=[xds.cluster("one", 1)])))
    over = xds.to_yaml({"static_resources": {"clusters": [xds.cluster("one", 2)]}})
    told = told_by(["-c", path, "--config-yaml", over, "--mode", "validate"])
    assert told.returncode == 1 and 'two of cluster "one"' in told.stderr


@pytest.mark.parametrize("args, said", [
    (["--log-level", "loud"], "loud"),
    ([], "-c FILE"),
    (["--config-yaml", "{}", "--control", "127.0.0.1:1"], "-c FILE"),
    (["--config-yaml", "nde: {}"], "nde"),
])
def test_what_is_wrong_with_flags_is_said(args, said):
    told = told_by(args)
    assert told.returncode == 2 and said in told.stderr
