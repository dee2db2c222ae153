# SPDX-License-Identifier: Apache-2.0
"""The reason in an answer of our own is the one in the access log, whoever in the proxy gave it."""
import json
import subprocess

import pytest

from harness import objects

HOST = b"Host: a.test\r\n"

# name -> (request, status, reason, flags)
CASES = {
    "codec": (b"GET / HTTP/1.1\r\nHost : a.test\r\n\r\n", 400, "space-before-colon", "DPE"),
    "version": (b"GET / HTTP/2.5\r\n" + HOST + b"\r\n", 505, "unsupported-version", "DPE"),
    "target": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414, "uri-too-long",
               "DPE"),
    "fields": (b"GET / HTTP/1.1\r\n" + HOST + b"x: 1\r\n" * 60 + b"\r\n", 431, "too-many-fields",
               "DPE"),
    "header time": (b"GET / HTTP/1.1\r\n" + HOST, 408, "header-timeout", "DPE"),
    "request time": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nx", 408,
                     "request-timeout", "-"),
    "body": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9999\r\n\r\nx", 413,
             "request-body-too-large", "-"),
}


@pytest.fixture
def strict(stack):
    stack.control.apply_live(objects.policy(
        "ClientPolicy", "limits", "Gateway", stack.name,
        headers={"maxSize": "8Ki", "maxCount": 50}, body={"maxSize": "1Ki"},
        timeouts={"requestHeader": "200ms", "request": "200ms"}))
    return stack


def test_the_answer_and_the_log_give_the_same_reason(strict):
    for name, (request, status, reason, flags) in CASES.items():
        with strict.connect() as connection:
            connection.send(request)
            answer = connection.read_answer()
        assert answer.status == status, name
        assert answer.header("content-type") == "application/problem+json"
        told = answer.json()
        assert (told["status"], told["reason"]) == (status, reason), name
        line = strict.logged(code=status, details=reason)
        assert line["flags"] == flags, name


def test_over_http2_too(strict):
    done = subprocess.run(
        ["curl", "-sS", "--http2-prior-knowledge", "-H", "Host: a.test", "-H", "x: " + "y" * 9000,
         f"http://127.0.0.1:{strict.port}/"], capture_output=True, timeout=30)
    told = json.loads(done.stdout)
    assert told["status"] == 431
    line = strict.logged(code=431)
    assert line["details"] == told["reason"]
