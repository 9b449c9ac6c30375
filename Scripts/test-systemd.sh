#!/usr/bin/env bash
# Checks the systemd unit: that systemd understands all of it, that it is as closed as it should be, and, as root where a
# systemd can be started in namespaces of its own, that a node starts, is ready, and ends under it. Changes nothing outside.
source "$(dirname "$0")/setup.sh"
skip() {
    say "Skipped: $*."
    exit 0
}
command -v systemd-analyze >/dev/null || skip "Scripts/test-systemd.sh, because there is no systemd-analyze here"
build
home=$(mktemp -d)
cleanup() {
    [ -z "${systemd:-}" ] || kill -9 "$systemd" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$home"
}
trap cleanup EXIT
mkdir "$home/units"
# The unit as it is, but for where the program lies.
install -m 755 .build/release/roost "$home/roost"
chmod 755 "$home" "$home/units"
sed "s#^ExecStart=/usr/local/bin/roost #ExecStart=$home/roost #" deploy/roost.service >"$home/units/roost.service"

complaints=$(systemd-analyze verify --man=no "$home/units/roost.service" 2>&1) || fail "systemd-analyze verify: $complaints"
[ -z "$complaints" ] || fail "systemd-analyze verify: $complaints"
# Tenths: what has all of its system is 100.
systemd-analyze security --offline=true --threshold=15 --no-pager "$home/units/roost.service" >"$home/security" ||
    fail "The unit is more open than 1.5: $(tail -1 "$home/security")"
say "systemd understands the unit; $(tail -1 "$home/security" | sed 's/^[^A-Za-z]*//')"

# A systemd of its own, in namespaces, which sees this unit and no other of the machine's.
skip_start() { skip "starting the unit in Scripts/test-systemd.sh, because $*"; }
[ "$(id -u)" = 0 ] || skip_start "only root can make a systemd of its own"
{ command -v unshare && command -v nsenter && command -v setpriv && [ -x /lib/systemd/systemd ]; } >/dev/null ||
    skip_start "there is no systemd, unshare, nsenter or setpriv here"

for target in sysinit basic shutdown multi-user network-online lab; do
    printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' "$target" >"$home/units/$target.target"
done
mkdir "$home/units/roost.service.d" "$home/etc"
sed "s#^ExecStart=.*#ExecStart=/run/roost up --listen 127.0.0.1:0#" deploy/roost.service >"$home/units/roost.service"
# There is no journal in it.
printf '[Service]\nRestartSec=100ms\nStandardOutput=append:/run/output\nStandardError=append:/run/errors\n' \
    >"$home/units/roost.service.d/lab.conf"
cp /etc/passwd /etc/group "$home/etc"
echo 'roost:x:64999:64999::/var/lib/roost:/usr/sbin/nologin' >>"$home/etc/passwd"
echo 'roost:x:64999:' >>"$home/etc/group"

cat >"$home/boot" <<'BASH'
set -e
mount --make-rprivate /
ip link set lo up
mount --bind "$1/etc/passwd" /etc/passwd
mount --bind "$1/etc/group" /etc/group
for directory in /var/lib /run /etc/systemd; do mount -t tmpfs -o mode=755 tmpfs "$directory"; done
mount -t proc proc /proc
cp -r "$1/units" /run/units
cp "$1/roost" /run/roost
umount -R /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
touch "$1/booted"
exec env -i container=lab PATH="$PATH" SYSTEMD_UNIT_PATH=/run/units \
    /lib/systemd/systemd --system --unit=lab.target --log-target=console
BASH
cat >"$home/story" <<'BASH'
fail() { echo "$*" && cat /run/errors 2>/dev/null && exit 1; }
show() { systemctl show -P "$1" roost; }
within() { # SECONDS WHAT COMMAND...
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do [ $SECONDS -lt $end ] || fail "It did not come about: $what"; sleep 0.05; done
}
answers() { systemctl list-units >/dev/null 2>&1; }
is() { [ "$(show ActiveState)" = "$1" ]; }
other() { is active && [ "$(show MainPID)" != "$1" ]; }
as_roost() { setpriv --reuid roost --regid roost --clear-groups "$@"; }
within 10 "systemd answers" answers
timeout 30 systemctl start roost || fail "It does not start: $(show Result)"
# Type=notify: started is ready, so that a command works at once.
as_roost /run/roost status --data /var/lib/roost >/dev/null || fail "It is started, but its API does not answer."
grep -q '^ready ' /run/output || fail "It is started, and has not said so."
status=/proc/$(show MainPID)/status
grep -q 'CapEff:.0000000000000000' "$status" && grep -q 'NoNewPrivs:.1' "$status" && grep -q 'Seccomp:.2' "$status" ||
    fail "It is not as closed as it should be."
[ "$(stat -c '%a %U' /var/lib/roost)" = "700 roost" ] || fail "Its directory is open."
id=$(as_roost /run/roost id --data /var/lib/roost)
as_roost /run/roost send "$id" 'To myself.' --until delivered --timeout 20 --data /var/lib/roost >/dev/null || fail "It sends nothing."
before=$(show MainPID)
kill -9 "$before"
within 10 "it is started again after kill -9" other "$before"
as_roost /run/roost inbox --data /var/lib/roost | grep -q 'To myself.' || fail "kill -9 has lost a message."
timeout 10 systemctl stop roost
[ "$(show Result) $(show ExecMainStatus)" = "success 0" ] || fail "It does not end cleanly: $(show Result)"
echo '{"lisen": []}' >/var/lib/roost/config.json
timeout 30 systemctl start roost && fail "It starts with a wrong configuration."
[ "$(show ActiveState) $(show ExecMainStatus)" = "failed 78" ] || fail "It is started again and again: $(show ActiveState)"
echo "The unit starts, is ready when it says so, is closed, is started again after kill -9 but not with a wrong configuration."
BASH
export PATH=/usr/sbin:/sbin:$PATH
unshare --fork --pid --mount --uts --ipc --net --cgroup --kill-child=KILL \
    bash "$home/boot" "$home" </dev/null >"$home/boot.log" 2>&1 &
systemd=$!
for _ in $(seq 100); do
    [ ! -e "$home/booted" ] || break
    kill -0 "$systemd" 2>/dev/null || skip_start "namespaces can't be made here ($(tail -1 "$home/boot.log"))"
    sleep 0.1
done
inner=$(pgrep -P "$systemd" | head -1)
[ -n "$inner" ] || skip_start "systemd does not start in namespaces here ($(tail -1 "$home/boot.log"))"
timeout -s KILL 120 nsenter -t "$inner" -a bash "$home/story" >&2 || fail "The unit does not work under systemd."
