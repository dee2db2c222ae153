# SPDX-License-Identifier: Apache-2.0
"""Resources with mistakes: refused whole, with where, what and the nearest valid name."""
import pytest

from harness import objects
from harness.clients import curl
from harness.gateway import Control, Proxy, sluicectl
from harness.load import SteadyClient
from harness.objects import rule
from harness.ports import free_port

INVALID = 3  # sluicectl's exit code for invalid input

GOOD = """
apiVersion: sluice.dev/v1alpha1
kind: Backend
metadata: {name: good}
spec:
  endpoints:
  - {address: 127.0.0.1, port: 9001}
---
"""
ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: edge}]
  rules:
"""

# name -> (document, what the message must hold)
MISTAKES = {
    "unknown-field": (
        ROUTE + "  - backendRef: [{group: sluice.dev, kind: Backend, name: good}]\n",
        ["shop", "spec.rules[0].backendRef", "backendRefs", ":16"]),
    "wrong-type": (
        GOOD.replace("9001", "many").replace("---\n", "").replace("good", "shop"),
        ["shop", "spec.endpoints[0].port", "many"]),
    "duplicate-key": (
        ROUTE + "  - timeouts: {request: 1s}\n    timeouts: {request: 2s}\n",
        ["shop", "timeouts"]),
    "bad-regular-expression": (
        ROUTE + "  - matches: [{path: {type: RegularExpression, value: '/(a'}}]\n",
        ["shop", "spec.rules[0].matches[0].path.value", "/(a"]),
    "unknown-enum-value": (
        ROUTE + "  - matches: [{path: {type: PathPrefx, value: /a}}]\n",
        ["shop", "PathPrefx", "PathPrefix"]),
    "unknown-kind": (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRout\nmetadata: {name: shop}\n",
        ["HTTPRout", "HTTPRoute"]),
    "port-out-of-range": (
        GOOD.replace("9001", "90010").replace("---\n", "").replace("good", "shop"),
        ["shop", "spec.endpoints[0].port", "90010"]),
    "alias": (
        "apiVersion: &v sluice.dev/v1alpha1\nkind: Backend\nmetadata: {name: shop}\n"
        "spec: {appProtocol: *v}\n",
        ["alias"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_rejects_the_whole_file(control, tmp_path, name):
    bad, words = MISTAKES[name]
    path = tmp_path / "input.yaml"
    path.write_text(GOOD + bad)
    told = control.ctl("apply", "-f", path, check=False)
    assert told.returncode == INVALID
    message = told.stdout + told.stderr
    assert "input.yaml" in message
    for word in words:
        assert word in message, message
    assert "good" not in control.ctl("get", "backends").stdout


@pytest.mark.parametrize("name", MISTAKES)
def test_validate_offline_says_the_same(tmp_path, name):
    bad, words = MISTAKES[name]
    path = tmp_path / "input.yaml"
    path.write_text(GOOD + bad)
    told = sluicectl("validate", "-f", path, check=False)
    assert told.returncode == INVALID
    for word in words:
        assert word in told.stdout + told.stderr


def test_a_bomb_of_aliases_is_refused_at_once(control):
    levels = ["a: &a0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 9):
        levels.append(f"b{n}: &a{n} [" + ", ".join([f"*a{n-1}"] * 9) + "]")
    told = control.ctl("apply", "-f", "-", text="\n".join(levels), check=False)
    assert told.returncode == INVALID
    assert control.alive()
    assert control.resident_kib(peak=True) < 200 * 1024


def test_deep_nesting_is_refused(control):
    told = control.ctl("apply", "-f", "-", text="[" * 5000 + "]" * 5000, check=False)
    assert told.returncode == INVALID
    assert control.alive()


def test_a_dangling_reference_is_kept_and_reported(stack):
    told = stack.control.apply(objects.route("dangling", "edge", [rule("nobody")], ["d.test"]))
    assert "nobody" in told.stdout + told.stderr
    status = stack.control.get("httproutes", "dangling")["status"]
    conditions = {c["type"]: c for c in status["parents"][0]["conditions"]}
    assert conditions["ResolvedRefs"]["status"] == "False"
    assert conditions["ResolvedRefs"]["reason"] == "BackendNotFound"
    stack.proxy.until("500", lambda: stack.get(host="d.test").status == 500)


def test_strict_refuses_a_dangling_reference(stack):
    told = stack.control.apply(
        objects.route("dangling", "edge", [rule("nobody")], ["d.test"]),
        args=("--strict",), check=False)
    assert told.returncode != 0
    assert "nobody" in told.stdout + told.stderr
    assert "dangling" not in stack.control.ctl("get", "httproutes").stdout


def test_a_reference_across_namespaces_needs_a_grant(stack, blue):
    other = {**objects.backend("far", blue.port)}
    other["metadata"] = {"name": "far", "namespace": "other"}
    ref = {**objects.to_backend("far"), "namespace": "other"}
    stack.control.apply_live(other, objects.route("far", "edge", [rule(ref)], ["far.test"]))
    assert stack.get(host="far.test").status == 500
    stack.control.apply_live({
        "apiVersion": "gateway.networking.k8s.io/v1beta1",
        "kind": "ReferenceGrant",
        "metadata": {"name": "let-in", "namespace": "other"},
        "spec": {
            "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute",
                      "namespace": "default"}],
            "to": [{"group": "sluice.dev", "kind": "Backend"}],
        },
    })
    assert stack.get(host="far.test").status == 200


def test_conflicting_listeners_are_told_apart(stack):
    twice = [objects.http_listener(stack.port, name="one"),
             objects.http_listener(stack.port, name="two")]
    stack.control.apply(objects.gateway("edge", twice))

    def conflicted():
        status = stack.control.get("gateways", "edge")["status"]
        return [c for listener in status["listeners"] for c in listener["conditions"]
                if c["type"] == "Conflicted" and c["status"] == "True"]

    stack.proxy.until("Conflicted", conflicted)


class TestWatchedFolder:
    def make(self, tmp_path, blue):
        folder = tmp_path / "manifests"
        folder.mkdir()
        port = free_port()
        (folder / "gateway.yaml").write_text(objects.to_yaml(
            objects.gateway_class(),
            objects.gateway("edge", [objects.http_listener(port)]),
            objects.backend("blue", blue.port)))
        (folder / "route.yaml").write_text(objects.to_yaml(
            objects.route("main", "edge", [rule("blue")])))
        return folder, port

    def get(self, port, path):
        return curl(f"http://127.0.0.1:{port}{path}").status

    def test_a_broken_file_keeps_its_last_good_version(self, tmp_path, blue):
        folder, port = self.make(tmp_path, blue)
        with Control(tmp_path, registry=f"dir:{folder}") as control, \
                Proxy(tmp_path, control.ports["xds"]) as proxy:
            proxy.until("served", lambda: self.get(port, "/") == 200)
            (folder / "route.yaml").write_text("kind: HTTPRoute\nspec: {rulez: []}\n")
            control.until("a word in the log", lambda: "route.yaml" in control.log())
            assert self.get(port, "/") == 200
            (folder / "route.yaml").write_text(objects.to_yaml(
                objects.route("main", "edge",
                              [rule("blue", matches=[objects.path_match("/new")])])))
            proxy.until("the mended file", lambda: self.get(port, "/") == 404)
            assert self.get(port, "/new") == 200

    def test_a_file_that_is_written_in_place_is_never_taken_half(self, tmp_path, blue):
        """As editors and shells do it: emptied, then filled."""
        folder, port = self.make(tmp_path, blue)
        route = objects.to_yaml(objects.route("main", "edge", [rule("blue")]))
        with Control(tmp_path, registry=f"dir:{folder}") as control, \
                Proxy(tmp_path, control.ports["xds"]) as proxy:
            proxy.until("served", lambda: self.get(port, "/") == 200)
            with SteadyClient(port, "a.test") as client:
                for n in range(300):
                    with open(folder / "route.yaml", "w") as out:
                        out.write(route[:n % len(route)])
                        out.flush()
                        out.write(route[n % len(route):] + f"# {n}\n")
                    client.until_answers(5)
            assert client.failures == []
            assert client.statuses() == {200}

    def test_apply_is_refused_with_the_reason(self, tmp_path, blue):
        folder, _ = self.make(tmp_path, blue)
        with Control(tmp_path, registry=f"dir:{folder}") as control:
            told = control.apply(objects.backend("more", 9000), check=False)
            assert told.returncode != 0
            assert "read-only" in told.stderr.lower() or str(folder) in told.stderr
