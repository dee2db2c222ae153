# SPDX-License-Identifier: Apache-2.0
"""One bootstrap starts Envoy and sluice-proxy alike. With --long only.

Aim: within the supported subset a file means the same to both. Method: each is started from the
same file, on the same ports, one after the other, and asked the same table of requests; and both
judge a table of good and bad files with --mode validate.
"""
import copy
import json
import subprocess

import pytest

from harness import xds
from harness.certificates import Authority
from harness.clients import curl
from harness.envoy import Envoy, envoy_program
from harness.gateway import BootstrappedProxy
from harness.ports import free_port
from harness.process import program
from harness.upstreams import ScriptedUpstream, ok


@pytest.fixture(autouse=True)
def only_long(is_long):
    if not is_long:
        pytest.skip("with --long")


def match(prefix, **more):
    return {"prefix": prefix, **more}


def table():
    """Routes of every kind, each under a path of its own."""
    def to(where, name="static", **action):
        return {"match": where, "route": {"cluster": name, **action}}

    return {"name": "table", "virtual_hosts": [
        {"name": "other", "domains": ["other.test", "*.wild.test"], "routes": [
            {"match": match("/"), "direct_response": {
                "status": 418, "body": {"inline_string": "other"}}}]},
        {"name": "all", "domains": ["*"], "routes": [
            to(match("/static")),
            to(match("/dns"), "dns"),
            to(match("/tls"), "tls"),
            to({"path": "/exact"}),
            to({"safe_regex": {"regex": "/re/[0-9]+"}}),
            to({"path_separated_prefix": "/sep"}),
            to(match("/case", case_sensitive=False)),
            to(match("/header", headers=[{"name": "x-h", "string_match": {"exact": "v"}}])),
            to(match("/header"), "dns"),
            to(match("/query", query_parameters=[
                {"name": "q", "string_match": {"safe_regex": {"regex": "[a-c]+"}}}])),
            to(match("/rewrite"), prefix_rewrite="/new"),
            to(match("/regex-rewrite"), regex_rewrite={
                "pattern": {"regex": "^/regex-rewrite/([^/]+)/(.*)$"},
                "substitution": "/\\2/\\1"}),
            to(match("/host"), host_rewrite_literal="rewritten.test"),
            {"match": match("/weighted"), "route": {"weighted_clusters": {"clusters": [
                {"name": "static", "weight": 0}, {"name": "dns", "weight": 1}]}}},
            {"match": match("/redirect"), "redirect": {
                "host_redirect": "there.test", "path_redirect": "/x?y=1", "response_code": "FOUND"}},
            {"match": match("/https"), "redirect": {"https_redirect": True}},
            {"match": match("/moved"), "redirect": {"prefix_rewrite": "/to", "strip_query": True}},
            {"match": match("/direct"), "direct_response": {
                "status": 200, "body": {"inline_string": "direct"}},
             "response_headers_to_add": [{"header": {"key": "x-direct", "value": "1"}}]},
            {**to(match("/edit")),
             "request_headers_to_add": [{"header": {"key": "x-added", "value": "1"}}],
             "request_headers_to_remove": ["x-gone"],
             "response_headers_to_add": [
                 {"header": {"key": "x-upstream", "value": "set"},
                  "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}],
             "response_headers_to_remove": ["x-secret"]},
            to(match("/late"), timeout="0.2s"),
            to(match("/nobody"), "nobody"),
        ]},
    ]}


class Bootstrapped:
    """A file, and the servers that its clusters mean."""

    def __init__(self, folder):
        self.folder = folder
        authority = Authority(folder / "ca")
        self.authority = authority
        certificate, key = authority.leaf("a.test")
        self.plain, self.tls, self.admin = free_port(), free_port(), free_port()
        self.servers = [ScriptedUpstream(self.answer(name), tls=tls) for name, tls in (
            ("static", None), ("dns", None), ("tls", authority.leaf("up.test")))]
        static, dns, tls = (server.port for server in self.servers)

        def manager():
            return xds.manager(table=table(), normalize_path=True, merge_slashes=True)

        self.bootstrap = xds.bootstrap(
            self.admin,
            listeners=[xds.listener("plain", self.plain, manager()),
                       xds.listener("secure", self.tls, manager(),
                                    xds.tls_by_files(certificate, key))],
            clusters=[xds.cluster("static", static),
                      xds.cluster("dns", dns, kind="STRICT_DNS", host="localhost",
                                  dns_lookup_family="V4_ONLY"),
                      xds.cluster("tls", tls, **xds.upstream_tls(authority.certificate, "up.test")),
                      xds.cluster("nobody", free_port())])
        self.path = folder / "bootstrap.yaml"
        self.path.write_text(xds.to_yaml(self.bootstrap))

    @staticmethod
    def answer(name):
        """Tells what came; /late never answers."""
        def to(head, body):
            first, *fields = head.decode("latin-1").split("\r\n")
            if " /late" in first:
                return lambda peer: peer.recv(1)
            seen = {k.lower(): v.strip() for k, _, v in (f.partition(":") for f in fields)}
            told = {"upstream": name, "request": first, "host": seen.get("host"),
                    "added": seen.get("x-added"), "gone": seen.get("x-gone"),
                    "body": body.decode("latin-1")}
            return ok(json.dumps(told).encode(), "x-secret: 1", "x-upstream: own")
        return to

    def close(self):
        for server in self.servers:
            server.close()


# (path, options of curl): what is asked over both listeners.
REQUESTS = [
    ("/static", ()), ("/static/x?y=1", ()), ("/staticx", ()), ("/dns/a", ()), ("/tls/a", ()),
    ("/exact", ()), ("/exact/", ()), ("/re/12", ()), ("/re/x", ()), ("/sep", ()), ("/sep/x", ()),
    ("/separate", ()), ("/CASE/x", ()), ("/header", ("-H", "x-h: v")), ("/header", ()),
    ("/query?q=abc", ()), ("/query?q=xyz", ()), ("/query", ()), ("/rewrite/a?b=c", ()),
    ("/regex-rewrite/a/b", ()), ("/host", ()), ("/weighted", ()), ("/redirect/a", ()),
    ("/https/a?b=c", ()), ("/moved/a?b=c", ()), ("/direct", ()), ("/direct", ("--head",)),
    ("/edit", ("-H", "x-gone: 1")), ("/late", ()), ("/nobody", ()), ("/nowhere", ()),
    ("/a/../static/./x", ()), ("//static//x", ()), ("/static", ("-d", "text")),
    ("/static", ("-X", "PUT", "-H", "transfer-encoding: chunked", "-d", "text")),
    ("/static", ("-X", "PROPFIND")),
    ("/x", ("-H", "host: other.test")), ("/x", ("-H", "host: OTHER.test")),
    ("/x", ("-H", "host: a.wild.test")), ("/x", ("-H", "host: wild.test")),
]


def ask_all(made):
    """What each request got: status, what the server saw, and the headers that a route decides."""
    out = {}
    for port, scheme, more in ((made.plain, "http", ()), (made.tls, "https", ("--http2",)),
                               (made.tls, "https", ("--http1.1",))):
        for path, args in REQUESTS:
            answer = curl(f"{scheme}://a.test:{port}{path}", "--path-as-is", "--cacert",
                          str(made.authority.certificate), "--resolve",
                          f"a.test:{port}:127.0.0.1", *more, *args)
            # Whose own words an error is told in is not the file's to say.
            body = ""
            if answer.status in (200, 418) and "--head" not in args:
                body = answer.body.decode("latin-1")
            headers = [(n, v) for n, v in answer.headers
                       if n in ("location", "x-direct", "x-upstream", "x-secret")]
            out[(scheme, more, path, args)] = (answer.version, answer.status, headers, body)
    return out


@pytest.fixture
def made(tmp_path):
    made = Bootstrapped(tmp_path)
    yield made
    made.close()


def test_both_answer_a_table_of_requests_alike(made):
    with Envoy(made.folder, made.path, made.admin):
        theirs = ask_all(made)
    with BootstrappedProxy(made.folder, made.path, made.admin):
        ours = ask_all(made)
    differ = {k: (theirs[k], ours[k]) for k in theirs if theirs[k] != ours[k]}
    assert not differ, "\n".join(f"{k}\n  Envoy  {a}\n  Sluice {b}" for k, (a, b) in differ.items())
    assert {status for _, status, _, _ in ours.values()} >= {200, 301, 302, 404, 418, 503, 504}


def first_manager(b):
    return b["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]


def first_cluster(b):
    return b["static_resources"]["clusters"][0]


def routes_of(b):
    return first_manager(b)["route_config"]["virtual_hosts"]


def change(name, good):
    def decorate(function):
        CHANGES[name] = (good, function)
        return function
    return decorate


# Name to (whether it is good, what it does to a bootstrap).
CHANGES = {}


@change("as it is", True)
def _(b):
    pass


@change("no listeners", True)
def _(b):
    b["static_resources"]["listeners"] = []


@change("numbers as text", True)
def _(b):
    b["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] = "0"


@change("no admin", True)
def _(b):
    del b["admin"]


@change("circuit breakers, keepalive and outliers", True)
def _(b):
    first_cluster(b).update(
        circuit_breakers={"thresholds": [{"max_connections": 5}]},
        upstream_connection_options={"tcp_keepalive": {}}, outlier_detection={})


@change("a field that there is not", False)
def _(b):
    first_cluster(b)["conect_timeout"] = "1s"


@change("text for a number", False)
def _(b):
    b["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] = "http"


@change("a port above all ports", False)
def _(b):
    b["static_resources"]["listeners"][0]["address"]["socket_address"]["port_value"] = 70000


@change("an address that is a name", False)
def _(b):
    b["static_resources"]["listeners"][0]["address"]["socket_address"]["address"] = "a.test"


@change("a route to a cluster that there is not", False)
def _(b):
    routes_of(b)[1]["routes"][0]["route"]["cluster"] = "none"


@change("a regular expression that is none", False)
def _(b):
    routes_of(b)[1]["routes"][0]["match"] = {"safe_regex": {"regex": "("}}


@change("one domain twice", False)
def _(b):
    routes_of(b)[0]["domains"].append("*")


@change("a virtual host without a domain", False)
def _(b):
    routes_of(b)[0]["domains"] = []


@change("a route without an action", False)
def _(b):
    del routes_of(b)[1]["routes"][0]["route"]


@change("weights that sum to nothing", False)
def _(b):
    routes_of(b)[1]["routes"][0]["route"] = {
        "weighted_clusters": {"clusters": [{"name": "static", "weight": 0}]}}


@change("a connect timeout of nothing", False)
def _(b):
    first_cluster(b)["connect_timeout"] = "0s"


@change("two clusters of one name", False)
def _(b):
    b["static_resources"]["clusters"].append(copy.deepcopy(first_cluster(b)))


@change("a cluster without a name", False)
def _(b):
    first_cluster(b)["name"] = ""


@change("a name as the endpoint of a static cluster", False)
def _(b):
    endpoint = first_cluster(b)["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
    endpoint["address"]["socket_address"]["address"] = "localhost"


@change("a certificate that is not there", False)
def _(b):
    context = b["static_resources"]["listeners"][1]["filter_chains"][0]["transport_socket"][
        "typed_config"]["common_tls_context"]
    context["tls_certificates"][0]["certificate_chain"]["filename"] = "/none.pem"


@change("a filter that there is not", False)
def _(b):
    first_manager(b)["http_filters"].insert(0, {"name": "none", "typed_config": {
        "@type": "type.googleapis.com/none.v3.None"}})


@change("a router that is not last", False)
def _(b):
    filters = first_manager(b)["http_filters"]
    filters.append(copy.deepcopy(filters[0]))


@change("two filter chains that match the same", False)
def _(b):
    chains = b["static_resources"]["listeners"][0]["filter_chains"]
    chains.append(copy.deepcopy(chains[0]))


@change("a stream to a cluster that there is not", False)
def _(b):
    b["dynamic_resources"] = {"ads_config": xds.grpc_source("GRPC", "none"), "lds_config": xds.ADS}


@change("the aggregated stream where there is none", False)
def _(b):
    b["dynamic_resources"] = {"lds_config": xds.ADS}


@change("a source file that is not there", False)
def _(b):
    b["dynamic_resources"] = {"cds_config": xds.from_path("/none.yaml")}


@change("a secret that is not among the static ones", False)
def _(b):
    b["static_resources"]["listeners"][1]["filter_chains"][0]["transport_socket"] = (
        xds.tls_by_secret("none", source=None))


@pytest.mark.parametrize("name", CHANGES)
def test_both_judge_a_file_alike(made, name):
    good, function = CHANGES[name]
    changed = copy.deepcopy(made.bootstrap)
    function(changed)
    path = made.folder / "changed.yaml"
    path.write_text(xds.to_yaml(changed))

    def judges(command):
        return subprocess.run([*command, "-c", path, "--mode", "validate"], capture_output=True,
                              text=True, timeout=60)

    theirs = judges([envoy_program(), "--use-dynamic-base-id"])
    ours = judges([program("sluice-proxy")])
    assert (theirs.returncode == 0) == good, f"Envoy says {theirs.stderr[-600:]}"
    assert (ours.returncode == 0) == good, f"Sluice says {ours.stderr[-600:]}"
