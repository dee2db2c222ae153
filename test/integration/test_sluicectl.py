# SPDX-License-Identifier: Apache-2.0
"""The command line: verbs, output forms, exit codes."""
import json
import re

import pytest
import yaml

from harness import objects
from harness.gateway import sluicectl
from harness.objects import path_match, rule
from harness.ports import free_port
from harness.process import ROOT

VERBS = ["apply", "get", "delete", "diff", "validate", "explain", "fleet"]


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_each_verb_has_an_example(verb):
    told = sluicectl(verb, "--help")
    assert f"sluicectl {verb}" in told.stdout


def test_help_tells_the_exit_codes():
    assert "exit code" in sluicectl("--help").stdout.lower()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    assert "explain" in sluicectl("completion", shell).stdout


def test_unknown_verb_is_a_usage_error_and_names_the_nearest():
    told = sluicectl("aply", check=False)
    assert told.returncode == 2
    assert "apply" in told.stderr


def test_no_server_is_exit_code_4():
    told = sluicectl("--server", f"127.0.0.1:{free_port()}", "fleet", check=False)
    assert told.returncode == 4
    assert "127.0.0.1" in told.stderr


def test_apply_tells_created_configured_unchanged(control):
    thing = objects.backend("one", 9001)
    assert "created" in control.apply(thing).stdout
    assert "unchanged" in control.apply(thing).stdout
    assert "configured" in control.apply(objects.backend("one", 9002)).stdout


def test_dry_run_changes_nothing(control):
    assert "created" in control.apply(objects.backend("one", 9001), args=("--dry-run",)).stdout
    assert "one" not in control.ctl("get", "backends").stdout


def test_get_in_three_forms(control):
    control.apply(objects.backend("one", 9001), objects.backend("two", 9002))
    table = control.ctl("get", "backends").stdout
    assert "NAME" in table and "one" in table and "two" in table
    assert json.loads(control.ctl("get", "backend", "one", "-o", "json").stdout)["spec"] == {
        "endpoints": [{"address": "127.0.0.1", "port": 9001}]}
    as_yaml = yaml.safe_load(control.ctl("get", "backend", "one", "-o", "yaml").stdout)
    assert as_yaml["metadata"]["name"] == "one"


def test_what_get_prints_can_be_applied(control):
    control.apply(objects.backend("one", 9001))
    text = control.ctl("get", "backend", "one", "-o", "yaml").stdout
    assert "unchanged" in control.ctl("apply", "-f", "-", text=text).stdout


def test_get_of_nothing_fails_and_names_it(control):
    told = control.ctl("get", "backend", "nobody", check=False)
    assert told.returncode == 1
    assert "nobody" in told.stderr


def test_delete(control):
    control.apply(objects.backend("one", 9001))
    control.ctl("delete", "backend", "one")
    assert "one" not in control.ctl("get", "backends").stdout
    assert control.ctl("delete", "backend", "one", check=False).returncode == 1


def test_diff_shows_lines_and_exits_1(control):
    control.apply(objects.backend("one", 9001))
    changed = objects.to_yaml(objects.backend("one", 9002))
    told = control.ctl("diff", "-f", "-", text=changed, check=False)
    assert told.returncode == 1
    assert "9001" in told.stdout and "9002" in told.stdout
    control.ctl("apply", "-f", "-", text=changed)
    assert control.ctl("diff", "-f", "-", text=changed).returncode == 0


@pytest.fixture
def files(tmp_path):
    path = tmp_path / "all.yaml"
    path.write_text(objects.to_yaml(
        objects.gateway_class(),
        objects.gateway("edge", [objects.http_listener(8080)]),
        objects.backend("blue", 9001),
        objects.backend("green", 9002),
        objects.route("shop", "edge", [
            rule("blue", matches=[path_match("/cart", "Exact")]),
            rule("green", matches=[{**path_match("/"),
                                    "headers": [{"name": "x-beta", "value": "1"}]}]),
        ], ["shop.test"])))
    return path


def test_explain_offline_names_winner_and_endpoint(files):
    told = sluicectl("explain", "GET", "http://shop.test:8080/cart", "-f", files).stdout
    assert "shop" in told
    assert "127.0.0.1:9001" in told


def test_explain_offline_says_why_a_candidate_lost(files):
    told = sluicectl("explain", "GET", "http://shop.test:8080/other", "-f", files, check=False)
    assert "x-beta" in told.stdout
    assert "404" in told.stdout
    won = sluicectl("explain", "GET", "http://shop.test:8080/other", "-H", "x-beta: 1", "-f", files)
    assert "127.0.0.1:9002" in won.stdout


DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md"))]
EXAMPLES = [(path.name, text) for path in DOCUMENTS
            for text in re.findall(r"(?ms)^```yaml\n(.*?)^```", path.read_text())]


@pytest.mark.parametrize("document, text", EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_what_the_documents_show_is_valid(document, text):
    assert sluicectl("validate", "-f", "-", text=text).returncode == 0


def test_explain_live_agrees_with_what_happens(stack, blue):
    told = stack.control.ctl("explain", "GET", f"http://a.test:{stack.port}/x")
    assert "main" in told.stdout
    assert f"127.0.0.1:{blue.port}" in told.stdout
    assert stack.get("/x").json()["upstream"] == "blue"
