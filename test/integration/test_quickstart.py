# SPDX-License-Identifier: Apache-2.0
"""tools/quickstart as a newcomer meets it. It runs the programs that tools/build has put into bin/."""
import contextlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import time

import pytest

from harness.process import ROOT

SCRIPT = ROOT / "tools" / "quickstart"
SECONDS = 120


@pytest.fixture(autouse=True, scope="module")
def current_build():
    done = subprocess.run([ROOT / "tools" / "build", "--is-current"], capture_output=True)
    if done.returncode == 0:
        return
    if "SLUICE_BIN" in os.environ:
        pytest.skip("other programs than those of bin/ are tested, and bin/ is not current")
    pytest.fail("bin/ is not what tools/build would make: run tools/build")


class Terminal:
    """The script on a terminal, so that Ctrl-C is what it is for a person. A context manager."""

    def __init__(self, *args):
        self.text = ""
        self._code = None
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            # As a shell that a person types into leaves it; whoever runs us may ignore it, and what
            # is ignored at its start bash cannot trap.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execv(SCRIPT, [str(SCRIPT), *args])

    def _read(self):
        """False at the end."""
        ready, _, _ = select.select([self._terminal], [], [], 1)
        if not ready:
            return True
        try:
            piece = os.read(self._terminal, 65536)
        except OSError:
            return False
        self.text += piece.decode(errors="replace").replace("\r", "")
        return bool(piece)

    def until(self, mark):
        end = time.monotonic() + SECONDS
        while mark not in self.text:
            assert self._read(), self.text
            assert time.monotonic() < end, self.text

    def press_ctrl_c(self):
        os.write(self._terminal, b"\x03")

    def finish(self):
        """Returns the exit code."""
        end = time.monotonic() + SECONDS
        while self._read():
            assert time.monotonic() < end, self.text
        self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self._code is None:
                with contextlib.suppress(OSError):  # It may have ended, unasked.
                    self.press_ctrl_c()
                self.finish()
        finally:
            os.close(self._terminal)


def children_of(pid):
    told = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True,
                          text=True).stdout
    return {int(line.split()[0]): line.split()[1] for line in told.splitlines()}


def test_ctrl_c_leaves_no_process_and_no_folder():
    with Terminal() as run:
        run.until("Ctrl-C stops everything")
        started = {pid: name for pid, name in children_of(run.pid).items()
                   if name.startswith("bin/")}
        assert sorted(set(started.values())) == [
            "bin/demo-upstream", "bin/sluice-control", "bin/sluice-proxy"]
        folder = re.search(r"--state-dir (\S+)/proxy", subprocess.run(
            ["ps", "-o", "args=", "--ppid", str(run.pid)], capture_output=True, text=True).stdout)
        run.press_ctrl_c()
        assert run.finish() == 130
    for pid in started:
        assert not os.path.exists(f"/proc/{pid}"), started[pid]
    assert not os.path.exists(folder.group(1))


@pytest.fixture(scope="module")
def told_once():
    with Terminal("--once") as run:
        assert run.finish() == 0, run.text
    return run.text


def test_once_checks_every_answer_and_tells_the_time_of_the_change(told_once):
    assert re.search(r"live after \d+ ms", told_once)
    assert "every answer was as expected" in told_once
    # Steps carry the time since the start.
    assert re.search(r"(?m)^\[ +\d+:\d\d\] starting the proxy", told_once)


def test_a_second_run_builds_nothing(told_once):
    assert "bin/ is up to date" in told_once
    assert "build (" not in told_once


def test_its_curl_lines_can_be_pasted(told_once):
    lines = re.findall(r"(?m)^  \$ (curl .*)$", told_once)
    assert "'Host: api.localhost'" in "".join(lines)
    for line in lines:
        assert subprocess.run(["bash", "-n", "-c", line]).returncode == 0, line


def test_a_taken_port_is_named_and_another_is_used():
    with socket.create_server(("127.0.0.1", 0)) as mine:
        # Whoever has 8080 already, we or another: it is taken now.
        try:
            taken = socket.create_server(("127.0.0.1", 8080))
        except OSError:
            taken = mine
        with taken, Terminal("--once") as run:
            assert run.finish() == 0, run.text
    assert re.search(r"port 8080 is taken: \d+ instead", run.text)


def test_once_says_what_went_wrong(tmp_path):
    """A curl that fails for the gateway stands for a gateway that does not answer."""
    shim = tmp_path / "curl"
    shim.write_text('#!/bin/sh\ncase "$*" in */blue/hello*) exit 7 ;; esac\nexec /usr/bin/curl "$@"\n')
    shim.chmod(0o755)
    done = subprocess.run(
        [SCRIPT, "--once"], capture_output=True, text=True, timeout=SECONDS,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 1
    assert "FAILED: no answer to: curl" in done.stdout
    assert "/blue/hello" in done.stdout
