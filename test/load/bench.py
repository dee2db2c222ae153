# SPDX-License-Identifier: Apache-2.0
"""Measures Sluice beside its peers; see README.md. Run by tools/bench."""
import argparse
import dataclasses
import pathlib
import socket
import statistics
import sys
import tempfile
import time

from measure import H2Load, Wrk, cores, cost_us, resident_kib
from peers import PROXIES, Upstream, make_certificate


@dataclasses.dataclass
class Row:
    name: str
    load: object
    bar_of: str  # the peer that sets the bar
    bar_factor: float


QUICK = [Row("h1", Wrk(), "envoy", 0.5), Row("h2tls", H2Load(), "envoy", 0.5)]
START_KIB = 16 * 1024
IDLE_KIB = 2.0
IDLE_COUNT = 2000


def measure_rows(rows, proxies, rounds, seconds, load_core):
    """{(row, proxy): [microseconds, one a round]}; each round asks every proxy once a row."""
    out = {}
    for number in range(rounds + 1):
        for row in rows:
            for proxy in proxies:
                port = proxy.tls_port if row.load.scheme == "https" else proxy.plain_port
                # Round 0 warms up: connections, caches, branch predictors.
                length = seconds if number else 1
                cost = cost_us(proxy.pid, row.load, port, length, load_core)
                if number:
                    out.setdefault((row.name, proxy.name), []).append(cost)
        print(f"  round {number} of {rounds}" + ("" if number else " (warm-up)"),
              file=sys.stderr, flush=True)
    return out


def idle_kib(proxy):
    """KiB per connection that has had one request and waits."""
    ask = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    def one():
        connection = socket.create_connection(("127.0.0.1", proxy.plain_port))
        connection.sendall(ask)
        head = b""
        while b"x" * 256 not in head:
            piece = connection.recv(4096)
            if not piece:
                raise ConnectionError("closed")
            head += piece
        return connection

    kept = [one() for _ in range(8)]
    before = resident_kib(proxy.pid)
    kept += [one() for _ in range(IDLE_COUNT)]
    grown = resident_kib(proxy.pid) - before
    for connection in kept:
        connection.close()
    return grown / IDLE_COUNT


def print_table(rows, proxies, costs, memory):
    names = [p.name for p in proxies]
    print(f"{'row':8}{'load':20}" + "".join(f"{n:>10}" for n in names) + "   bar for sluice")
    missed = []
    for row in rows:
        medians = {n: statistics.median(costs[row.name, n]) for n in names}
        line = f"{row.name:8}{row.load.name:20}" + "".join(f"{medians[n]:10.1f}" for n in names)
        if "sluice" in medians and row.bar_of in medians:
            bar = row.bar_factor * medians[row.bar_of]
            good = medians["sluice"] <= bar
            line += f"   {bar:.1f} ({row.bar_factor:g} x {row.bar_of}): " + verdict(good)
            if not good:
                missed.append(f"{row.name}: {medians['sluice']:.1f} us a request, bar {bar:.1f}")
        print(line)
    print("         (microseconds of processor time a request; median of the rounds)")
    for what, bar, unit in (("start", START_KIB / 1024, "MiB"), ("idle", IDLE_KIB, "KiB")):
        line = f"{what:8}{'resident, ' + unit:20}" + "".join(
            f"{memory[what][n]:10.1f}" for n in names)
        if "sluice" in names:
            good = memory[what]["sluice"] <= bar
            line += f"   {bar:g}: " + verdict(good)
            if not good:
                missed.append(f"{what}: {memory[what]['sluice']:.1f} {unit}, bar {bar:g}")
        print(line)
    print("         (resident memory at the start; per idle plain connection)")
    return missed


def verdict(good):
    return "ok" if good else "MISSED"


def main():
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("suite", choices=["quick"], help="quick: H1, and H2 over TLS, kept alive")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="load per proxy, row and round")
    parser.add_argument("--proxies", default=",".join(PROXIES), help="default: %(default)s")
    args = parser.parse_args()
    kinds = args.proxies.split(",")
    if unknown := set(kinds) - set(PROXIES):
        parser.error(f"no such proxy: {', '.join(unknown)}; there are {', '.join(PROXIES)}")

    proxy_core, load_core = cores()
    if proxy_core == load_core:
        sys.exit("bench: needs two cores, one for the proxy and one for the load")
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # nginx's worker is nobody
        tls = make_certificate(folder)
        upstream = Upstream(folder, load_core)
        proxies = []
        try:
            upstream.start()
            memory = {"start": {}, "idle": {}}
            for kind in kinds:
                proxy = PROXIES[kind](folder, proxy_core, upstream.port, tls)
                proxies.append(proxy)
                proxy.start()
                time.sleep(0.5)  # whatever it still does after it listens
                memory["start"][kind] = resident_kib(proxy.pid) / 1024
                memory["idle"][kind] = idle_kib(proxy)
            costs = measure_rows(QUICK, proxies, args.rounds, args.seconds, load_core)
        finally:
            for server in (*proxies, upstream):
                server.stop()
    missed = print_table(QUICK, proxies, costs, memory)
    for line in missed:
        print("bar missed: " + line)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
