#!/bin/sh
# Every check that needs no database, each named before it runs; the first that fails stops.
set -eu
bin=.venv/bin

say() { printf '\n== %s\n' "$1"; }

# The types take most of the time and one core: they are looked at while the rest runs, and told in their turn.
types=$(mktemp)
$bin/mypy >"$types" 2>&1 &
checker=$!
trap 'kill "$checker" 2>/dev/null || true; rm -f "$types"' EXIT

say "style"
$bin/ruff check .
$bin/ruff format --check .
say "import rules"
$bin/lint-imports
say "templates"
$bin/djlint templates --lint --quiet
say "settings of the production shape, migrations"
$bin/python scripts/check_production.py
say "types"
wait "$checker" || { cat "$types"; exit 1; }
cat "$types"
