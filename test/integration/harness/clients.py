# SPDX-License-Identifier: Apache-2.0
"""Clients that others wrote, and one that sends bytes as they are."""
import dataclasses
import json
import socket
import subprocess


@dataclasses.dataclass
class Answer:
    status: int
    version: str
    headers: list  # of (lower-case name, value), in order
    body: bytes

    def header(self, name):
        """The field's value, or None. Asserts that there are not two."""
        values = [v for n, v in self.headers if n == name.lower()]
        assert len(values) <= 1, f"{name} stands {len(values)} times: {values}"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)


class CurlFailed(AssertionError):
    def __init__(self, code, text):
        super().__init__(f"curl exit code {code}: {text}")
        self.code = code


def curl(url, *args, method=None, headers=(), host=None, data=None, seconds=20,
         prefix=()):
    """One request with curl; `args` are more of its options, `prefix` a command to run it by."""
    command = [*prefix, "curl", "-sS", "--noproxy", "*", "-D", "/dev/stderr", "--max-time", str(seconds)]
    if method == "HEAD":
        command.append("--head")
    elif method:
        command += ["-X", method]
    if host:
        command += ["-H", "Host: " + host]
    for field in headers:
        command += ["-H", field]
    if data is not None:
        command += ["--data-binary", "@-"]
    done = subprocess.run([*command, *args, url], input=data, capture_output=True)
    text = done.stderr.decode("latin-1")
    if done.returncode != 0:
        raise CurlFailed(done.returncode, text)
    heads = [b for b in text.split("\r\n\r\n") if b.startswith("HTTP/")]
    # Interim answers and trailers come in blocks of their own.
    final = [b for b in heads if not b.split(" ", 2)[1].startswith("1")][-1]
    first, *lines = final.split("\r\n")
    version, status = first.split(" ")[:2]
    fields = []
    for line in lines:
        name, _, value = line.partition(":")
        fields.append((name.strip().lower(), value.strip()))
    body = b"" if method == "HEAD" else done.stdout
    return Answer(int(status), version, fields, body)


class RawConnection:
    """A TCP connection to the gateway; sends exactly what it is given."""

    def __init__(self, port, seconds=20, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(seconds)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self._seen = b""

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        piece = self.socket.recv(65536)
        self._seen += piece
        return bool(piece)

    def read_until(self, mark):
        while mark not in self._seen:
            if not self._more():
                raise ConnectionError(f"closed before {mark!r}; got {self._seen!r}")
        at = self._seen.index(mark) + len(mark)
        out, self._seen = self._seen[:at], self._seen[at:]
        return out

    def read_bytes(self, count):
        while len(self._seen) < count:
            if not self._more():
                raise ConnectionError(f"closed after {len(self._seen)} of {count} bytes")
        out, self._seen = self._seen[:count], self._seen[count:]
        return out

    def read_answer(self, head_only=False):
        """One response with a content-length or in chunks. Trailers join the fields."""
        first, *lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
        version, status = first.split(" ")[:2]
        fields = []
        for line in lines:
            name, _, value = line.partition(":")
            fields.append((name.lower(), value.strip()))
        answer = Answer(int(status), version, fields, b"")
        if head_only or answer.status < 200 or answer.status in (204, 304):
            return answer
        if answer.header("transfer-encoding") == "chunked":
            while True:
                size = int(self.read_until(b"\r\n").split(b";")[0], 16)
                if size == 0:
                    break
                answer.body += self.read_bytes(size)
                assert self.read_bytes(2) == b"\r\n"
            while (line := self.read_until(b"\r\n")) != b"\r\n":
                name, _, value = line.decode("latin-1").partition(":")
                fields.append((name.lower(), value.strip()))
        else:
            answer.body = self.read_bytes(int(answer.header("content-length") or 0))
        return answer

    def closed_by_peer(self):
        """Waits for the end of the stream; false if bytes come instead."""
        if self._seen:
            return False
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def raw(port, data):
    """Sends bytes on a new connection, and reads all until the proxy closes it."""
    with RawConnection(port) as connection:
        connection.send(data)
        return connection.read_answer(), connection.closed_by_peer()
