# SPDX-License-Identifier: Apache-2.0
"""What `explain` says of a request is what the proxy does with it, for many requests drawn at random.

The seed is fixed, so that a failure can be seen again; its message holds the whole case.
"""
import concurrent.futures
import json
import random

import pytest

from harness import objects
from harness.clients import RawConnection
from harness.gateway import Stack
from harness.objects import rule

REQUESTS = 200
HOSTS = ["a.test", "b.a.test", "*.a.test", "*.b.a.test", "c.test"]
SEGMENTS = ["x", "y", "xy", "X", "x.y"]
ODD_SEGMENTS = ["..", ".", "", "%2e", "%78", "%zz"]
METHODS = ["GET", "POST", "PUT", "DELETE"]
HEADERS = ["x-one", "x-two"]
PATTERNS = ["/x.*", "/(x|y)/.*", "/[a-z]+", ".*y"]


def random_path(dice, odd=False):
    pieces = [dice.choice(SEGMENTS) for _ in range(dice.randint(0, 3))]
    if odd and dice.random() < 0.4:
        pieces.insert(dice.randint(0, len(pieces)), dice.choice(ODD_SEGMENTS))
    path = "/" + "/".join(pieces)
    return path + "/" if pieces and dice.random() < 0.2 else path


def random_match(dice):
    match = {}
    kind = dice.choice(["Exact", "PathPrefix", "PathPrefix", "RegularExpression", None])
    if kind == "RegularExpression":
        match["path"] = {"type": kind, "value": dice.choice(PATTERNS)}
    elif kind:
        path = random_path(dice)
        match["path"] = {"type": kind, "value": path.rstrip("/") or "/"}
    if dice.random() < 0.3:
        match["method"] = dice.choice(METHODS)
    if dice.random() < 0.3:
        match["headers"] = [
            {"name": name, "value": dice.choice(["1", "2"])}
            for name in dice.sample(HEADERS, dice.randint(1, 2))]
    if dice.random() < 0.2:
        match["queryParams"] = [{"name": "q", "value": dice.choice(["1", "2"])}]
    return match


def random_routes(dice, gateway):
    """Routes of which each rule signs its answers."""
    out = []
    for n in range(12):
        rules = []
        for place in range(dice.randint(1, 4)):
            mark = {"type": "ResponseHeaderModifier", "responseHeaderModifier": {
                "set": [{"name": "x-rule", "value": f"r{n}/{place}"}]}}
            matches = [random_match(dice) for _ in range(dice.randint(1, 3))]
            rules.append(rule("blue", matches=matches, filters=[mark]))
        hosts = dice.sample(HOSTS, dice.randint(1, 2)) if dice.random() < 0.7 else None
        out.append(objects.route(f"r{n}", gateway, rules, hosts))
    return out


def random_request(dice):
    path = random_path(dice, odd=True)
    if dice.random() < 0.4:
        path += dice.choice(["?q=1", "?q=2", "?q=1&q=2", "?a=b", "?"])
    host = dice.choice(
        ["a.test", "b.a.test", "z.a.test", "y.b.a.test", "c.test", "d.test", "A.Test"])
    fields = [(name, dice.choice(["1", "2", "3"])) for name in HEADERS if dice.random() < 0.5]
    return dice.choice(METHODS), host, path, fields


def real_rule(stack, method, host, path, fields):
    """The rule that signed the answer, or the status of an answer of the proxy's own."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields)
    with RawConnection(stack.port) as connection:
        connection.send(head.encode() + b"\r\n")
        answer = connection.read_answer()
    return answer.header("x-rule") or answer.status


def explained_rule(stack, method, host, path, fields):
    args = [arg for name, value in fields for arg in ("-H", f"{name}: {value}")]
    told = json.loads(stack.control.ctl(
        "explain", method, f"http://{host}:{stack.port}{path}", *args, "-o", "json",
        check=False).stdout)
    if not told["found"]:
        return None
    _, _, name, _, place, *_ = told["route"].split("/")
    return f"{name}/{place}"


@pytest.fixture
def crossroads(tmp_path, blue):
    dice = random.Random(4)
    with Stack(tmp_path, objects.backend("blue", blue.port)) as stack:
        stack.control.apply_live(*random_routes(dice, stack.name))
        yield stack


def test_explain_and_the_proxy_agree_on_random_requests(crossroads):
    dice = random.Random(5)
    requests = [random_request(dice) for _ in range(REQUESTS)]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        explained = list(pool.map(lambda r: explained_rule(crossroads, *r), requests))
    served = [real_rule(crossroads, *r) for r in requests]
    for request, said, done in zip(requests, explained, served):
        assert said == done or (said is None and done in (400, 404)), (request, said, done)
    # The draw is worth something: many rules won, and some requests found none.
    assert len({done for done in served if isinstance(done, str)}) > 10
    assert 404 in served
