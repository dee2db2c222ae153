# SPDX-License-Identifier: Apache-2.0
"""Servers behind the gateway: our demo program, and a scripted one that can misbehave."""
import re
import socket
import ssl
import threading

from harness.process import Process, program


class DemoUpstream(Process):
    """bin/demo-upstream on a free port; see tools/demo."""

    def __init__(self, folder, name, port=0):
        self.port = port
        super().__init__(
            "upstream-" + name,
            [program("demo-upstream"), "--listen", f"127.0.0.1:{port}", "--name", name],
            folder,
        )
        self.port = int(self.started("the upstream's port", self._said).group(1))

    def _said(self):
        return re.search(r"listening on \S+:(\d+)", self.log())


class ScriptedUpstream:
    """Answers each request with what `answer(head, body)` returns: bytes, sent as they are.

    It records every request in `requests` as (head, body). An answer of None closes the connection
    without a word. `keep_alive=False` closes it after each answer.
    """

    def __init__(self, answer, keep_alive=True, tls=None):
        self._answer = answer
        self._keep_alive = keep_alive
        self._tls = None
        if tls:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(*map(str, tls))
        self.requests = []
        self.connections = 0
        self._open = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(peer)
                self.connections += 1
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        try:
            if self._tls:
                peer = self._tls.wrap_socket(peer, server_side=True)
            self._exchange_all(peer)
        except (OSError, ValueError):
            pass
        finally:
            peer.close()

    def _exchange_all(self, peer):
        seen = b""
        while True:
            while b"\r\n\r\n" not in seen:
                piece = peer.recv(65536)
                if not piece:
                    return
                seen += piece
            head, _, seen = seen.partition(b"\r\n\r\n")
            body, seen = self._body(peer, head, seen)
            with self._lock:
                self.requests.append((head, body))
            answer = self._answer(head, body)
            if answer is None:
                return
            if callable(answer):
                answer(peer)
            else:
                peer.sendall(answer)
            if not self._keep_alive:
                return

    def _body(self, peer, head, seen):
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        if re.search(rb"(?im)^transfer-encoding: *chunked", head):
            # As it came, with sizes and trailers: whoever looks wants to see the framing.
            while not re.search(rb"(?s)(?:^|\r\n)0+\r\n(?:[^\r\n]+\r\n)*\r\n$", seen):
                piece = peer.recv(65536)
                if not piece:
                    raise ValueError("cut off")
                seen += piece
            return seen, b""
        want = int(length.group(1)) if length else 0
        while len(seen) < want:
            piece = peer.recv(65536)
            if not piece:
                raise ValueError("cut off")
            seen += piece
        return seen[:want], seen[want:]

    def count(self):
        with self._lock:
            return len(self.requests)

    def close(self):
        self._listener.close()
        with self._lock:
            for peer in self._open:
                try:
                    peer.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ok(body=b"ok", *fields):
    """A plain 200."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n" % len(body)
    return head + b"".join(f.encode() + b"\r\n" for f in fields) + b"\r\n" + body
