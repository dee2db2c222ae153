# SPDX-License-Identifier: Apache-2.0
"""Real Envoy, which tools/bench --peers installs."""
import os
import pathlib

import pytest

from harness.clients import curl
from harness.process import Process

CACHE = pathlib.Path(os.environ.get("SLUICE_CACHE", pathlib.Path.home() / ".cache/sluice"))
ENVOY = CACHE / "peers/bin/envoy"


def envoy_program():
    if not ENVOY.exists():
        pytest.fail(f"{ENVOY} is missing: run tools/bench --peers")
    return ENVOY


class Envoy(Process):
    """Envoy on a bootstrap file, ready to serve."""

    def __init__(self, folder, bootstrap, admin_port, args=()):
        self.admin_port = admin_port
        super().__init__("envoy", [envoy_program(), "-c", bootstrap, "--use-dynamic-base-id",
                                   "--concurrency", 1, *args], folder)
        self.started("Envoy is ready", lambda: self.admin("/ready").status == 200, 30)

    def admin(self, path):
        return curl(f"http://127.0.0.1:{self.admin_port}{path}")

    def counter(self, name):
        """The counter or gauge of exactly this name; 0 if there is none."""
        for line in self.admin(f"/stats?filter=^{name}$").body.decode().splitlines():
            return int(line.rsplit(" ", 1)[1])
        return 0
