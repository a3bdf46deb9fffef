#!/bin/sh
# Installs what some tests need (a kernel booted under qemu, journals made and read); quiet when all is there.
set -eu
missing=""
for pair in qemu-system-x86_64:qemu-system-x86 cpio:cpio gcc:gcc busybox:busybox-static; do
    command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
[ -e /bin/busybox ] || [ -e /usr/bin/busybox ] || missing="$missing busybox-static"
[ -e /lib/systemd/systemd-journal-remote ] || missing="$missing systemd-journal-remote"
command -v pkg-config >/dev/null || missing="$missing pkg-config"
# Reports are opened in a real browser, with fonts that have Korean, and printed by WeasyPrint, which needs Pango.
command -v chromium >/dev/null || missing="$missing chromium"
command -v chromedriver >/dev/null || missing="$missing chromium-driver"
command -v pdftoppm >/dev/null || missing="$missing poppler-utils"
[ -d /usr/share/fonts/truetype/nanum ] || missing="$missing fonts-nanum"
ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0 || missing="$missing libpangoft2-1.0-0"
# systemd-python is compiled against these.
pkg-config --exists libsystemd 2>/dev/null || missing="$missing libsystemd-dev"
[ -z "$missing" ] && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq || { echo "apt-get update failed: some tests will be skipped" >&2; exit 0; }
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null || echo "could not install:$missing" >&2
