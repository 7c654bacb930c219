#!/bin/sh
# Resolves requirements.lock from pyproject.toml: one file for every platform and for Python 3.11 to 3.13, with hashes and no address.
set -eu
cd "$(dirname "$0")/.."
command -v uv >/dev/null 2>&1 || { echo "make lock needs uv on PATH: python3 -m pip install uv" >&2; exit 2; }
# Only the public index may speak: local settings of uv or of its environment would leak other hashes into the lock.
unset UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_CONSTRAINT UV_OVERRIDE || true
uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
  --no-config --no-emit-index-url --no-annotate --no-strip-extras --quiet --custom-compile-command "make lock" \
  --output-file requirements.lock "$@"
if grep -n '://' requirements.lock; then
  echo "the lock holds an address" >&2
  exit 1
fi
