# Services of several kinds at their limits; then the machine is reset, so that its journal is not closed.
BOOT=1
. /usr/lib/sample/steps.sh

systemctl start web.service
until_is web.service NRestarts 2
until_is web.service ActiveState active
systemctl start batch.service
until_is batch.service ActiveState failed
systemctl start queue.service
until_is queue.service StatusText 'job is gone'
systemd-run --quiet --scope --unit=backup -p MemoryMax=24M /usr/lib/sample/hog backup.scope rsync -a 0 -m 200
until_is backup.scope ActiveState failed
systemctl start tenant-a.service tenant-b.service
until_is tenant-a.service ActiveState failed
systemctl start user@1000.service
until_gone evolution
sleep 1
collect web.service batch.service queue.service backup.scope tenant-a.service tenant-b.service tenant.slice user@1000.service
sleep 1
echo b >/proc/sysrq-trigger
