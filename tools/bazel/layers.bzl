"""Who may depend on whom: the one table (ARCHITECTURE.md explains it).

A BUILD file names its readers by one of these lists, and a build that crosses a line fails.
Each list is the visibility of the folder it is named after.
"""

def _under(*folders):
    return ["//%s:__subpackages__" % f for f in folders]

_TESTS = _under("test")
_OFFLINE = _under("tools/sluicectl")

# Both planes.
BASE = _under("base", "api", "dataplane", "controlplane", "tools", "test")
API = _under("api", "dataplane", "controlplane", "tools", "test")

# The data plane, in the order a request meets it.
EVENT = _under("dataplane") + _TESTS + _under("tools/demo")
HTTP = _under("dataplane") + _TESTS + _OFFLINE + _under("tools/demo")
CONFIG = _under("dataplane") + _TESTS + _OFFLINE
TLS = _under(
    "dataplane/listener",
    "dataplane/upstream",
    "dataplane/worker",
    "dataplane/admin",
    "dataplane/xdsclient",
    "dataplane/main",
) + _TESTS
CRYPTO = _under(
    "dataplane/crypto",
    "dataplane/jose/verify",
    "dataplane/limits",
    "dataplane/filters",
    "dataplane/worker",
    "dataplane/main",
) + _TESTS

# What can be said of keys without BoringSSL, and tokens as far as they can be read without it.
CRYPTO_VALUES = _under("dataplane") + _TESTS + _OFFLINE
JOSE = _under("dataplane/jose", "dataplane/filters", "dataplane/compile", "dataplane/main") + _TESTS + _OFFLINE
JOSE_VERIFY = _under("dataplane/filters", "dataplane/worker", "dataplane/main") + _TESTS

# How limits are reckoned and told, without BoringSSL; and the table that counts.
LIMITS_VALUES = _under("dataplane/limits", "dataplane/filters", "dataplane/compile") + _TESTS + _OFFLINE
LIMITS = _under("dataplane/limits", "dataplane/filters", "dataplane/worker", "dataplane/main") + _TESTS
CODEC = _under(
    "tools/demo",
    "dataplane/listener",
    "dataplane/upstream",
    "dataplane/admin",
    "dataplane/worker",
    "dataplane/main",
) + _TESTS
CONDITION = _under(
    "dataplane/condition",
    "dataplane/filters",
    "dataplane/compile",
    "dataplane/worker",
) + _TESTS + _OFFLINE
CHAIN = _under(
    "dataplane/filters",
    "dataplane/compile",
    "dataplane/exchange",
    "dataplane/worker",
    "dataplane/main",
) + _TESTS + _OFFLINE
FILTER = CHAIN
ROUTER = _under(
    "dataplane/compile",
    "dataplane/exchange",
    "dataplane/worker",
    "dataplane/main",
    "dataplane/xdsclient",
    "dataplane/admin",
) + _TESTS + _OFFLINE
TELEMETRY = _under("dataplane") + _TESTS
UPSTREAM = _under(
    "dataplane/exchange",
    "dataplane/worker",
    "dataplane/xdsclient",
    "dataplane/admin",
    "dataplane/main",
) + _TESTS
LISTENER = _under("dataplane/worker", "dataplane/admin", "dataplane/main") + _TESTS
EXCHANGE = _under("dataplane/worker", "dataplane/main") + _TESTS
COMPILE = _under("dataplane/xdsclient", "dataplane/admin", "dataplane/main") + _TESTS + _OFFLINE
WORKER = _under("dataplane/main") + _TESTS
XDSCLIENT = _under("dataplane/main", "dataplane/admin") + _TESTS
ADMIN = _under("dataplane/main") + _TESTS

# The control plane, in the order a configuration change meets it.
REGISTRY = _under("controlplane") + _TESTS + _OFFLINE
REGISTRY_BACKEND = _under("controlplane/registry", "controlplane/main") + _TESTS
STORE = _under(
    "controlplane/resolve",
    "controlplane/pushapi",
    "controlplane/status",
    "controlplane/main",
) + _TESTS + _OFFLINE
CERTIFICATE = _under("controlplane/main") + _TESTS + _OFFLINE
CERTIFICATE_DIGEST = _under("controlplane/resolve")
RESOLVE = _under("controlplane/pushapi", "controlplane/status", "controlplane/main") + _TESTS + _OFFLINE
IR = _under("controlplane/resolve", "controlplane/translate", "controlplane/status", "controlplane/pushapi", "controlplane/main") + _TESTS + _OFFLINE
TRANSLATE = _under("controlplane/pushapi", "controlplane/main") + _TESTS + _OFFLINE
XDSSERVER = _under(
    "controlplane/translate",
    "controlplane/status",
    "controlplane/pushapi",
    "controlplane/rpc",
    "controlplane/main",
) + _TESTS + _OFFLINE
ACCESS = _under("controlplane/pushapi", "controlplane/rpc", "controlplane/main") + _TESTS
ACCESS_LOOPBACK = ACCESS + _OFFLINE
PUSHAPI = _under("controlplane/rpc", "controlplane/main") + _TESTS
STATUS = _under("controlplane/pushapi", "controlplane/main") + _TESTS + _OFFLINE
RPC = _under("controlplane/main") + _TESTS
