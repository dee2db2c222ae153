# SPDX-License-Identifier: Apache-2.0
"""The control plane, proxies and sluicectl, as a person starts them."""
import json
import pathlib
import re
import subprocess

from harness import objects
from harness.clients import RawConnection, curl
from harness.ports import accepts, free_port
from harness.process import Process, program


class Control(Process):
    """bin/sluice-control on free ports. It can be started again on the same ports and data."""

    def __init__(self, folder, registry="sqlite", data_dir=None, ports=None, args=(), wait=True):
        self.folder = pathlib.Path(folder)
        self.data_dir = data_dir or self.folder / "control"
        self.ports = ports or {"xds": free_port(), "api": free_port(), "rest": free_port()}
        super().__init__(
            "sluice-control",
            [
                program("sluice-control"),
                "--data-dir", self.data_dir,
                "--registry", registry,
                "--xds-listen", f"127.0.0.1:{self.ports['xds']}",
                "--api-listen", f"127.0.0.1:{self.ports['api']}",
                "--rest-listen", f"127.0.0.1:{self.ports['rest']}",
                *args,
            ],
            folder,
        )
        if wait:
            for port in self.ports.values():
                self.started(f"port {port} of the control plane", lambda p=port: accepts(p))

    def ctl(self, *args, text=None, check=True):
        """Runs sluicectl against this control plane; returns the finished process."""
        return sluicectl("--server", f"127.0.0.1:{self.ports['api']}", *args, text=text,
                         check=check)

    def apply(self, *things, args=(), check=True):
        return self.ctl("apply", "-f", "-", *args, text=objects.to_yaml(*things), check=check)

    def apply_live(self, *things):
        """Applies, and returns when every connected proxy that it reaches serves it."""
        return self.apply(*things, args=("--wait",))

    def delete(self, *things):
        for thing in things:
            self.ctl("delete", thing["kind"], thing["metadata"]["name"])

    def get(self, kind, name):
        return json.loads(self.ctl("get", kind, name, "-o", "json").stdout)

    def fleet(self):
        """The proxies, as `sluicectl fleet -o json` tells them."""
        told = json.loads(self.ctl("fleet", "-o", "json").stdout)
        return told if isinstance(told, list) else told.get("proxies", [])


def sluicectl(*args, text=None, check=True):
    done = subprocess.run(
        [program("sluicectl"), *map(str, args)],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if check and done.returncode != 0:
        raise AssertionError(
            f"sluicectl {' '.join(map(str, args))}: exit code {done.returncode}\n"
            f"{done.stdout}{done.stderr}"
        )
    return done


class ServingProxy(Process):
    """bin/sluice-proxy as its admin shows it."""

    admin_port = None

    def wait_ready(self):
        self.until("the proxy is ready", self.is_ready)

    def is_ready(self):
        return self.admin("/ready").status == 200

    def admin(self, path, *args, method=None):
        return curl(f"http://127.0.0.1:{self.admin_port}{path}", *args, method=method)

    def metric(self, pattern):
        """The sum of all samples whose name and labels match.

        It is 0 also where none does: who waits for 0 has waited for more than that before.
        """
        text = self.admin("/stats/prometheus").body.decode()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if not line.startswith("#") and re.search(pattern, line)
        )


class BootstrappedProxy(ServingProxy):
    """bin/sluice-proxy on an Envoy bootstrap, ready to serve."""

    def __init__(self, folder, bootstrap, admin_port, args=()):
        self.admin_port = admin_port
        super().__init__("sluice-proxy", [program("sluice-proxy"), "-c", bootstrap,
                                          "--concurrency", 2, *args], folder)
        self.started("the proxy is ready", self.is_ready)


class Proxy(ServingProxy):
    """bin/sluice-proxy, ready to serve."""

    def __init__(self, folder, control_port, gateway="default/edge", node_id="proxy-1",
                 concurrency=2, args=(), state_dir=None, wait=True, admin_port=None):
        self.admin_port = admin_port or free_port()
        self.state_dir = state_dir or pathlib.Path(folder) / f"state-{node_id}"
        super().__init__(
            f"sluice-proxy-{node_id}",
            [
                program("sluice-proxy"),
                "--control", f"127.0.0.1:{control_port}",
                "--gateway", gateway,
                "--node-id", node_id,
                "--admin-listen", f"127.0.0.1:{self.admin_port}",
                "--state-dir", self.state_dir,
                "--concurrency", concurrency,
                *args,
            ],
            folder,
        )
        if wait:
            self.started("the proxy is ready", self.is_ready)


class Stack:
    """A control plane with one Gateway and one proxy that serves it."""

    def __init__(self, folder, *things, name="edge", listeners=None, concurrency=2,
                 control_args=(), proxy_args=()):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.port = free_port()
        self.access_log = self.folder / "access.log"
        self.control = Control(folder, args=control_args)
        self.proxy = None
        try:
            self.control.apply(
                objects.gateway_class(),
                objects.gateway(name, listeners or [objects.http_listener(self.port)]),
                objects.file_log(name, self.access_log),
                *things,
            )
            self.start_proxy(concurrency=concurrency, args=proxy_args)
        except BaseException:
            self.stop()
            raise

    def start_proxy(self, **how):
        self.proxy = Proxy(self.folder, self.control.ports["xds"], f"default/{self.name}", **how)
        return self.proxy

    def restart_control(self):
        """After stop() or kill() of it: the same data and ports."""
        self.control = Control(self.folder, data_dir=self.control.data_dir,
                               ports=self.control.ports)
        return self.control

    def get(self, path="/", *args, **how):
        return curl(f"http://127.0.0.1:{self.port}{path}", *args, **how)

    def connect(self, **how):
        return RawConnection(self.port, **how)

    def log_lines(self):
        if not self.access_log.exists():
            return []
        whole = self.access_log.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines()]

    def logged(self, since=0, **fields):
        """Waits for the access log line with these fields, and returns it.

        since: how many lines to pass over, as counted with log_lines() before.
        """

        def find():
            for line in reversed(self.log_lines()[since:]):
                if all(line.get(k) == v for k, v in fields.items()):
                    return line
            return None

        return self.proxy.until(f"a log line with {fields}", find)

    def stop(self):
        for process in (self.proxy, self.control):
            if process is not None:
                process.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
