# SPDX-License-Identifier: Apache-2.0
"""xDS v3 resources and Envoy bootstraps as Python values, in the JSON that protobuf reads."""
import json
import pathlib

import yaml

TYPES = "type.googleapis.com/"
LISTENER = TYPES + "envoy.config.listener.v3.Listener"
ROUTES = TYPES + "envoy.config.route.v3.RouteConfiguration"
CLUSTER = TYPES + "envoy.config.cluster.v3.Cluster"
ENDPOINTS = TYPES + "envoy.config.endpoint.v3.ClusterLoadAssignment"
SECRET = TYPES + "envoy.extensions.transport_sockets.tls.v3.Secret"

_EXTENSIONS = TYPES + "envoy.extensions."
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

ADS = {"ads": {}, "resource_api_version": "V3"}


def from_path(path, watched=None):
    """A config source that is a file."""
    source = {"path": str(path)}
    if watched:
        source["watched_directory"] = {"path": str(watched)}
    return {"path_config_source": source, "resource_api_version": "V3"}


def grpc_source(api_type, cluster="control"):
    """What ads_config is, and what api_config_source is."""
    return {
        "api_type": api_type,
        "transport_api_version": "V3",
        "grpc_services": [{"envoy_grpc": {"cluster_name": cluster}}],
        "set_node_on_first_message_only": True,
    }


def from_server(api_type, cluster="control"):
    """A config source that is a server of its own."""
    return {"api_config_source": grpc_source(api_type, cluster), "resource_api_version": "V3"}


def address(port, host="127.0.0.1"):
    return {"socket_address": {"address": host, "port_value": port}}


def assignment(name, *ports, host="127.0.0.1"):
    return {
        "cluster_name": name,
        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(p, host)}}
                                        for p in ports]}],
    }


def cluster(name, *ports, kind="STATIC", host="127.0.0.1", **more):
    """With its endpoints inside."""
    return {"name": name, "type": kind, "connect_timeout": "2s",
            "load_assignment": assignment(name, *ports, host=host), **more}


def eds_cluster(name, source=ADS, **more):
    return {"name": name, "type": "EDS", "connect_timeout": "2s",
            "eds_cluster_config": {"eds_config": source}, **more}


def http2():
    """Cluster options: HTTP/2 without an upgrade."""
    return {"typed_extension_protocol_options": {_OPTIONS: {
        "@type": TYPES + _OPTIONS,
        "explicit_http_config": {"http2_protocol_options": {}},
    }}}


def upstream_tls(ca, name):
    """Cluster options: TLS to servers whose certificate `ca` signed for `name`."""
    return {"transport_socket": {
        "name": "tls",
        "typed_config": {
            "@type": _EXTENSIONS + "transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": name,
            "common_tls_context": {"validation_context": {
                "trusted_ca": {"filename": str(ca)},
                "match_typed_subject_alt_names": [
                    {"san_type": "DNS", "matcher": {"exact": name}}],
            }},
        },
    }}


def to_cluster(prefix, name, **action):
    return {"match": {"prefix": prefix}, "route": {"cluster": name, **action}}


def routes(name, *entries, domains=("*",)):
    return {"name": name, "virtual_hosts": [
        {"name": name, "domains": list(domains), "routes": list(entries)}]}


def manager(*, rds=None, source=ADS, table=None, **more):
    """An HttpConnectionManager as a network filter, with routes by name or in place."""
    config = {
        "@type": _EXTENSIONS
        + "filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {
            "@type": _EXTENSIONS + "filters.http.router.v3.Router"}}],
        **more,
    }
    if rds:
        config["rds"] = {"route_config_name": rds, "config_source": source}
    else:
        config["route_config"] = table
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": config}


def listener(name, port, http_manager, tls=None):
    chain = {"filters": [http_manager]}
    if tls:
        chain["transport_socket"] = tls
    return {"name": name, "address": address(port), "filter_chains": [chain]}


def _downstream_tls(**certificates):
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": _EXTENSIONS + "transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {"alpn_protocols": ["h2", "http/1.1"], **certificates},
        },
    }


def tls_by_secret(name, source=ADS):
    config = {"name": name}
    if source:
        config["sds_config"] = source
    return _downstream_tls(tls_certificate_sds_secret_configs=[config])


def tls_by_files(certificate, key):
    return _downstream_tls(tls_certificates=[{
        "certificate_chain": {"filename": str(certificate)},
        "private_key": {"filename": str(key)},
    }])


def secret(name, certificate, key):
    """With the text of the two files inside."""
    return {"name": name, "tls_certificate": {
        "certificate_chain": {"inline_string": pathlib.Path(certificate).read_text()},
        "private_key": {"inline_string": pathlib.Path(key).read_text()},
    }}


def response(type_url, *resources, version="1"):
    """What a file holds that is a config source."""
    return json.dumps({"version_info": version,
                       "resources": [{"@type": type_url, **r} for r in resources]})


def bootstrap(admin_port, *, lds=None, cds=None, ads=None, listeners=(), clusters=(), secrets=(),
              node="proxy-1"):
    made = {
        "node": {"id": node, "cluster": "default/edge"},
        "admin": {"address": address(admin_port)},
        "static_resources": {"listeners": list(listeners), "clusters": list(clusters),
                             "secrets": list(secrets)},
    }
    dynamic = {"lds_config": lds, "cds_config": cds, "ads_config": ads}
    if any(dynamic.values()):
        made["dynamic_resources"] = {k: v for k, v in dynamic.items() if v}
    return made


def control_cluster(port):
    return cluster("control", port, **http2())


def to_yaml(made):
    """Without aliases for what stands in it twice."""
    return yaml.safe_dump(json.loads(json.dumps(made)), sort_keys=False)
