"""How code of others is compiled."""

# Under ASan. UBSan and the fuzzers' coverage would double what it costs to compile, and find nothing
# of ours; no debug lines, since a report's frames of interest are our own.
THIRD_PARTY_COPTS = select({
    "@//tools/bazel:asan": [
        "-g0",
        "-fno-sanitize=undefined,fuzzer-no-link",
    ],
    "//conditions:default": [],
})
