# SPDX-License-Identifier: Apache-2.0
"""What connectconformance starts as the server under test: its reference server behind our proxy.

It speaks the suite's protocol: a length-prefixed ServerCompatRequest on standard input, a
ServerCompatResponse on standard output, then it runs until SIGTERM. The messages are small enough to
be read by hand.
"""
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile

from proxy import SuiteProxy

# Field numbers.
PROTOCOL, HTTP_VERSION, USE_TLS, CLIENT_CERT, RECEIVE_LIMIT, SERVER_CREDS = 1, 2, 4, 5, 6, 7
CERT, KEY = 1, 2
HOST, PORT, PEM_CERT = 1, 2, 3
HTTP_2 = 2


def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def read_message(data):
    fields, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        if tag & 7 == 0:
            fields[tag >> 3], at = read_varint(data, at)
        elif tag & 7 == 2:
            size, at = read_varint(data, at)
            fields[tag >> 3] = data[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {tag & 7}")
    return fields


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def receive(stream):
    (size,) = struct.unpack(">I", stream.read(4))
    return read_message(stream.read(size))


def send(stream, message):
    stream.write(struct.pack(">I", len(message)) + message)
    stream.flush()


def main():
    # Before there is a server to leave behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    request = receive(sys.stdin.buffer)
    http2 = request.get(HTTP_VERSION, 1) == HTTP_2
    # The reference server gets the same request without TLS: that is the proxy's part.
    behind = field(PROTOCOL, request.get(PROTOCOL, 1)) + field(HTTP_VERSION,
                                                              request.get(HTTP_VERSION, 1))
    if request.get(RECEIVE_LIMIT):
        behind += field(RECEIVE_LIMIT, request[RECEIVE_LIMIT])
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=sys.stderr)
    try:
        send(server.stdin, behind)
        upstream_port = receive(server.stdout)[PORT]
        with tempfile.TemporaryDirectory(prefix="sluice-conformance-") as name:
            folder, more, creds = pathlib.Path(name), {}, {}
            if request.get(USE_TLS):
                creds = read_message(request[SERVER_CREDS])
                for file, value in (("cert", creds[CERT]), ("key", creds[KEY]),
                                    ("ca", request.get(CLIENT_CERT, b""))):
                    (folder / file).write_bytes(value)
                more = {"tls": (folder / "cert", folder / "key"),
                        "alpn": ["h2" if http2 else "http/1.1"],
                        "client_ca": folder / "ca" if request.get(CLIENT_CERT) else None}
            with SuiteProxy(folder, upstream_port, http2, sys.stderr, **more) as proxy:
                answer = field(HOST, b"127.0.0.1") + field(PORT, proxy.port)
                if creds:
                    answer += field(PEM_CERT, creds[CERT])
                send(sys.stdout.buffer, answer)
                server.wait()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
