#!/bin/sh
# Installs what the live test needs (a kernel is booted under qemu); quiet when all of it is there.
set -eu
missing=""
for pair in qemu-system-x86_64:qemu-system-x86 cpio:cpio gcc:gcc busybox:busybox-static; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
[ -e /bin/busybox ] || [ -e /usr/bin/busybox ] || missing="$missing busybox-static"
[ -z "$missing" ] && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || { echo "apt-get update failed: the live test will be skipped" >&2; exit 0; }
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null || echo "could not install:$missing" >&2
