"""House defaults for C++ targets: warnings are errors, tests carry GoogleTest."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_COPTS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wthread-safety",
    "-Wno-unused-parameter",
    # Designated initializers name what they set; the rest has its default.
    "-Wno-missing-designated-field-initializers",
    # Debian's libprotobuf and our Abseil are not warning-free under C++20.
    "-Wno-deprecated-declarations",
]

def sluice_cc_library(name, copts = [], **kwargs):
    """A library of ours: one header pair, private unless it says otherwise."""
    cc_library(name = name, copts = _COPTS + copts, **kwargs)

def sluice_cc_binary(name, copts = [], **kwargs):
    """A program of ours."""
    cc_binary(name = name, copts = _COPTS + copts, **kwargs)

def sluice_cc_test(name, data = [], deps = [], copts = [], size = "small", **kwargs):
    """A GoogleTest binary; carries the file that --config=tsan points TSan at."""
    cc_test(
        name = name,
        size = size,
        # What is tested is optimized; the test itself is cold, and costs a third less to compile.
        copts = _COPTS + ["-O0"] + copts,
        data = data + ["//tools:tsan.supp"],
        deps = deps + ["@googletest//:gtest_main"],
        **kwargs
    )

def sluice_cc_fuzzer(name, srcs, deps, corpus = None, copts = [], **kwargs):
    """A libFuzzer target; build it with --config=fuzz, run it with tools/fuzz.

    Args:
      name: ends in _fuzz, as its source does; tools/fuzz goes by the tag.
      srcs: holds LLVMFuzzerTestOneInput.
      deps: what is fuzzed.
      corpus: a filegroup of seeds, in a folder `name`_corpus beside the BUILD file.
      copts: more compiler flags.
      **kwargs: as cc_binary.
    """
    cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        copts = _COPTS + copts,
        data = [corpus] if corpus else [],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["fuzz", "manual"],
        deps = deps,
        **kwargs
    )
