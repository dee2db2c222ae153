# SPDX-License-Identifier: Apache-2.0
"""A control plane on go-control-plane's library: test/interop/gocontrol, which tools/interop builds."""
import json
import os
import pathlib
import subprocess

import pytest

from harness import xds
from harness.process import Process

CACHE = pathlib.Path(os.environ.get("SLUICE_CACHE", pathlib.Path.home() / ".cache/sluice"))
PROGRAM = CACHE / "interop/gocontrol"


class GoControl(Process):
    """Serves what set() was given last, and tells what the proxy answered."""

    def __init__(self, folder, ads=True, port=0):
        if not PROGRAM.exists():
            pytest.fail(f"{PROGRAM} is missing: run tools/interop")
        super().__init__("gocontrol", [PROGRAM, f"-ads={str(ads).lower()}", "-listen",
                                       f"127.0.0.1:{port}"], folder, stdin=subprocess.PIPE)
        told = self.started("its address", lambda: self._find("listening"))
        self.port = int(told["address"].rpartition(":")[2])

    def _find(self, event, since=0, **fields):
        for line in self.events()[since:]:
            if line["event"] == event and all(line.get(k) == v for k, v in fields.items()):
                return line
        return None

    def _first(self, event, since=0, **fields):
        return self.until(f"{event} {fields}", lambda: self._find(event, since, **fields))

    def events(self):
        whole = self.log().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def set(self, **resources):
        """Serves these types' resources, by the names in harness.xds, and all others as before.

        Returns the number of events before: for acked() and nacked().
        """
        since = len(self.events())
        line = {getattr(xds, kind): things for kind, things in resources.items()}
        self._child.stdin.write(json.dumps(line).encode() + b"\n")
        self._child.stdin.flush()
        self._first("set", since)
        return since

    def acked(self, type_url, since=0):
        return self._first("ack", since, type=type_url)

    def nacked(self, type_url, since=0):
        """Waits for a NACK of the type, and returns its reason."""
        return self._first("nack", since, type=type_url)["error"]

    def methods(self):
        """The calls that were opened."""
        return [e["method"].rpartition("/")[2] for e in self.events() if e["event"] == "open"]
