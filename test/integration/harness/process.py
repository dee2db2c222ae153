# SPDX-License-Identifier: Apache-2.0
"""One child process: its output in a file, ended by its own pid."""
import os
import pathlib
import signal
import subprocess

import pytest

from harness.wait import DEADLINE_S, NotInTime, until

ROOT = pathlib.Path(__file__).resolve().parents[3]
# Whole: programs run in folders of their own.
BIN = pathlib.Path(os.environ.get("SLUICE_BIN", ROOT / "bin")).resolve()


def program(name):
    path = BIN / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: run tools/build")
    return str(path)


class Process:
    """A running program. Use as a context manager, or call stop()."""

    def __init__(self, name, args, folder, env=None, preexec=None,
                 stdin=subprocess.DEVNULL):
        self.name = name
        self.args = [str(a) for a in args]
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self._log = open(self.log_path, "ab")
        self._child = subprocess.Popen(
            self.args,
            stdin=stdin,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=folder,
            preexec_fn=preexec,
        )

    @property
    def pid(self):
        return self._child.pid

    @property
    def returncode(self):
        return self._child.poll()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def alive(self):
        return self._child.poll() is None

    def require_alive(self):
        if not self.alive():
            raise RuntimeError(
                f"{self.name} ended with code {self.returncode}:\n{self.log()[-4000:]}"
            )

    def started(self, what, probe, seconds=DEADLINE_S):
        """As until, for constructors: one that fails hands nobody a process to stop."""
        try:
            return self.until(what, probe, seconds)
        except BaseException:
            self.stop()
            raise

    def until(self, what, probe, seconds=DEADLINE_S):
        """As wait.until, but fails at once, with the log, if the process ends meanwhile."""

        def watched():
            self.require_alive()
            return probe()

        try:
            return until(what, watched, seconds)
        except NotInTime as error:
            raise NotInTime(f"{error}\n{self.name} said:\n{self.log()[-4000:]}") from None

    def send(self, number):
        self._child.send_signal(number)

    def wait(self, seconds=DEADLINE_S):
        """Waits for the end and returns the exit code."""
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise NotInTime(
                f"{self.name} did not end within {seconds:g} s:\n{self.log()[-4000:]}"
            ) from None

    def kill(self):
        """As kill -9 does it."""
        if self.alive():
            self._child.kill()
            self._child.wait()

    def stop(self, seconds=10.0):
        """SIGTERM, then SIGKILL. Returns the exit code."""
        if self.alive():
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()
        return self._child.returncode

    def resident_kib(self, peak=False):
        if "SLUICE_SANITIZED" in os.environ:
            pytest.skip("under a sanitizer, memory is not the program's own")
        key = "VmHWM:" if peak else "VmRSS:"
        with open(f"/proc/{self.pid}/status") as status:
            for line in status:
                if line.startswith(key):
                    return int(line.split()[1])
        raise OSError("no " + key)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
