"""sluice_proto_library: C++ (and gRPC) code from .proto files.

Runs the machine's protoc and grpc_cpp_plugin.  Every .proto lies under //api
and is imported from there ("envoy/config/route/v3/route.proto"); google/protobuf/*.proto
come from protoc's own include folder.
"""

load("@rules_cc//cc:defs.bzl", "cc_library")

SluiceProtoInfo = provider(
    doc = "The .proto files that a target holds and reaches.",
    fields = {"protos": "depset of .proto files"},
)

_ROOT = "api"

# What a .pb.cc includes besides its own header: before the names below are taken.
_INCLUDED_BY_SOURCES = [
    "generated_message_reflection",
    "io/coded_stream",
    "reflection_ops",
    "wire_format",
]

def _gen_impl(ctx):
    protos = depset(
        ctx.files.srcs,
        transitive = [d[SluiceProtoInfo].protos for d in ctx.attr.deps],
    )
    suffix = ".grpc.pb" if ctx.attr.grpc else ".pb"
    hdrs, ccs = [], []
    for src in ctx.files.srcs:
        stem = src.short_path[len(ctx.label.package) + 1:-len(".proto")]
        hdrs.append(ctx.actions.declare_file(stem + suffix + ".h"))
        ccs.append(ctx.actions.declare_file(stem + suffix + ".cc"))

    out = ctx.bin_dir.path + "/" + _ROOT
    args = ctx.actions.args()
    args.add("-I" + _ROOT)
    args.add("-I/usr/include")
    if ctx.attr.grpc:
        args.add("--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin")
        args.add("--grpc_out=" + out)
    else:
        args.add("--cpp_out=" + out)
    args.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = "/usr/bin/protoc",
        arguments = [args],
        inputs = protos,
        outputs = hdrs + ccs,
        mnemonic = "SluiceProtoc",
        progress_message = "protoc %s" % ctx.label,
    )
    return [
        DefaultInfo(files = depset(hdrs + ccs)),
        OutputGroupInfo(
            hdrs = depset(hdrs),
            srcs = depset(_whole_package(ctx, hdrs, ccs)),
        ),
        SluiceProtoInfo(protos = protos),
    ]

# "$1" and on: the files. The two names of file scope that protoc gives every file alike get a number.
_JOIN = """n=0
for file in "$@"; do
  n=$((n + 1))
  echo "#define schemas schemas_$n"
  echo "#define file_default_instances file_default_instances_$n"
  cat "$file"
  echo "#undef schemas"
  echo "#undef file_default_instances"
done
"""

def _whole_package(ctx, hdrs, ccs):
    """One source of a package's many: most of what a file costs is protobuf's headers."""
    if len(ccs) < 2 or ctx.attr.grpc:
        return ccs
    root = _ROOT + "/"
    includes = ["\"%s\"" % h.short_path[len(root):] for h in hdrs]
    includes += ["<google/protobuf/%s.h>" % h for h in _INCLUDED_BY_SOURCES]
    out = ctx.actions.declare_file(ctx.label.name + ".whole.cc")
    head = "".join(["echo '#include %s'\n" % i for i in includes])
    args = ctx.actions.args()
    args.add_all(ccs)
    ctx.actions.run_shell(
        command = "{\n%s%s} >%s" % (head, _JOIN, out.path),
        arguments = [args],
        inputs = ccs,
        outputs = [out],
        mnemonic = "SluiceProtoJoin",
        progress_message = "joining %s" % ctx.label,
    )
    return [out]

_gen = rule(
    implementation = _gen_impl,
    attrs = {
        "deps": attr.label_list(providers = [SluiceProtoInfo]),
        "grpc": attr.bool(),
        "srcs": attr.label_list(allow_files = [".proto"], mandatory = True),
    },
)

def _lib(name, srcs, gen_deps, deps, grpc, visibility):
    _gen(name = name + "_gen", srcs = srcs, deps = gen_deps, grpc = grpc, visibility = visibility)
    native.filegroup(name = name + "_srcs", srcs = [name + "_gen"], output_group = "srcs")
    native.filegroup(name = name + "_hdrs", srcs = [name + "_gen"], output_group = "hdrs")
    cc_library(
        name = name,
        srcs = [name + "_srcs"],
        hdrs = [name + "_hdrs"],
        copts = [
            "-w",
            "-g0",
            # Generated code is big and cold: half the compile time of -O2.
            "-O1",
            # It is as uninstrumented as the libprotobuf that it calls; our code that uses it is not.
            "-fno-sanitize=address,undefined,fuzzer-no-link",
        ] + ([] if grpc else [
            # The standard library's headers cost half as much in it.
            "-std=c++17",
        ]),
        strip_include_prefix = "/" + _ROOT,
        visibility = visibility,
        deps = deps,
    )

def _gen_label(dep):
    return dep + "_gen" if ":" in dep else "%s:%s_gen" % (dep, dep.split("/")[-1])

def sluice_proto_library(name, srcs, deps = [], grpc = False, visibility = None):
    """NAME: a cc_library of messages.  With grpc = True also NAME_grpc: its stubs.

    Args:
      name: of the message library.
      srcs: .proto files of this package.
      deps: sluice_proto_library targets that srcs import.
      grpc: also make NAME_grpc, which links grpc++ (so never for //dataplane).
      visibility: of all of it.
    """
    gen_deps = [_gen_label(d) for d in deps]
    _lib(name, srcs, gen_deps, deps + ["//third_party/debian:protobuf"], False, visibility)
    if grpc:
        _lib(
            name + "_grpc",
            srcs,
            gen_deps,
            [name, "//third_party/debian:grpc++"],
            True,
            visibility,
        )
