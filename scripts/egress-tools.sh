#!/bin/sh
# The programs that the proof at the network uses: iproute2 for networks of their own, tshark to record and to read.
# As root on Debian or Ubuntu they are installed; anybody else is told what to install.
set -eu

missing=""
command -v ip >/dev/null || missing="iproute2"
command -v tshark >/dev/null || missing="$missing tshark"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$(printf ' %s' $missing) for the proof"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "The proof needs: $missing. On Debian and Ubuntu: sudo apt-get install $missing"
exit 1
