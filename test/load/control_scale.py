# SPDX-License-Identifier: Apache-2.0
"""How the control plane's cost grows: start, one endpoint changed, one route changed.

    test/load/control_scale.py [--services 10000] [--rules 100000] [--changes 20] [--proxy]

Fills an SQLite registry, starts sluice-control on it anew, and changes one thing at a time. Prints
time until the apply is answered (its effect is then in the snapshot), processor time of all threads
of sluice-control, and resident memory. With --proxy one sluice-proxy is connected and a change is
measured until it is live. Not part of any gate; wants bin/ built.
"""
import argparse
import pathlib
import re
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

from harness import objects  # noqa: E402
from harness.clients import curl  # noqa: E402
from harness.gateway import Control, Proxy, sluicectl  # noqa: E402
from harness.ports import free_port  # noqa: E402

RULES_PER_ROUTE = 16  # Gateway API's limit
CHUNK = 2000  # objects an apply


def service(i):
    return (f"apiVersion: v1\nkind: Service\nmetadata: {{name: s{i}}}\n"
            "spec: {ports: [{port: 80}]}\n")


def endpoints(i, port=8080):
    return (f"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
            f"metadata: {{name: s{i}-1, labels: {{kubernetes.io/service-name: s{i}}}}}\n"
            f"addressType: IPv4\nports: [{{port: {port}}}]\n"
            f"endpoints: [{{addresses: [10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}]}}]\n")


def route(i, services, rules=RULES_PER_ROUTE, prefix="p"):
    text = (f"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: r{i}}}\n"
            f"spec:\n  parentRefs: [{{name: edge}}]\n  hostnames: [h{i}.example]\n  rules:\n")
    for k in range(rules):
        backend = (i * RULES_PER_ROUTE + k) % services
        text += (f"  - matches: [{{path: {{value: /{prefix}{k}}}}}]\n"
                 f"    backendRefs: [{{name: s{backend}, port: 80}}]\n")
    return text


def apply(control, documents):
    answer = curl(f"http://127.0.0.1:{control.ports['rest']}/apply", data="---\n".join(
        documents).encode(), headers=["Content-Type: application/yaml", "Expect:"], seconds=600)
    assert answer.status == 200, answer.body[:2000]


def fill(control, services, rules):
    apply(control, [objects.to_yaml(objects.gateway_class()),
                    objects.to_yaml(objects.gateway("edge", [objects.http_listener(free_port())]))])
    documents = [make(i) for i in range(services) for make in (service, endpoints)]
    documents += [route(i, services) for i in range(rules // RULES_PER_ROUTE)]
    for at in range(0, len(documents), CHUNK):
        apply(control, documents[at:at + CHUNK])


def cpu_s(pid):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def measure(control, what, changes, make, live):
    walls, before = [], cpu_s(control.pid)
    for n in range(changes):
        began = time.monotonic()
        if live:
            told = sluicectl("--server", f"127.0.0.1:{control.ports['api']}", "apply", "-f", "-",
                             "--wait", text=make(n))
            walls.append(float(re.search(r"after ([\d.]+) ms\n$", told.stdout).group(1)))
        else:
            apply(control, [make(n)])
            walls.append((time.monotonic() - began) * 1e3)
    cpu = (cpu_s(control.pid) - before) / changes * 1e3
    print(f"{what:28} median {statistics.median(walls):8.1f} ms   worst {max(walls):8.1f} ms   "
          f"cpu {cpu:8.1f} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--services", type=int, default=10_000)
    parser.add_argument("--rules", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--proxy", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with Control(folder) as control:
            began = time.monotonic()
            fill(control, options.services, options.rules)
            print(f"filled in {time.monotonic() - began:.1f} s, cpu {cpu_s(control.pid):.1f} s, "
                  f"{control.resident_kib() // 1024} MiB")
        began = time.monotonic()
        with Control(folder, data_dir=control.data_dir, wait=False) as control:
            for port in control.ports.values():
                control.until("a port", lambda p=port: not curl_refused(p), seconds=600)
            print(f"{'start':28} {time.monotonic() - began:.2f} s, cpu {cpu_s(control.pid):.2f} s, "
                  f"{control.resident_kib() // 1024} MiB")
            if options.proxy:
                with Proxy(folder, control.ports["xds"], wait=False) as proxy:
                    proxy.until("ready", proxy.is_ready, seconds=600)
                    run(control, options, live=True)
            else:
                run(control, options, live=False)
            print(f"{'at the end':28} {control.resident_kib() // 1024} MiB")


def curl_refused(port):
    import socket
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


def run(control, options, live):
    measure(control, "one endpoint", options.changes, lambda n: endpoints(7, 9000 + n), live)
    measure(control, "one route", options.changes,
            lambda n: route(7, options.services, prefix=f"q{n}-"), live)
    # Nothing depends on it.
    measure(control, "one service of nobody", options.changes,
            lambda n: f"apiVersion: v1\nkind: Service\nmetadata: {{name: lone}}\n"
                      f"spec: {{ports: [{{port: {1000 + n}}}]}}\n", False)


if __name__ == "__main__":
    main()
