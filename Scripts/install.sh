#!/usr/bin/env bash
# Installs roost, its manual pages and its completions for bash, zsh and fish: Scripts/install.sh [--systemd] [PREFIX]
# PREFIX is ~/.local unless told otherwise. With --systemd, as root: also the unit roost.service and its user (docs/operations.md).
source "$(dirname "$0")/setup.sh"
[ "${1:-}" != --help ] || { sed -n '2,3s/^# //p' "$0" && exit; }
unit=
[ "${1:-}" != --systemd ] || { unit=yes && shift; }
case ${1:-} in -*) fail "There is no $1: Scripts/install.sh [--systemd] [PREFIX]" ;; esac
prefix=${1:-$HOME/.local}
if [ -n "$unit" ]; then
    [ "$(id -u)" = 0 ] || fail "A unit is installed by root: use sudo."
    command -v systemd-sysusers >/dev/null || fail "There is no systemd here: leave --systemd out."
    case $prefix in
    /root* | /home*) fail "The unit's user can't reach $prefix: name another place, such as /usr/local." ;;
    esac
fi
build
roost=.build/release/roost

put() { # FILE MODE: standard input becomes PREFIX/FILE
    mkdir -p "$(dirname "$prefix/$1")" && cat >"$prefix/$1" && chmod "$2" "$prefix/$1"
}
# Pages as mdoc(7) wants them: the generator leaves empty lines in, which it warns of, and examples and exit codes as text that
# would be broken between words and could not be pasted.
literal() {
    awk '/^  / && !inside { print ".Bd -literal -compact"; inside = 1 }
        !/^  / && inside { print ".Ed"; inside = 0 }
        { print $0 == "" ? ".Pp" : $0 }'
}
mkdir -p "$prefix/bin" || fail "$prefix can't be written: choose another directory, or use sudo."
install -m 755 "$roost" "$prefix/bin/roost"
# Two thirds of it are for debuggers.
strip "$prefix/bin/roost" 2>/dev/null || say "There is no strip here: the program is larger than it need be."
"$roost" completion bash | put share/bash-completion/completions/roost 644
"$roost" completion zsh | put share/zsh/site-functions/_roost 644
"$roost" completion fish | put share/fish/vendor_completions.d/roost.fish 644
swift package -c release plugin generate-manual --multi-page >&2
for page in .build/plugins/GenerateManual/outputs/roost/*.1; do
    literal <"$page" | put "share/man/man1/$(basename "$page")" 644
done
if [ -n "$unit" ]; then
    install -D -m 644 deploy/roost.sysusers /usr/lib/sysusers.d/roost.conf
    systemd-sysusers roost.conf >&2
    mkdir -p /etc/systemd/system
    sed "s#^ExecStart=/usr/local/bin/roost #ExecStart=$prefix/bin/roost #" deploy/roost.service >/etc/systemd/system/roost.service
    systemctl daemon-reload >&2 || true
    say "The unit is installed: systemctl enable --now roost."
fi
say "Roost is installed in $prefix: try $prefix/bin/roost help, and man roost."
