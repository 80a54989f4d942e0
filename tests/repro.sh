#!/usr/bin/env bash
# Two clones in two folders with two CARGO_HOMEs must give equal archives for every handler. The claim is "same toolchain
# and same C compiler", no more. Two cold builds: minutes each, so not in `make test`.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/provision-repro.XXXXXX")
trap 'rm -rf "$work"' EXIT
unset CARGO_TARGET_DIR RUSTFLAGS

for clone in one a-longer-name/two; do
    mkdir -p "$work/$clone"
    git clone --quiet "$root" "$work/$clone/repository"
    echo "building in $work/$clone" >&2
    # The program that packages is the one of this checkout; what it builds is the clone, with registry and cache apart.
    CARGO_HOME="$work/$clone/cargo" PROVISION_STATE="$work/$clone/state" \
        "$root/target/debug/provision" package --project "$work/$clone/repository" --output json --quiet >"$work/$clone/archives.json"
done

python3 - "$work/one/archives.json" "$work/a-longer-name/two/archives.json" <<'PY'
import json, sys

one, two = ({a["handler"]: a for a in json.load(open(path))} for path in sys.argv[1:])
same = one.keys() == two.keys() and bool(one)
for name in sorted(one):
    equal = name in two and one[name]["sha256"] == two[name]["sha256"]
    same &= equal
    print(f'{"same" if equal else "DIFFERENT":<10}{name:<22}{one[name]["sha256"]}  glibc {one[name]["glibc"]}')
sys.exit(0 if same else 1)
PY
