# SPDX-License-Identifier: Apache-2.0
"""sluice-proxy under a control plane that others wrote: go-control-plane's library.

Each case runs with the incremental protocol and with the state of the world, over one aggregated
stream and over a stream for each type.
"""
import pytest

from harness import xds
from harness.certificates import Authority
from harness.clients import curl
from harness.gateway import BootstrappedProxy
from harness.gocontrol import GoControl
from harness.ports import free_port
from harness.wait import until


class Edge:
    """A plain and a TLS listener with routes, clusters, endpoints and a certificate of each kind."""

    def __init__(self, folder, api_type, ads, blue, green):
        self.folder = folder
        self.blue, self.green = blue, green
        self.authority = Authority(folder / "ca")
        self.plain, self.tls, self.admin = free_port(), free_port(), free_port()
        self.source = xds.ADS if ads else xds.from_server(api_type)
        self.control = GoControl(folder, ads=ads)
        self.proxy = None
        path = folder / "bootstrap.yaml"
        path.write_text(xds.to_yaml(xds.bootstrap(
            self.admin, lds=self.source, cds=self.source,
            ads=xds.grpc_source(api_type) if ads else None,
            clusters=[xds.control_cluster(self.control.port)])))
        try:
            self.control.set(LISTENER=self.listeners(), ROUTES=self.routes("blue"),
                             CLUSTER=self.clusters(), ENDPOINTS=self.endpoints(),
                             SECRET=self.secrets("a.test"))
            self.proxy = BootstrappedProxy(folder, path, self.admin)
        except BaseException:
            self.stop()
            raise

    def listeners(self, **more):
        def manager():
            return xds.manager(rds="table", source=self.source, **more)

        return [xds.listener("plain", self.plain, manager()),
                xds.listener("secure", self.tls, manager(),
                             xds.tls_by_secret("certificate", self.source))]

    @staticmethod
    def routes(name, *more):
        return [xds.routes("table", *more, xds.to_cluster("/", name))]

    def clusters(self, *names):
        return [xds.eds_cluster(n, self.source) for n in names or ("blue", "green")]

    def endpoints(self, blue=None):
        return [xds.assignment("blue", blue or self.blue.port),
                xds.assignment("green", self.green.port)]

    def secrets(self, *names, stem=None):
        return [xds.secret("certificate", *self.authority.leaf(*names, stem=stem))]

    def upstream(self):
        return curl(f"http://127.0.0.1:{self.plain}/").json()["upstream"]

    def get_tls(self, *args, host="a.test"):
        return curl(f"https://{host}:{self.tls}/", "--cacert", str(self.authority.certificate),
                    "--resolve", f"{host}:{self.tls}:127.0.0.1", *args)

    def stop(self):
        for process in (self.proxy, self.control):
            if process is not None:
                process.stop()


@pytest.fixture(params=["delta ads", "sotw ads", "delta each", "sotw each"])
def edge_go(request, tmp_path, blue, green):
    variant, how = request.param.split()
    edge = Edge(tmp_path, "DELTA_GRPC" if variant == "delta" else "GRPC", how == "ads", blue, green)
    yield edge
    edge.stop()


def test_it_serves_every_type_to_h1_and_h2(edge_go):
    assert edge_go.upstream() == "blue"
    assert edge_go.get_tls().version == "HTTP/2"
    assert edge_go.get_tls("--http1.1").version == "HTTP/1.1"
    for kind in (xds.LISTENER, xds.ROUTES, xds.CLUSTER, xds.ENDPOINTS, xds.SECRET):
        edge_go.control.acked(kind)
    assert "nack" not in {e["event"] for e in edge_go.control.events()}


def test_the_stream_is_of_the_kind_that_the_source_names(request, edge_go):
    variant, how = request.node.callspec.params["edge_go"].split()
    prefix = "Delta" if variant == "delta" else "Stream"
    names = {"AggregatedResources"} if how == "ads" else {
        "Listeners", "Routes", "Clusters", "Endpoints", "Secrets"}
    until("the streams", lambda: {prefix + n for n in names} == set(edge_go.control.methods()))


