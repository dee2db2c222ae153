# SPDX-License-Identifier: Apache-2.0
"""Processor time of a proxy, and load from programs that others wrote."""
import os
import pathlib
import re
import subprocess


def tree(pid):
    """The process and all its descendants."""
    out = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            out += tree(int(child))
    return out


def cpu_ns(pid):
    """Nanoseconds that all threads of the process and its children have run."""
    total = 0
    for process in tree(pid):
        for task in pathlib.Path(f"/proc/{process}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def resident_kib(pid):
    total = 0
    for process in tree(pid):
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total


def on_core(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


def cores():
    """(the proxy's core, the core of load and upstream)."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


class Wrk:
    name = "wrk -t1 -c64"
    scheme = "http"

    def run(self, port, seconds, core):
        text = subprocess.run(
            on_core(core, ["wrk", "-t1", "-c64", f"-d{seconds}s", f"http://127.0.0.1:{port}/"]),
            capture_output=True, text=True, check=True).stdout
        done = int(re.search(r"(\d+) requests in", text).group(1))
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        errors = re.search(r"Socket errors: (.*)", text)
        return done, (bad.group(0) if bad else errors.group(0) if errors else None)


class H2Load:
    name = "h2load -c16 -m32"
    scheme = "https"

    def run(self, port, seconds, core):
        text = subprocess.run(
            on_core(core, ["h2load", "-c16", "-m32", f"-D{seconds}", f"https://127.0.0.1:{port}/"]),
            capture_output=True, text=True, check=True).stdout
        done = int(re.search(r"(\d+) 2xx", text).group(1))
        failed, errored = re.search(r"(\d+) failed, (\d+) errored", text).groups()
        bad = f"{failed} failed, {errored} errored" if int(failed) + int(errored) else None
        if "Application protocol: h2" not in text:
            bad = "did not speak HTTP/2"
        return done, bad


class LoadFailed(Exception):
    pass


def cost_us(pid, load, port, seconds, core):
    """Microseconds of the proxy per request, under this load."""
    before = cpu_ns(pid)
    done, bad = load.run(port, seconds, core)
    spent = cpu_ns(pid) - before
    if bad or not done:
        raise LoadFailed(bad or "no request was answered")
    return spent / 1000 / done
