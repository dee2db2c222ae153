# SPDX-License-Identifier: Apache-2.0
"""Who may call, what they may do, how often: deploy/examples as they stand, on a gateway like the
quickstart's, and what happens when policies and consumers change."""
import hashlib
import json
import pathlib
import re

import pytest
import yaml

from harness import objects
from harness.gateway import Stack, sluicectl

EXAMPLES = pathlib.Path(__file__).parents[2] / "deploy" / "examples"
GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "access.md"
LOG = {
    "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "code": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "consumer": "%CONSUMER%",
    "method": "%IDENTITY_METHOD%",
    "subject": "%IDENTITY_SUBJECT%",
    "decisions": "%POLICY_DECISIONS%",
}
ALICE = "alice-3f9c1c0e6d0f4d8bb1f3a7c2d95e8b61"
ALICE_OLD = "alice-8d0a52b7c4f94d1f9c1be6de23a7f5b0"
TOKEN = re.search(r"TOKEN=(\S+)", GUIDE.read_text()).group(1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory, blue, green):
    """The quickstart's objects on ports of our own."""
    folder = tmp_path_factory.mktemp("access")
    rules = [
        objects.rule("blue", matches=[objects.path_match("/blue")], name="blue"),
        objects.rule("green", matches=[objects.path_match("/green")], name="green"),
    ]
    with Stack(folder, objects.backend("blue", blue.port), objects.backend("green", green.port),
               objects.route("colors", "quickstart", rules), name="quickstart") as made:
        log = objects.file_log("quickstart", made.access_log)
        log["spec"]["accessLog"]["sinks"][0]["format"]["json"] = LOG
        made.control.apply_live(log)
        yield made


@pytest.fixture
def applied(stack):
    """Applies files or objects live; they are deleted after the test."""
    made = []

    def apply(*things):
        for thing in things:
            if isinstance(thing, str):
                path = EXAMPLES / thing
                made.extend(yaml.safe_load_all(path.read_text()))
                stack.control.ctl("apply", "-f", path, "--wait", "--strict")
            else:
                made.append(thing)
                stack.control.apply_live(thing)

    yield apply
    keys = {(thing["kind"], thing["metadata"]["name"]): thing for thing in made}
    stack.control.delete(*reversed(list(keys.values())))


def consumer(name, **spec):
    return objects.thing(objects.SLUICE, "Consumer", name, spec)


def auth(name, kind="HTTPRoute", target="colors", section=None, **spec):
    return objects.policy("AuthPolicy", name, kind, target, section=section, **spec)


def limit(name, kind="HTTPRoute", target="colors", section=None, **spec):
    return objects.policy("RateLimitPolicy", name, kind, target, section=section, **spec)


def by_key(name="x-api-key"):
    return {"name": "key", "type": "APIKey", "apiKey": {"from": [{"header": name}]}}


def with_key(key, name="x-api-key"):
    return [f"{name}: {key}"]


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def reason(answer):
    return answer.json()["reason"]


# ---- API keys -------------------------------------------------------------------------------------


def test_api_keys_example(stack, applied):
    applied("api-keys.yaml")
    since = len(stack.log_lines())
    assert stack.get("/blue/a", headers=with_key(ALICE)).status == 200
    logged = stack.logged(since, path="/blue/a")
    assert logged["consumer"] == "default/alice"
    assert logged["method"] == "key"
    assert "AuthPolicy/default/api-keys key allowed identified" in logged["decisions"]
    assert ALICE not in stack.access_log.read_text()

    missing = stack.get("/blue")
    assert missing.status == 401
    assert missing.header("content-type") == "application/problem+json"
    assert "ApiKey" in missing.header("www-authenticate")
    assert reason(missing) == "credential-missing"
    assert reason(stack.get("/blue", headers=with_key("no"))) == "api-key-unknown"
    # Both keys are good: one may be replaced while the other is in use.
    assert stack.get("/green", headers=with_key(ALICE_OLD)).status == 200
    # By query; the backend sees the rest of it, and not the key.
    answer = stack.get(f"/green?a=1&api_key={ALICE}&b=2")
    assert answer.status == 200
    assert answer.json()["path"] == "/green?a=1&b=2"


def test_a_key_is_taken_out_unless_it_is_to_go_on(stack, applied):
    applied(consumer("c", apiKeys=[{"name": "k", "sha256": sha256("secret-of-c")}]))
    applied(auth("keys", identify={"methods": [by_key()]}))
    seen = stack.get("/blue", headers=with_key("secret-of-c")).json()["headers"]
    assert "x-api-key" not in seen
    going_on = by_key()
    going_on["apiKey"]["forward"] = True
    applied(auth("keys", identify={"methods": [going_on]}))
    seen = stack.get("/blue", headers=with_key("secret-of-c")).json()["headers"]
    assert seen["x-api-key"] == "secret-of-c"


