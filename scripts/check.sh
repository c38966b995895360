#!/bin/sh
# Every check that needs no database, each named before it runs; the first that fails stops.
set -eu
bin=.venv/bin

say() { printf '\n== %s\n' "$1"; }

say "style"
$bin/ruff check .
$bin/ruff format --check .
say "import rules"
$bin/lint-imports
say "types"
$bin/mypy
say "templates"
$bin/djlint templates --lint --quiet
say "settings of the production shape, migrations"
$bin/python scripts/check_production.py
