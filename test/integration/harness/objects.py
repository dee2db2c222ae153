# SPDX-License-Identifier: Apache-2.0
"""Resources as Python values, and their YAML."""
import base64

import yaml

GATEWAY_API = "gateway.networking.k8s.io/v1"
SLUICE = "sluice.dev/v1alpha1"


def to_yaml(*objects):
    return yaml.safe_dump_all(objects, sort_keys=False)


def thing(api_version, kind, name, spec=None, **more):
    out = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
    if spec is not None:
        out["spec"] = spec
    out.update(more)
    return out


def gateway_class():
    return thing(
        GATEWAY_API,
        "GatewayClass",
        "sluice",
        {"controllerName": "sluice.dev/gateway-controller"},
    )


def http_listener(port, name="http", **more):
    return {"name": name, "protocol": "HTTP", "port": port, **more}


def https_listener(port, secret, name="https", hostname=None, **more):
    out = {
        "name": name,
        "protocol": "HTTPS",
        "port": port,
        "tls": {"mode": "Terminate", "certificateRefs": [{"name": secret}]},
        **more,
    }
    if hostname:
        out["hostname"] = hostname
    return out


def gateway(name, listeners, address="127.0.0.1"):
    return thing(
        GATEWAY_API,
        "Gateway",
        name,
        {
            "gatewayClassName": "sluice",
            "addresses": [{"value": address}],
            "listeners": listeners,
        },
    )


def backend(name, *ports, **spec):
    return thing(
        SLUICE,
        "Backend",
        name,
        {"endpoints": [{"address": "127.0.0.1", "port": p} for p in ports], **spec},
    )


def to_backend(name, weight=None):
    ref = {"group": "sluice.dev", "kind": "Backend", "name": name}
    if weight is not None:
        ref["weight"] = weight
    return ref


def path_match(value, kind="PathPrefix"):
    return {"path": {"type": kind, "value": value}}


def rule(*backends, matches=None, filters=None, **more):
    out = {}
    if matches:
        out["matches"] = matches
    if filters:
        out["filters"] = filters
    if backends:
        out["backendRefs"] = [to_backend(b) if isinstance(b, str) else b for b in backends]
    out.update(more)
    return out


def route(name, gateway_name, rules, hostnames=None, section=None):
    parent = {"name": gateway_name}
    if section:
        parent["sectionName"] = section
    spec = {"parentRefs": [parent], "rules": rules}
    if hostnames:
        spec["hostnames"] = hostnames
    return thing(GATEWAY_API, "HTTPRoute", name, spec)


def policy(kind, name, target_kind, target, group=None, section=None, **spec):
    if group is None:
        group = {"Gateway": "gateway.networking.k8s.io", "HTTPRoute": "gateway.networking.k8s.io"}.get(
            target_kind, "sluice.dev"
        )
    ref = {"group": group, "kind": target_kind, "name": target}
    if section:
        ref["sectionName"] = section
    return thing(SLUICE, kind, name, {"targetRefs": [ref], **spec})


# What the tests read of an access log line.
LOG_FIELDS = {
    "method": "%REQ(:METHOD)%",
    "path": "%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%",
    "host": "%REQ(:AUTHORITY)%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "upstream": "%UPSTREAM_HOST%",
    "protocol": "%PROTOCOL%",
    "duration": "%DURATION%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
}


def file_log(gateway_name, path):
    return policy(
        "TelemetryPolicy",
        gateway_name + "-log",
        "Gateway",
        gateway_name,
        accessLog={
            "sinks": [
                {
                    "type": "File",
                    "file": {"path": str(path)},
                    "format": {"type": "JSON", "json": LOG_FIELDS},
                }
            ]
        },
    )


def _base64(text):
    return base64.b64encode(text.encode()).decode()


def secret(name, certificate, key):
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": _base64(certificate), "tls.key": _base64(key)},
    }
