# SPDX-License-Identifier: Apache-2.0
"""What scripts and shells rely on: each verb's JSON and YAML, exit codes, completion in a real bash."""
import json
import signal
import subprocess

import pytest
import yaml

from harness import objects
from harness.gateway import Proxy, sluicectl
from harness.objects import rule
from harness.ports import free_port
from harness.process import program
from harness.wait import until


@pytest.fixture
def manifest(tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text(objects.to_yaml(
        objects.gateway_class(),
        objects.gateway("edge", [objects.http_listener(8080)]),
        objects.backend("blue", 9001),
        objects.route("main", "edge", [rule("blue")])))
    return path


# verb -> its words; "FILE" stands for the manifest.
VERBS = {
    "apply": ["apply", "-f", "FILE"],
    "apply-wait": ["apply", "-f", "FILE", "--wait"],
    "apply-dry-run-wait": ["apply", "-f", "FILE", "--dry-run", "--wait"],
    "get": ["get"],
    "get-one": ["get", "backend", "blue"],
    "diff": ["diff", "-f", "FILE"],
    "validate": ["validate", "-f", "FILE"],
    "explain": ["explain", "GET", "http://127.0.0.1:8080/"],
    "fleet": ["fleet"],
    "history": ["history"],
    "delete": ["delete", "httproute", "main"],
}


@pytest.mark.parametrize("name", VERBS)
def test_json_and_yaml_say_the_same(control, manifest, name):
    words = [str(manifest) if word == "FILE" else word for word in VERBS[name]]
    control.ctl("apply", "-f", manifest)
    as_json = json.loads(control.ctl(*words, "-o", "json").stdout)
    if name == "delete":
        control.ctl("apply", "-f", manifest)
    as_yaml = yaml.safe_load(control.ctl(*words, "-o", "yaml").stdout)
    assert isinstance(as_json, dict) and as_json
    assert set(as_json) == set(as_yaml)


@pytest.mark.parametrize("words", [["backends", "-o", "json"], ["backend", "blue"]])
def test_a_watch_does_not_ignore_what_it_cannot_do(control, words):
    told = control.ctl("get", *words, "--watch", check=False)
    assert told.returncode == 2 and "--watch" in told.stderr


def test_validate_tells_a_script_where_the_mistake_is(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "apiVersion: sluice.dev/v1alpha1\nkind: Backend\nmetadata: {name: one}\n"
        "spec:\n  endpoint: []\n")
    told = sluicectl("validate", "-f", path, "-o", "json", check=False)
    assert told.returncode == 3
    problems = json.loads(told.stdout)["problems"]
    assert {"file": str(path), "line": 5, "resource": "Backend default/one",
            "path": "spec.endpoint"}.items() <= problems[0].items()
    assert "endpoints" in problems[0]["reason"]


def test_a_proxy_that_does_not_answer_in_time_is_exit_code_5(tmp_path, control):
    port = free_port()
    control.apply(
        objects.gateway_class(), objects.gateway("edge", [objects.http_listener(port)]),
        objects.backend("blue", 9001), objects.route("main", "edge", [rule("blue")]))
    with Proxy(tmp_path, control.ports["xds"]) as proxy:
        until("the fleet", lambda: len(control.fleet()) == 1)
        proxy.send(signal.SIGSTOP)
        try:
            told = control.apply(
                objects.route("main", "edge", [rule("blue", timeouts={"request": "9s"})]),
                args=("--wait", "--timeout", "200ms"), check=False)
        finally:
            proxy.send(signal.SIGCONT)
    assert told.returncode == 5
    assert "proxy-1" in told.stdout and "syncing" in told.stdout
    assert "live on 0/1" in told.stdout


def completed(*words):
    """What a real bash offers for the last of the words."""
    script = (
        f'source <({program("sluicectl")} completion bash)\n'
        'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
        '_sluicectl\nprintf "%s\\n" "${COMPREPLY[@]}"\n')
    done = subprocess.run(["bash", "-c", script, "bash", *words], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def test_bash_completes_verbs_also_behind_flags():
    assert completed("sluicectl", "ex") == ["explain"]
    assert completed("sluicectl", "--server", "127.0.0.1:1", "fl") == ["fleet"]


def test_bash_completes_flags_kinds_and_forms():
    assert "--strict" in completed("sluicectl", "apply", "--s")
    assert completed("sluicectl", "get", "httpr") == ["httproutes"]
    assert completed("sluicectl", "get", "-o", "") == ["table", "yaml", "json"]
    assert completed("sluicectl", "completion", "z") == ["zsh"]


def test_bash_completes_files(tmp_path):
    (tmp_path / "routes.yaml").write_text("")
    assert completed("sluicectl", "apply", "-f", f"{tmp_path}/ro") == [f"{tmp_path}/routes.yaml"]
