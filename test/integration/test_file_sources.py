# SPDX-License-Identifier: Apache-2.0
"""Configuration from files: a bootstrap whose sources are paths, and changes by rename."""
import os

import pytest

from harness import xds
from harness.certificates import Authority
from harness.clients import curl
from harness.gateway import BootstrappedProxy
from harness.ports import free_port
from harness.wait import until


class Edge:
    """One file for each type."""

    def __init__(self, folder, blue, green):
        self.folder = folder
        self.blue, self.green = blue, green
        self.authority = Authority(folder / "ca")
        self.plain, self.tls, admin = free_port(), free_port(), free_port()
        self.replace("lds.json", xds.LISTENER, *self.listeners())
        self.replace("rds.json", xds.ROUTES, self.routes("blue"))
        self.replace("cds.json", xds.CLUSTER, *self.clusters())
        self.replace("eds.json", xds.ENDPOINTS, *self.endpoints(blue.port))
        self.replace("sds.json", xds.SECRET, self.secret("a.test"))
        path = folder / "bootstrap.yaml"
        path.write_text(xds.to_yaml(xds.bootstrap(admin, lds=self.source("lds.json"),
                                                  cds=self.source("cds.json"))))
        self.proxy = BootstrappedProxy(folder, path, admin)

    def source(self, name):
        return xds.from_path(self.folder / name)

    def replace(self, name, kind, *resources, text=None):
        made = self.folder / (name + ".new")
        made.write_text(text or xds.response(kind, *resources))
        made.rename(self.folder / name)

    def listeners(self, **more):
        def manager():
            return xds.manager(rds="table", source=self.source("rds.json"), **more)

        return [xds.listener("plain", self.plain, manager()),
                xds.listener("secure", self.tls, manager(),
                             xds.tls_by_secret("certificate", self.source("sds.json")))]

    @staticmethod
    def routes(name):
        return xds.routes("table", xds.to_cluster("/", name))

    def clusters(self, *names):
        return [xds.eds_cluster(n, self.source("eds.json")) for n in names or ("blue", "green")]

    def endpoints(self, blue):
        return [xds.assignment("blue", blue), xds.assignment("green", self.green.port)]

    def secret(self, *names, stem=None):
        return xds.secret("certificate", *self.authority.leaf(*names, stem=stem))

    def get(self):
        return curl(f"http://127.0.0.1:{self.plain}/")

    def upstream(self):
        return self.get().json()["upstream"]

    def get_tls(self, host="a.test"):
        return curl(f"https://{host}:{self.tls}/", "--cacert", str(self.authority.certificate),
                    "--resolve", f"{host}:{self.tls}:127.0.0.1")


@pytest.fixture
def edge_files(tmp_path, blue, green):
    edge = Edge(tmp_path, blue, green)
    yield edge
    edge.proxy.stop()


def test_every_type_is_served_from_files(edge_files):
    assert edge_files.upstream() == "blue"
    assert edge_files.get_tls().json()["upstream"] == "blue"


def test_a_rename_changes_each_type_live(edge_files):
    edge_files.replace("rds.json", xds.ROUTES, edge_files.routes("green"))
    until("the route", lambda: edge_files.upstream() == "green")
    edge_files.replace("rds.json", xds.ROUTES, edge_files.routes("blue"))
    until("the route", lambda: edge_files.upstream() == "blue")
    edge_files.replace("eds.json", xds.ENDPOINTS, *edge_files.endpoints(edge_files.green.port))
    until("the endpoints", lambda: edge_files.upstream() == "green")
    edge_files.replace("sds.json", xds.SECRET, edge_files.secret("b.test"))
    until("the certificate", lambda: edge_files.get_tls("b.test").status == 200)
    edge_files.replace("lds.json", xds.LISTENER, *edge_files.listeners(server_name="other"))
    until("the listener", lambda: edge_files.get().header("server") == "other")
    edge_files.replace("cds.json", xds.CLUSTER, *edge_files.clusters("blue"))
    until("the cluster's end",
          lambda: "green" not in edge_files.proxy.admin("/clusters").body.decode())


