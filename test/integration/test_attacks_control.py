# SPDX-License-Identifier: Apache-2.0
"""What strangers and tenants say to the control plane and the admin (CP)."""
import json
import random
import socket
import subprocess

import pytest

from harness import objects
from harness.clients import RawConnection, curl
from harness.gateway import Stack
from harness.objects import rule
from harness.ports import free_port

INVALID = 3


@pytest.mark.parametrize("port", ["xds", "api", "rest"])
@pytest.mark.parametrize("garbage", [
    b"\0" * 100_000,
    random.Random(1).randbytes(4096),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff\xff\xff\x00\x00\x00\x00\x00\x01" + b"x" * 70_000,
    b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000 + b"\r\n",
], ids=["zeros", "noise", "huge-frame", "many-fields"])
def test_cp_01_garbage_ends_its_own_connection_only(control, port, garbage):
    with RawConnection(control.ports[port]) as connection:
        try:
            connection.send(garbage)
            connection.socket.shutdown(socket.SHUT_WR)
            while connection.socket.recv(65536):
                pass
        except OSError:
            pass
    assert control.ctl("get", "backends").returncode == 0
    assert control.resident_kib(peak=True) < 300 * 1024


@pytest.mark.parametrize("name", [
    "a/b", "../up", "*", "a" * 300, "UPPER", "-dash", "dot..dot", "line\nbreak", "nul\0",
])
def test_cp_04_names_that_could_stand_for_another_s_are_refused(control, name):
    told = control.ctl("apply", "-f", "-", check=False, text=json.dumps(
        objects.backend(name, 9001)))
    assert told.returncode == INVALID
    assert "metadata.name" in told.stdout + told.stderr


def test_cp_04_two_namespaces_may_use_one_name(stack, blue, green):
    there = objects.backend("same", green.port)
    there["metadata"]["namespace"] = "other"
    route = objects.route("there", "edge", [rule("same")], ["there.test"])
    route["metadata"]["namespace"] = "other"
    route["spec"]["parentRefs"][0]["namespace"] = "default"
    opened = objects.gateway("edge", [objects.http_listener(
        stack.port, allowedRoutes={"namespaces": {"from": "All"}})])
    stack.control.apply_live(
        opened, there, route, objects.backend("same", blue.port),
        objects.route("here", "edge", [rule("same")], ["here.test"]))
    assert stack.get(host="here.test").json()["upstream"] == "blue"
    assert stack.get(host="there.test").json()["upstream"] == "green"


def test_cp_10_a_route_of_another_namespace_does_not_attach_unasked(stack, green):
    backend = objects.backend("mine", green.port)
    route = objects.route("claims", "edge", [rule("mine")], ["claimed.test"])
    for thing in (backend, route):
        thing["metadata"]["namespace"] = "stranger"
    route["spec"]["parentRefs"][0]["namespace"] = "default"
    told = stack.control.apply(backend, route)
    assert "NotAllowedByListeners" in told.stdout + told.stderr
    assert stack.get(host="claimed.test").json()["upstream"] == "blue"  # By the catch-all.


def test_cp_10_a_hostname_that_the_listener_has_not_is_not_served(tmp_path, blue):
    port = free_port()
    with Stack(
        tmp_path,
        objects.backend("blue", blue.port),
        listeners=[objects.http_listener(port, hostname="*.ours.test")],
    ) as stack:
        told = stack.control.apply(
            objects.route("foreign", "edge", [rule("blue")], ["theirs.test"]))
        assert "NoMatchingListenerHostname" in told.stdout + told.stderr
        assert curl(f"http://127.0.0.1:{port}/", host="theirs.test").status == 404


@pytest.mark.parametrize("text", [
    "a: &a [1]\nb:\n  <<: *a\n",
    "!!python/object/apply:os.system ['true']\n",
    "%TAG ! tag:evil,2026:\n--- !x {}\n",
    "{" * 5000,
    "? " * 5000,
    "- " * 5000,
], ids=["merge", "python-tag", "tag", "braces", "keys", "items"])
def test_cp_07_yaml_tricks_are_refused(control, text):
    told = control.ctl("apply", "-f", "-", text=text, check=False)
    assert told.returncode == INVALID
    assert control.alive()


def test_cp_07_50_mib_of_yaml_are_refused_without_being_taken_in(control):
    text = "a: " + "x" * (50 * 1024 * 1024)
    told = control.ctl("apply", "-f", "-", text=text, check=False)
    assert told.returncode != 0
    assert control.resident_kib(peak=True) < 200 * 1024


def test_cp_09_a_regular_expression_of_a_mebibyte_is_refused(control):
    told = control.ctl("apply", "-f", "-", check=False, text=objects.to_yaml(objects.route(
        "big", "edge", [rule("blue", matches=[
            objects.path_match("/" + "(a|b)?" * 200_000, "RegularExpression")])])))
    assert told.returncode == INVALID
    assert "path.value" in told.stdout + told.stderr


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "\0"])
def test_cp_09_a_header_value_cannot_end_its_line(control, value):
    told = control.ctl("apply", "-f", "-", check=False, text=objects.to_yaml(objects.route(
        "evil", "edge", [rule("blue", filters=[{
            "type": "ResponseHeaderModifier",
            "responseHeaderModifier": {"set": [{"name": "x-a", "value": value}]}}])])))
    assert told.returncode == INVALID


def test_cp_09_a_dot_in_a_name_is_a_dot(edge):
    edge.route(rule("green"), hostnames=["a.b.test"])
    assert edge.get(host="a.b.test").status == 200
    assert edge.get(host="axb.test").status == 404


def test_cp_05_the_admin_listens_on_loopback_only(stack):
    told = subprocess.run(["ss", "-Hltn", f"sport = :{stack.proxy.admin_port}"],
                          capture_output=True, text=True, check=True).stdout
    assert "127.0.0.1:" in told
    assert "0.0.0.0" not in told.split()[3] and "*" not in told.split()[3]


@pytest.mark.parametrize("path", ["/../ready", "/%2e%2e/drain", "//drain", "/drain/", "/Drain"])
def test_cp_06_the_admin_knows_its_paths_only(stack, path):
    assert stack.proxy.admin(path, "--path-as-is", method="POST").status == 404
    assert stack.get().status == 200


def test_cp_06_a_page_of_another_origin_cannot_drain_a_proxy(stack):
    answer = stack.proxy.admin("/drain", "-H", "Origin: http://evil.test", method="POST")
    assert answer.status == 403
    assert stack.get().status == 200


def test_cp_11_one_bad_object_of_1000_is_named_and_nothing_is_stored(control):
    things = [objects.backend(f"b{n}", 9000) for n in range(1000)]
    things[777]["spec"]["endpoints"][0]["port"] = 99_999
    told = control.apply(*things, check=False)
    assert told.returncode == INVALID
    assert "b777" in told.stdout + told.stderr
    assert "b0" not in control.ctl("get", "backends").stdout


def test_cp_11_the_same_object_twice_in_one_file_is_refused(control):
    told = control.apply(objects.backend("twin", 1), objects.backend("twin", 2), check=False)
    assert told.returncode == INVALID
    assert "twin" in told.stdout + told.stderr


def test_cp_11_everything_deleted_and_made_again_under_load_loses_only_what_is_gone(stack):
    route = objects.route("main", "edge", [rule("blue")])
    with stack.connect() as connection:
        for _ in range(10):
            stack.control.delete(route)
            stack.proxy.until("404", lambda: stack.get().status == 404)
            stack.control.apply_live(route)
            connection.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert connection.read_answer().status == 200
