# SPDX-License-Identifier: Apache-2.0
"""Constant requests in the background, and what became of them."""
import http.client
import re
import subprocess
import threading

from harness.wait import until


class SteadyClient:
    """Requests one after the other on one keep-alive connection, until stopped.

    `answers` holds (status, body) in order; `failures` what went wrong. A connection that the
    gateway ends with "connection: close" is made anew, and counted in `reconnects`.
    """

    def __init__(self, port, host, path="/", connections=1):
        self._where = (port, host, path)
        self._stop = threading.Event()
        self.answers = []
        self.failures = []
        self.reconnects = 0
        self._threads = [threading.Thread(target=self._run) for _ in range(connections)]

    def _run(self):
        port, host, path = self._where
        connection = None
        while not self._stop.is_set():
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                connection.request("GET", path, headers={"Host": host})
                answer = connection.getresponse()
                self.answers.append((answer.status, answer.read()))
                if answer.getheader("connection") == "close":
                    self.reconnects += 1
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection = None

    def until_answers(self, more):
        goal = len(self.answers) + more
        until(f"{more} more answers", lambda: len(self.answers) >= goal or self.failures)

    def statuses(self):
        return {status for status, _ in self.answers}

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


class H2Load:
    """nghttp2's h2load in the background over HTTP/2, for a number of requests.

    A context manager: at its end it is killed if it still runs.
    """

    def __init__(self, url, host, requests, clients=2, streams=8):
        self._child = subprocess.Popen(
            ["h2load", "-n", str(requests), "-c", str(clients), "-m", str(streams),
             "-H", f":authority: {host}", url],
            stdout=subprocess.PIPE,
            text=True,
        )

    def result(self, seconds=120):
        """(succeeded, failed): failed are those without a 2xx or 3xx."""
        text, _ = self._child.communicate(timeout=seconds)
        found = re.search(
            r"requests: (\d+) total, \d+ started, \d+ done, (\d+) succeeded, (\d+) failed, "
            r"(\d+) errored", text)
        assert found, text
        by_code = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx", text)
        good = int(by_code.group(1)) + int(by_code.group(2))
        return good, int(found.group(1)) - good

    def running(self):
        return self._child.poll() is None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running():
            self._child.kill()
        self._child.communicate()