def test_a_write_in_place_is_not_read(edge_files):
    (edge_files.folder / "rds.json").write_text(xds.response(xds.ROUTES,
                                                             edge_files.routes("green")))
    # The next one is, so the first was not merely late.
    edge_files.replace("lds.json", xds.LISTENER, *edge_files.listeners(server_name="other"))
    until("the listener", lambda: edge_files.get().header("server") == "other")
    assert edge_files.upstream() == "blue"


@pytest.mark.parametrize("text, said", [
    ("{", "rds.json:1"),
    ('{"resources": [{"@type": "' + xds.ROUTES + '", "nme": "table"}]}', "nme"),
    (xds.response(xds.ROUTES, xds.routes("table", {
        "match": {"safe_regex": {"regex": "("}}, "route": {"cluster": "green"}})), 'regex "("'),
    (xds.response(xds.CLUSTER, xds.cluster("blue", 1)), "in a response of"),
])
def test_a_bad_file_keeps_the_old_one_and_says_why(edge_files, text, said):
    edge_files.replace("rds.json", None, text=text)
    edge_files.proxy.until("the reason", lambda: said in edge_files.proxy.log())
    assert edge_files.upstream() == "blue"
    edge_files.replace("rds.json", xds.ROUTES, edge_files.routes("green"))
    until("the mended one", lambda: edge_files.upstream() == "green")


def test_a_file_that_is_missing_at_the_start_ends_it(tmp_path):
    path = tmp_path / "bootstrap.yaml"
    admin = free_port()
    path.write_text(xds.to_yaml(xds.bootstrap(
        admin, lds=xds.from_path(tmp_path / "none.yaml"))))
    with pytest.raises(RuntimeError, match="none.yaml"):
        BootstrappedProxy(tmp_path, path, admin)


def test_a_move_into_the_watched_folder_is_enough(tmp_path, blue, green):
    """As a volume of Kubernetes is replaced: the path leads through a link that is renamed."""
    port, admin = free_port(), free_port()

    def fill(name, upstream):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lds.json").write_text(xds.response(xds.LISTENER, xds.listener(
            "in", port, xds.manager(table=xds.routes("t", xds.to_cluster("/", upstream))))))
        (tmp_path / "link").symlink_to(tmp_path / name)
        os.rename(tmp_path / "link", tmp_path / "..data")

    fill("one", "blue")
    path = tmp_path / "bootstrap.yaml"
    path.write_text(xds.to_yaml(xds.bootstrap(
        admin, lds=xds.from_path(tmp_path / "..data/lds.json", watched=tmp_path),
        clusters=[xds.cluster("blue", blue.port), xds.cluster("green", green.port)])))
    with BootstrappedProxy(tmp_path, path, admin):
        assert curl(f"http://127.0.0.1:{port}/").json()["upstream"] == "blue"
        fill("two", "green")
        until("the change",
              lambda: curl(f"http://127.0.0.1:{port}/").json()["upstream"] == "green")


def test_a_certificate_follows_its_files(tmp_path, blue):
    """A secret that names files: those are replaced, and the file that names them is not."""
    authority = Authority(tmp_path / "ca")
    port, admin = free_port(), free_port()

    def put(*names):
        for made, name in zip(authority.leaf(*names), ("tls.crt", "tls.key")):
            made.rename(tmp_path / name)

    put("a.test")
    (tmp_path / "sds.yaml").write_text(xds.response(xds.SECRET, {
        "name": "certificate", "tls_certificate": {
            "certificate_chain": {"filename": str(tmp_path / "tls.crt")},
            "private_key": {"filename": str(tmp_path / "tls.key")}}}))
    path = tmp_path / "bootstrap.yaml"
    path.write_text(xds.to_yaml(xds.bootstrap(
        admin, clusters=[xds.cluster("blue", blue.port)],
        listeners=[xds.listener(
            "in", port, xds.manager(table=xds.routes("t", xds.to_cluster("/", "blue"))),
            xds.tls_by_secret("certificate", xds.from_path(tmp_path / "sds.yaml")))])))

    def status(host):
        return curl(f"https://{host}:{port}/", "--cacert", str(authority.certificate),
                    "--resolve", f"{host}:{port}:127.0.0.1").status

    with BootstrappedProxy(tmp_path, path, admin):
        assert status("a.test") == 200
        put("b.test")
        until("the certificate", lambda: status("b.test") == 200)