def test_a_consumer_comes_changes_and_goes_without_a_change_of_routes(stack, applied):
    applied(auth("keys", identify={"methods": [by_key()]}))
    assert stack.get("/blue", headers=with_key("one")).status == 401
    applied(consumer("c", apiKeys=[{"name": "k", "sha256": sha256("one")}]))
    assert stack.get("/blue", headers=with_key("one")).status == 200
    applied(consumer("c", apiKeys=[{"name": "k", "sha256": sha256("one")},
                                   {"name": "l", "sha256": sha256("two")}]))
    assert stack.get("/blue", headers=with_key("one")).status == 200
    assert stack.get("/blue", headers=with_key("two")).status == 200
    applied(consumer("c", apiKeys=[{"name": "l", "sha256": sha256("two")}]))
    assert reason(stack.get("/blue", headers=with_key("one"))) == "api-key-unknown"


def test_a_key_that_has_expired_is_no_longer_good(stack, applied):
    applied(consumer("c", apiKeys=[
        {"name": "k", "sha256": sha256("gone"), "expiresAt": "2020-01-01T00:00:00Z"}]))
    applied(auth("keys", identify={"methods": [by_key()]}))
    assert reason(stack.get("/blue", headers=with_key("gone"))) == "api-key-expired"


def test_hd_04_two_different_keys_are_refused(stack, applied):
    applied("api-keys.yaml")
    answer = stack.get("/blue", headers=with_key(ALICE) + with_key("another"))
    assert answer.status == 401
    assert reason(answer) == "credential-ambiguous"


def test_consumers_of_another_namespace_count_only_where_they_are_let(stack, applied):
    other = consumer("c", apiKeys=[{"name": "k", "sha256": sha256("from-afar")}])
    other["metadata"]["namespace"] = "elsewhere"
    stack.control.apply(other)
    try:
        applied(auth("keys", identify={"methods": [by_key()]}))
        assert stack.get("/blue", headers=with_key("from-afar")).status == 401
        applied(auth("keys", identify={"methods": [by_key()], "consumers": "All"}))
        assert stack.get("/blue", headers=with_key("from-afar")).status == 200
    finally:
        stack.control.ctl("delete", "Consumer", "c", "-n", "elsewhere")


# ---- Tokens ---------------------------------------------------------------------------------------


def test_jwt_example(stack, applied):
    applied("jwt.yaml")
    since = len(stack.log_lines())
    answer = stack.get("/blue/t", headers=[f"Authorization: Bearer {TOKEN}", "x-user: mallory"])
    assert answer.status == 200
    seen = answer.json()["headers"]
    assert seen["x-user"] == "alice"
    assert "authorization" not in seen
    assert stack.logged(since, path="/blue/t")["subject"] == "alice"
    assert TOKEN not in stack.access_log.read_text()

    missing = stack.get("/blue")
    assert missing.status == 401
    assert missing.header("www-authenticate").startswith("Bearer")
    broken = stack.get("/blue", headers=[f"Authorization: Bearer {TOKEN[:-8]}AAAAAAAA"])
    assert broken.status == 401
    assert 'error="invalid_token"' in broken.header("www-authenticate")
    assert reason(broken) == "jwt-signature-invalid"
    # HD-05: what we derive, a client may not claim.
    applied(auth("tokens", identify={"anonymous": True, "methods": jwt_of_example()}))
    assert "x-user" not in stack.get("/blue", headers=["x-user: mallory"]).json()["headers"]


def jwt_of_example():
    policy = [d for d in yaml.safe_load_all((EXAMPLES / "jwt.yaml").read_text())
              if d["kind"] == "AuthPolicy"][0]
    return policy["spec"]["identify"]["methods"]


def test_jw_01_a_token_without_signature_is_refused(stack, applied):
    applied("jwt.yaml")
    payload = TOKEN.split(".")[1]
    for head in ("eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"):  # none, HS256
        answer = stack.get("/blue", headers=[f"Authorization: Bearer {head}.{payload}."])
        assert answer.status == 401


def test_keys_that_are_not_there_let_nobody_in(stack, applied):
    lost = jwt_of_example()
    lost[0]["jwt"]["keys"] = {"ref": {"kind": "ConfigMap", "name": "not-there"}}
    stack.control.apply(auth("lost", identify={"methods": lost}), args=("--wait",))
    try:
        answer = stack.get("/blue", headers=[f"Authorization: Bearer {TOKEN}"])
        assert answer.status == 500
        assert reason(answer) == "policy-unusable"
        status = stack.control.get("AuthPolicy", "lost")["status"]
        assert "not-there" in json.dumps(status)
    finally:
        stack.control.ctl("delete", "AuthPolicy", "lost")


