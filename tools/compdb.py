#!/usr/bin/env python3
"""Writes compile_commands.json from Bazel's own action graph.

Run it after a build (generated headers must exist):
    tools/compdb.py [--config=opt] [TARGETS...]
"""
import json
import os
import subprocess
import sys

if "--help" in sys.argv:
    print(__doc__.strip())
    sys.exit(0)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
flags = [a for a in sys.argv[1:] if a.startswith("--")]
targets = [a for a in sys.argv[1:] if not a.startswith("--")] or [
    "//base/...", "//api/...", "//dataplane/...", "//controlplane/...", "//tools/...", "//test/..."]
query = 'mnemonic("CppCompile", %s)' % " + ".join(targets)
out = subprocess.run(
    ["bazel", "aquery", "--output=jsonproto", *flags, query],
    cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
execroot = subprocess.run(
    ["bazel", "info", *flags, "execution_root"],
    cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

commands, seen = [], set()
for action in json.loads(out).get("actions", []):
    args = action["arguments"]
    if "-c" not in args:
        continue
    source = args[args.index("-c") + 1]
    if source in seen or not source.endswith((".cc", ".c")):
        continue
    seen.add(source)
    # clangd and clang-tidy open headers; dependency files are Bazel's business.
    args = [a for a in args if a not in ("-MD", "-MF") and not a.endswith(".d")]
    commands.append({"directory": execroot, "file": os.path.join(ROOT, source), "arguments": args})
with open(os.path.join(ROOT, "compile_commands.json"), "w") as f:
    json.dump(commands, f, indent=1)
print("%d files" % len(commands))
