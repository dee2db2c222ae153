# SPDX-License-Identifier: Apache-2.0
"""A network of a test's own, for programs that listen on all addresses."""
from harness.process import Process


class Namespace(Process):
    """Lives until it is stopped; put `prefix` before a command to run it inside. Needs root."""

    def __init__(self, folder):
        super().__init__("namespace", ["unshare", "--net", "sh", "-c",
                                       "ip link set lo up && echo up && exec sleep infinity"],
                         folder)
        self.started("the namespace", lambda: "up" in self.log())

    @property
    def prefix(self):
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net"]