def test_a_route_changes_live(edge_go):
    since = edge_go.control.set(ROUTES=edge_go.routes("green"))
    edge_go.control.acked(xds.ROUTES, since)
    until("the change", lambda: edge_go.upstream() == "green")


def test_endpoints_change_live(edge_go):
    since = edge_go.control.set(ENDPOINTS=edge_go.endpoints(blue=edge_go.green.port))
    edge_go.control.acked(xds.ENDPOINTS, since)
    until("the change", lambda: edge_go.upstream() == "green")


def test_a_certificate_changes_live(edge_go):
    since = edge_go.control.set(SECRET=edge_go.secrets("b.test", stem="second"))
    edge_go.control.acked(xds.SECRET, since)
    until("the change", lambda: edge_go.get_tls(host="b.test").status == 200)


def test_a_listener_changes_live(edge_go):
    since = edge_go.control.set(LISTENER=edge_go.listeners(server_name="other"))
    edge_go.control.acked(xds.LISTENER, since)
    until("the change", lambda: curl(
        f"http://127.0.0.1:{edge_go.plain}/").header("server") == "other")


def test_a_bad_resource_is_refused_with_its_reason_and_the_old_one_serves_on(edge_go):
    bad = {"match": {"safe_regex": {"regex": "("}}, "route": {"cluster": "green"}}
    since = edge_go.control.set(ROUTES=edge_go.routes("green", bad))
    reason = edge_go.control.nacked(xds.ROUTES, since)
    assert 'route table "table"' in reason and 'regex "("' in reason
    assert edge_go.upstream() == "blue"
    since = edge_go.control.set(ROUTES=edge_go.routes("green"))
    edge_go.control.acked(xds.ROUTES, since)
    until("the mended one", lambda: edge_go.upstream() == "green")


def test_the_good_ones_beside_a_bad_one_are_taken(edge_go):
    bad = {**xds.eds_cluster("bad", edge_go.source), "connect_timeout": "-1s"}
    since = edge_go.control.set(CLUSTER=[*edge_go.clusters("blue", "green"), bad,
                                         xds.cluster("more", edge_go.green.port)],
                                ROUTES=edge_go.routes("more"))
    assert '"bad"' in edge_go.control.nacked(xds.CLUSTER, since)
    until("the good one", lambda: edge_go.upstream() == "green")


def test_a_cluster_that_is_removed_goes(edge_go):
    def clusters():
        return edge_go.proxy.admin("/clusters").body.decode()

    assert "green" in clusters()
    since = edge_go.control.set(CLUSTER=edge_go.clusters("blue"))
    edge_go.control.acked(xds.CLUSTER, since)
    until("the cluster's end", lambda: "green" not in clusters())
    assert edge_go.upstream() == "blue"


def test_a_listener_that_is_removed_closes_its_port(edge_go):
    since = edge_go.control.set(LISTENER=edge_go.listeners()[:1])
    edge_go.control.acked(xds.LISTENER, since)

    def refused():
        try:
            edge_go.get_tls()
        except AssertionError as error:
            return getattr(error, "code", None) == 7
        return False

    until("a closed port", refused)
    assert edge_go.upstream() == "blue"


def test_what_we_do_not_know_is_listed_by_name(edge_go):
    since = edge_go.control.set(LISTENER=edge_go.listeners(tracing={"verbose": True}))
    edge_go.control.acked(xds.LISTENER, since)
    until("the field's name", lambda: "tracing" in edge_go.proxy.admin("/fields").body.decode())
    assert edge_go.upstream() == "blue"


def test_it_serves_on_and_comes_back_when_the_server_does(edge_go):
    port = edge_go.control.port
    edge_go.control.kill()
    assert edge_go.upstream() == "blue"
    edge_go.control = GoControl(edge_go.folder, ads=edge_go.source == xds.ADS, port=port)
    edge_go.control.set(LISTENER=edge_go.listeners(), ROUTES=edge_go.routes("green"),
                        CLUSTER=edge_go.clusters(), ENDPOINTS=edge_go.endpoints(),
                        SECRET=edge_go.secrets("a.test", stem="third"))
    until("the change", lambda: edge_go.upstream() == "green", 60)