@pytest.mark.parametrize("path", ["/blue/x", "/blue/../blue/x", "/%62lue/x", "/blue/./x", "/BLUE/x",
                                  "//blue/x", "/blue%2fx", "/blue;a/x", "/green/../blue/x"])
def test_pn_08_no_form_of_the_path_goes_past_the_policy(stack, applied, path):
    applied(auth("keys", identify={"methods": [by_key()]}))
    assert stack.get(path, "--path-as-is").status in (400, 401, 404)


# ---- Passwords and rules --------------------------------------------------------------------------


def test_authorization_example(stack, applied):
    applied("authorization.yaml")
    since = len(stack.log_lines())
    assert stack.get("/blue").status == 200
    anonymous = stack.get("/blue", method="POST")
    assert anonymous.status == 403
    assert reason(anonymous) == "rbac-no-allow-rule"
    answer = stack.get("/blue/w", "-u", "bob:opensesame", method="POST")
    assert answer.status == 200
    assert "authorization" not in answer.json()["headers"]
    assert stack.logged(since, path="/blue/w")["consumer"] == "default/bob"
    wrong = stack.get("/blue", "-u", "bob:wrong", method="POST")
    assert wrong.status == 401
    assert wrong.header("www-authenticate").startswith("Basic realm=")
    # This machine is let; nobody else is, whatever else allows it.
    assert stack.get("/blue/admin").status == 200


def test_a_bcrypt_password(stack, applied):
    # htpasswd -nbB -C 4 dora p:w
    hashed = "$2b$04$abcdefghijklmnopqrstuuMjP8rcRP9jDBaf.MqHtqTjAN61Q1x0."
    applied(consumer("dora", passwords=[{"username": "dora", "hash": hashed}]))
    applied(auth("basic", identify={"methods": [{"name": "password", "type": "Basic"}]}))
    for _ in range(3):
        assert stack.get("/blue", "-u", "dora:p:w").status == 200
        assert stack.get("/blue", "-u", "dora:no").status == 401


def test_deny_beats_allow_and_names_its_rule(stack, applied):
    applied(auth("rules", authorize={"rules": [
        {"name": "all", "action": "Allow"},
        {"name": "not-there", "action": "Deny", "when": {"paths": [{"value": "/blue/private"}]}},
    ]}))
    assert stack.get("/blue").status == 200
    assert stack.get("/blue/privates").status == 200
    since = len(stack.log_lines())
    denied = stack.get("/blue/private/x")
    assert denied.status == 403
    assert reason(denied) == "rbac-denied:not-there"
    logged = stack.logged(since, path="/blue/private/x")
    assert "AuthPolicy/default/rules not-there denied" in logged["decisions"]


def test_shadow_counts_and_lets_through(stack, applied):
    metric = r'policy_decisions_total\{.*policy="AuthPolicy/default/shadow".*decision="would-deny"'
    applied(auth("shadow", mode="Shadow", identify={"methods": [by_key()]},
                 authorize={"rules": [{"name": "nobody", "action": "Deny"}]}))
    since = len(stack.log_lines())
    before = stack.proxy.metric(metric)
    assert stack.get("/blue/s").status == 200
    logged = stack.logged(since, path="/blue/s")
    assert "would-deny credential-missing" in logged["decisions"]
    assert "nobody would-deny" in logged["decisions"]
    assert stack.proxy.metric(metric) == before + 2


# ---- Which policy wins ----------------------------------------------------------------------------


def test_the_nearest_policy_wins_part_by_part(stack, applied):
    applied(consumer("c", apiKeys=[{"name": "k", "sha256": sha256("mine")}]))
    applied(auth("gateway", "Gateway", "quickstart", identify={"methods": [by_key()]},
                 authorize={"rules": [{"name": "get", "action": "Allow",
                                       "when": {"methods": ["GET"]}}]}))
    assert stack.get("/blue").status == 401
    assert stack.get("/blue", headers=with_key("mine")).status == 200
    assert stack.get("/blue", headers=with_key("mine"), method="POST").status == 403
    # The rule's policy opens one rule of the route; what the Gateway's says of methods stays.
    applied(auth("open", "HTTPRoute", "colors", section="green", identify={"anonymous": True}))
    assert stack.get("/green").status == 200
    assert stack.get("/green", method="POST").status == 403
    assert stack.get("/blue").status == 401
    told = stack.control.ctl("policies", "GET", f"http://127.0.0.1:{stack.port}/green").stdout
    assert re.search(r"identify +sluice.filters.identify +AuthPolicy default/open +"
                     r"HTTPRoute default/colors/?.*Enforce +AuthPolicy default/gateway", told), told
    assert re.search(r"authorize.*AuthPolicy default/gateway +Gateway default/quickstart", told), told


