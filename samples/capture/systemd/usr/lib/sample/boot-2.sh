# The whole machine out of memory, then systemd-oomd; the machine is switched off in order.
BOOT=2
. /usr/lib/sample/steps.sh

systemctl start cache.service report.service
until_is report.service ActiveState failed
systemctl start systemd-oomd.service build.service
until_is build.service ActiveState failed
collect cache.service report.service build.service systemd-oomd.service
systemctl poweroff
