# SPDX-License-Identifier: Apache-2.0
"""Runs others' suites against sluice-proxy and writes one JUnit report. Run by tools/suites."""
import argparse
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

from proxy import BIN, SuiteProxy, await_port, free_port

HERE = pathlib.Path(__file__).resolve().parent
INTEROP_CASES = """
empty_unary large_unary client_streaming server_streaming ping_pong empty_stream
cancel_after_begin cancel_after_first_response timeout_on_sleeping_server
status_code_and_message special_status_message custom_metadata unimplemented_method
unimplemented_service
""".split()
# In the clear the port speaks HTTP/1.1 too: what does not begin like HTTP/2 gets a 400.
PLAIN_EXCEPTIONS = ("invalid connection preface",)


class Report:
    def __init__(self):
        self._suite = ET.Element("testsuite", name="suites")
        self.passed = self.failed = 0

    def case(self, suite, name, problem=None):
        case = ET.SubElement(self._suite, "testcase", classname=suite, name=name)
        if problem is None:
            self.passed += 1
            return
        self.failed += 1
        printable = re.sub(r"[^\x20-\x7e\n]", "?", problem)
        ET.SubElement(case, "failure", message=printable[:2000])
        print(f"FAILED {suite}: {name}: {problem[:300]}", flush=True)

    def write(self, path):
        ET.ElementTree(self._suite).write(path)


class Runner:
    def __init__(self, tools, folder, report):
        self._tools = pathlib.Path(tools)
        self._folder = pathlib.Path(folder)
        self._report = report
        self._log = open(self._folder / "log", "wb")
        self._tls = self._certificate()

    def _certificate(self):
        pair = self._folder / "cert.pem", self._folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
             "-nodes", "-out", str(pair[0]), "-keyout", str(pair[1]), "-days", "2", "-subj",
             "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
            check=True, capture_output=True)
        return pair

    def _start(self, command, port):
        child = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL,
                                 stdout=self._log, stderr=self._log)
        try:
            await_port(port, child)
        except RuntimeError:
            child.kill()
            child.wait()
            raise
        return child

    def h2spec(self):
        port = free_port()
        upstream = self._start([BIN / "demo-upstream", "--listen", f"127.0.0.1:{port}"], port)
        try:
            for name, more in (("tls", {"tls": self._tls}), ("plain", {})):
                with SuiteProxy(self._folder, port, False, self._log, **more) as proxy:
                    self._h2spec_once(name, proxy.port)
        finally:
            upstream.terminate()
            upstream.wait()

    def _h2spec_once(self, name, port):
        out = self._folder / f"h2spec-{name}.xml"
        command = [self._tools / "h2spec", "-S", "-h", "127.0.0.1", "-p", port, "--timeout", 3,
                   "-j", out]
        if name == "tls":
            command += ["-t", "-k"]
        out.unlink(missing_ok=True)
        subprocess.run(list(map(str, command)), stdout=self._log, stderr=self._log, timeout=900)
        # Its report quotes frames as they came, bytes that XML forbids included.
        text = re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", b"?", out.read_bytes())
        cases = list(ET.fromstring(text.decode(errors="replace")).iter("testcase"))
        if not cases:
            self._report.case("h2spec-" + name, "run", "its report holds no case")
        for case in cases:
            label = f"{case.get('package')} {case.get('classname')}"
            bad = case.find("failure")
            bad = case.find("error") if bad is None else bad
            if bad is not None and name == "plain" and any(
                    e in label.lower() for e in PLAIN_EXCEPTIONS):
                continue
            self._report.case("h2spec-" + name, label,
                              None if bad is None else "".join(bad.itertext()) or "failed")

    def interop(self):
        port = free_port()
        server = self._start([self._tools / "interop-server", "-port", port], port)
        try:
            for name, more in (("plain", {}), ("tls", {"tls": self._tls})):
                with SuiteProxy(self._folder, port, True, self._log, **more) as proxy:
                    for case in INTEROP_CASES:
                        self._interop_once(name, proxy.port, case)
        finally:
            server.terminate()
            server.wait()

    def _interop_once(self, name, port, case):
        command = [self._tools / "interop-client", "-server_host", "127.0.0.1", "-server_port",
                   port, "-test_case", case]
        if name == "tls":
            command += ["-use_tls=true", "-use_test_ca=true", "-ca_file", self._tls[0],
                        "-server_host_override", "localhost"]
        else:
            command += ["-use_tls=false"]
        try:
            done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                                  timeout=60)
            problem = None if done.returncode == 0 else done.stderr[-500:] or "failed"
        except subprocess.TimeoutExpired:
            problem = "not within 60 s"
        self._report.case("interop-" + name, case, problem)

    def connect(self):
        done = subprocess.run(
            [str(self._tools / "connectconformance"), "--mode", "server", "--conf",
             str(HERE / "conformance.yaml"), "--max-servers", "2", "--parallel", "4", "--",
             sys.executable, str(HERE / "conformance_server.py"),
             str(self._tools / "referenceserver")],
            capture_output=True, text=True, timeout=1800)
        text = done.stdout + done.stderr
        found = re.search(r"(\d+) passed, (\d+) failed", text)
        if not found or int(found.group(1)) + int(found.group(2)) == 0:
            self._report.case("connectconformance", "run", text[-1500:] or "no result")
            return
        for number in range(int(found.group(1))):
            self._report.case("connectconformance", f"case {number}")
        failures = re.findall(r"(?m)^FAILED: (.*)", text)
        failures += ["unnamed"] * (int(found.group(2)) - len(failures))
        for failure in failures[:int(found.group(2))]:
            self._report.case("connectconformance", failure, "failed")


def main():
    suites = ["h2spec", "interop", "connect"]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", required=True, help="folder with the suites' programs")
    parser.add_argument("--junit", required=True, help="file for the report")
    parser.add_argument("suites", nargs="*", default=suites)
    args = parser.parse_args()
    if unknown := set(args.suites) - set(suites):
        parser.error(f"no such suite: {', '.join(unknown)}; there are {', '.join(suites)}")
    # As the first process of its namespace it would not hear of the signal else.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    report = Report()
    with tempfile.TemporaryDirectory(prefix="sluice-suites-") as folder:
        runner = Runner(args.tools, folder, report)
        for suite in args.suites:
            before = report.passed, report.failed
            getattr(runner, suite)()
            print(f"{suite}: {report.passed - before[0]} passed, {report.failed - before[1]} failed",
                  flush=True)
    report.write(args.junit)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
