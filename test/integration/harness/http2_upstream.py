# SPDX-License-Identifier: Apache-2.0
"""A cleartext HTTP/2 server made of the h2 library, which others wrote."""
import dataclasses
import socket
import threading

import h2.config
import h2.connection
import h2.events


@dataclasses.dataclass
class Request:
    fields: dict
    body: bytes = b""
    trailers: dict = dataclasses.field(default_factory=dict)


class Http2Upstream:
    """Answers each request with 200, `body` and `trailers`; keeps what came in `requests`."""

    def __init__(self, body=b"ok", trailers=()):
        self._answer = (body, list(trailers))
        self.requests = []
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(peer)
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        session = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        session.initiate_connection()
        streams = {}
        try:
            peer.sendall(session.data_to_send())
            while data := peer.recv(65536):
                for event in session.receive_data(data):
                    self._take(session, streams, event)
                peer.sendall(session.data_to_send())
        except OSError:
            pass
        finally:
            peer.close()

    def _take(self, session, streams, event):
        if isinstance(event, h2.events.RequestReceived):
            streams[event.stream_id] = Request(dict(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            streams[event.stream_id].body += event.data
            session.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            streams[event.stream_id].trailers = dict(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            self.requests.append(streams.pop(event.stream_id))
            body, trailers = self._answer
            session.send_headers(event.stream_id, [(":status", "200")])
            session.send_data(event.stream_id, body, end_stream=not trailers)
            if trailers:
                session.send_headers(event.stream_id, trailers, end_stream=True)

    def close(self):
        self._listener.close()
        for peer in self._open:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
