# SPDX-License-Identifier: Apache-2.0
import itertools
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import objects  # noqa: E402
from harness.gateway import Control, Stack  # noqa: E402
from harness.upstreams import DemoUpstream, ScriptedUpstream  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also what takes minutes")
    parser.addoption("--sanitized", action="store_true",
                     help="SLUICE_BIN was built with --config=asan: any report fails the test")


@pytest.fixture(scope="session", autouse=True)
def sanitizer_reports(request, tmp_path_factory):
    """The folder where sanitized programs report; None if they are not.

    The first session fixture is torn down last: it sees what the shared programs leak.
    """
    if not request.config.getoption("--sanitized"):
        yield None
        return
    folder = tmp_path_factory.mktemp("sanitizers")
    suppressions = pathlib.Path(__file__).parents[2] / "tools" / "lsan.supp"
    os.environ["ASAN_OPTIONS"] = (
        f"log_path={folder}/report:exitcode=99:detect_stack_use_after_return=1:detect_leaks=1")
    os.environ["SLUICE_SANITIZED"] = "1"
    os.environ["UBSAN_OPTIONS"] = f"log_path={folder}/report:print_stacktrace=1"
    os.environ["LSAN_OPTIONS"] = f"suppressions={suppressions}:print_suppressions=0"
    yield folder
    fail_on_report(folder)


def fail_on_report(folder):
    reports = list(folder.glob("report*"))
    text = "\n".join(report.read_text(errors="replace")[:8000] for report in reports)
    for report in reports:
        report.unlink()
    if text:
        pytest.fail("a sanitizer reported:\n" + text, pytrace=False)


@pytest.fixture(autouse=True)
def no_sanitizer_report(sanitizer_reports):
    yield
    if sanitizer_reports is not None:
        fail_on_report(sanitizer_reports)


@pytest.fixture
def is_long(request):
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def blue(tmp_path_factory):
    with DemoUpstream(tmp_path_factory.mktemp("blue"), "blue") as upstream:
        yield upstream


@pytest.fixture(scope="session")
def green(tmp_path_factory):
    with DemoUpstream(tmp_path_factory.mktemp("green"), "green") as upstream:
        yield upstream


class Edge:
    """One gateway for many tests: each works under a hostname and object names of its own."""

    def __init__(self, stack, tag):
        self.stack = stack
        self.host = f"{tag}.test"
        self._tag = tag
        self._made = []
        self._servers = []

    def name(self, short):
        return f"{self._tag}-{short}"

    def apply(self, *things):
        self._made = [t for t in self._made if t not in things] + list(things)
        return self.stack.control.apply_live(*things)

    def backend(self, short, *ports, **spec):
        made = objects.backend(self.name(short), *ports, **spec)
        self.apply(made)
        return made["metadata"]["name"]

    def scripted(self, answer, **how):
        server = ScriptedUpstream(answer, **how)
        self._servers.append(server)
        return server

    def route(self, *rules, hostnames=None, short="route"):
        made = objects.route(self.name(short), self.stack.name, list(rules),
                             hostnames or [self.host])
        self.apply(made)
        return made

    def get(self, path="/", *args, **how):
        how.setdefault("host", self.host)
        return self.stack.get(path, *args, **how)

    def upstream_of(self, path="/", **how):
        answer = self.get(path, **how)
        assert answer.status == 200, answer
        return answer.json()["upstream"]

    def logged(self, **fields):
        return self.stack.logged(host=self.host, **fields)

    def clean(self):
        done = {}
        for thing in self._made:
            done[(thing["kind"], thing["metadata"]["name"])] = thing
        try:
            self.stack.control.delete(*reversed(list(done.values())))
        finally:
            for server in self._servers:
                server.close()


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared_stack(tmp_path_factory, blue, green):
    with Stack(
        tmp_path_factory.mktemp("edge"),
        objects.backend("blue", blue.port),
        objects.backend("green", green.port),
    ) as stack:
        yield stack


@pytest.fixture
def edge(shared_stack):
    """The shared gateway with backends blue and green, and a hostname of the test's own."""
    edge = Edge(shared_stack, f"t{next(_numbers)}")
    yield edge
    edge.clean()
    shared_stack.proxy.require_alive()
    shared_stack.control.require_alive()


@pytest.fixture
def stack(tmp_path, blue, green):
    """A gateway of the test's own, to stop and break; one route to blue."""
    with Stack(
        tmp_path,
        objects.backend("blue", blue.port),
        objects.backend("green", green.port),
        objects.route("main", "edge", [objects.rule("blue")]),
    ) as made:
        yield made


@pytest.fixture
def control(tmp_path):
    """A control plane alone."""
    with Control(tmp_path) as made:
        yield made
