#!/bin/sh
# The programs that the tests use besides Python's packages: a browser and, for the production shape, Redis.
# As root on Debian or Ubuntu they are installed; anybody else is told what to install.
set -eu

missing=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || missing="chromium"
command -v redis-server >/dev/null || missing="$missing redis-server"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$(printf ' %s' $missing) for the tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The tests need: $missing. On Debian and Ubuntu: sudo apt-get install $missing"
exit 1