def test_policies_offline_say_the_same(stack, applied):
    applied("api-keys.yaml")
    told = sluicectl("policies", "GET", "http://127.0.0.1:8080/blue", "-f",
                     EXAMPLES / "quickstart.yaml", "-f", EXAMPLES / "api-keys.yaml").stdout
    assert "AuthPolicy default/api-keys" in told
    assert "Gateway default/quickstart" in told


# ---- Limits ---------------------------------------------------------------------------------------


def test_rate_limit_example(stack, applied):
    applied("rate-limit.yaml")
    answers = [stack.get("/blue") for _ in range(20)]
    assert {a.status for a in answers} == {200}
    assert '"each-client"' in answers[0].header("ratelimit-policy")
    assert '"each-client"' in answers[0].header("ratelimit")


def test_what_is_too_much_is_429_and_says_when_to_come_back(stack, applied):
    applied(limit("few", limits=[{"name": "few", "requests": 3, "window": "1h"}]))
    since = len(stack.log_lines())
    assert [stack.get("/blue/l").status for _ in range(3)] == [200, 200, 200]
    refused = stack.get("/blue/l")
    assert refused.status == 429
    assert reason(refused) == "rate-limited:few"
    assert 0 < int(refused.header("retry-after")) <= 1200
    assert stack.logged(since, path="/blue/l", code=429)["flags"] == "RL"
    # An update that does not change the limit forgets nothing.
    applied(objects.backend("unrelated", 9))
    assert stack.get("/blue/l").status == 429


def test_limits_count_each_consumer_apart(stack, applied):
    for name in ("c", "d"):
        applied(consumer(name, apiKeys=[{"name": "k", "sha256": sha256(name + "-key")}]))
    applied(auth("keys", identify={"anonymous": True, "methods": [by_key()]}))
    applied(limit("each", limits=[{"name": "each", "requests": 2, "window": "1h",
                                   "key": [{"type": "Consumer"}]}]))
    for headers in (with_key("c-key"), with_key("d-key"), []):
        assert [stack.get("/blue", headers=headers).status for _ in range(3)] == [200, 200, 429]


def test_a_request_that_is_refused_takes_nothing_from_a_limit(stack, applied):
    applied(consumer("c", apiKeys=[{"name": "k", "sha256": sha256("good")}]))
    applied(auth("keys", identify={"methods": [by_key()]}))
    applied(limit("few", limits=[{"name": "few", "requests": 2, "window": "1h"}]))
    assert [stack.get("/blue", headers=with_key("bad")).status for _ in range(5)] == [401] * 5
    good = [stack.get("/blue", headers=with_key("good")).status for _ in range(3)]
    assert good == [200, 200, 429]


def test_limits_in_shadow_refuse_nothing(stack, applied):
    applied(limit("few", mode="Shadow", limits=[{"name": "few", "requests": 1, "window": "1h"}]))
    since = len(stack.log_lines())
    assert [stack.get(f"/blue/m{i}").status for i in range(3)] == [200] * 3
    assert "few would-deny" in stack.logged(since, path="/blue/m2")["decisions"]


# ---- Mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("thing, said", [
    (auth("a", identify={"methods": [{"name": "k", "type": "APIKeys"}]}), "APIKey"),
    (auth("a", identify={"methods": [{"name": "k", "type": "JWT"}]}), "spec.identify.methods[0].jwt"),
    (auth("a", authorize={"rules": [{"name": "r", "action": "Allow",
                                     "when": {"clientIPs": ["10.0.0.1/8"]}}]}), "10.0.0.0/8"),
    (auth("a", authorise={}), "authorize"),
    (limit("a", limits=[{"name": "l", "requests": 0, "window": "1s"}]), "spec.limits[0].requests"),
    (limit("a", limits=[{"name": "l", "requests": 1, "window": "1s",
                         "key": [{"type": "Header"}]}]), "spec.limits[0].key[0].name"),
    (consumer("a", apiKeys=[{"name": "k"}]), "spec.apiKeys[0]"),
    (consumer("a", apiKeys=[{"name": "k", "sha256": "abc"}]), "spec.apiKeys[0].sha256"),
])
def test_mistakes_are_named(stack, thing, said):
    refused = stack.control.apply(thing, check=False)
    assert refused.returncode != 0
    assert said in refused.stdout + refused.stderr


def test_cp_05_hashes_are_in_no_dump(stack, applied):
    applied("api-keys.yaml", "authorization.yaml")
    dump = stack.proxy.admin("/config_dump").body.decode()
    assert "default/alice" in dump
    for secret in ("F2GPAaOiG5EcklvLUlodIavTBnM", "ae5bee4a70a8dc09", "rlvuSnCo3AmRRxR6LeVe"):
        assert secret not in dump
