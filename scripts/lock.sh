#!/bin/sh
# Write both lock files: hashes for every file, no addresses, and nothing younger than a week (time for a bad release
# to be noticed). uv comes into a folder of its own; it is a tool, not a part of the product.
set -eu
tool=.tools/uv
cool_down=$(.venv/bin/python -c 'import datetime as d; print((d.datetime.now(d.UTC) - d.timedelta(days=7)).strftime("%Y-%m-%dT00:00:00Z"))')
[ -x "$tool/bin/uv" ] || { .venv/bin/python -m venv "$tool" && "$tool/bin/pip" install --quiet uv; }
compile() {
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --exclude-newer "$cool_down" ${UPGRADE:+--upgrade} pyproject.toml "$@"
}
without_llm=$(mktemp)
trap 'rm -f "$without_llm"' EXIT
echo "llm; sys_platform == 'never'" > "$without_llm"
compile --override "$without_llm" -o requirements.lock
compile --extra dev -c requirements.lock -o requirements-dev.lock
echo "Written: requirements.lock and requirements-dev.lock, with nothing younger than $cool_down"
