#!/usr/bin/env bash
# Installs roost, its manual pages and its completions for bash, zsh and fish: Scripts/install.sh [PREFIX]
# PREFIX is ~/.local unless told otherwise.
source "$(dirname "$0")/setup.sh"
prefix=${1:-$HOME/.local}
[ "$prefix" != --help ] || { sed -n '2,3s/^# //p' "$0" && exit; }
build
roost=.build/release/roost

put() { # FILE MODE: standard input becomes PREFIX/FILE
    mkdir -p "$(dirname "$prefix/$1")" && cat >"$prefix/$1" && chmod "$2" "$prefix/$1"
}
mkdir -p "$prefix/bin" || fail "$prefix can't be written: choose another directory, or use sudo."
install -m 755 "$roost" "$prefix/bin/roost"
"$roost" completion bash | put share/bash-completion/completions/roost 644
"$roost" completion zsh | put share/zsh/site-functions/_roost 644
"$roost" completion fish | put share/fish/vendor_completions.d/roost.fish 644
swift package -c release plugin generate-manual --multi-page >&2
for page in .build/plugins/GenerateManual/outputs/roost/*.1; do put "share/man/man1/$(basename "$page")" 644 <"$page"; done
say "Roost is installed in $prefix: try $prefix/bin/roost help, and man roost."
