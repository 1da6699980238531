#!/bin/sh
# go.sh check GO   says what to do if the go command GO is too old to read go.mod
# go.sh fetch GO   has such a GO fetch one that is not, into dist/go
#
# Since 1.21 the go command fetches the version that go.mod names by itself, or says
# clearly why it does not. Older ones, such as the 1.19 of Debian 12, refuse go.mod:
# "invalid go version '1.26.0': must match format 1.23".
set -eu
cd "$(dirname "$0")/.."
needed=$(sed -n 's/^go //p' go.mod)
go=$2
dist=${3:-dist}

if ! said=$("$go" version 2>&1); then
	echo "converge needs Go $needed, and $go version says: $said" >&2
	exit 1
fi
own=$(echo "$said" | sed -n 's/^go version go\([0-9][0-9.]*\).*/\1/p')

case $1 in
check)
	major=${own%%.*} rest=${own#*.}
	minor=${rest%%.*}
	# A go command built from its development branch has no such number; it knows best.
	case $major.$minor in
	*[!0-9.]* | .*) exit 0 ;;
	esac
	if [ "$major" -gt 1 ] || [ "$minor" -ge 21 ]; then
		exit 0
	fi
	with=
	[ "$go" = go ] || with=" GO=$go"
	cat >&2 <<-TEXT
		converge needs Go $needed or newer. $(command -v "$go") is Go $own, which cannot read go.mod.
		It can fetch a newer one, as a module, checked by the checksum database:
		    make go$with
		    make build GO=$dist/go/bin/go
		Any Go from 1.21 on fetches what go.mod asks for by itself.
	TEXT
	exit 1
	;;
fetch)
	system=$("$go" env GOHOSTOS)-$("$go" env GOHOSTARCH)
	# Outside of this module, whose go.mod the command cannot read.
	answer=$(cd / && "$go" mod download -json "golang.org/toolchain@v0.0.1-go$needed.$system") || {
		echo "$answer" >&2
		exit 1
	}
	dir=$(echo "$answer" | sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p')
	# What is unpacked as a module may not be run.
	chmod +x "$dir"/bin/* "$dir"/pkg/tool/*/*
	mkdir -p "$dist"
	ln -sfn "$dir" "$dist/go"
	"$dist/go/bin/go" version
	;;
esac
