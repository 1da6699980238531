# life.sh MANAGER: the life of the package converge on a host, from its installation as
# the README has it to its removal. /srv/release holds what a release folder holds;
# /srv/later has a later version, and /srv/repo is a repository of one that comes after
# it; /srv/install.sh and /srv/first.sh have the README's commands.
set -eu

case $1 in
apt)
	upgrade() { apt-get install -qq -y ./converge_*.deb; }
	installed() { dpkg-query -W converge; }
	remove() { apt-get remove -qq -y converge converge-pkg stow2; }
	repo=deb more='suites = ["stable"]
	components = ["main"]'
	zsh=vendor-completions left=
	;;
dnf)
	repo=rpm more=
	upgrade() { dnf -q -y upgrade ./converge-[0-9]*.rpm; }
	installed() { rpm -q converge; }
	remove() { dnf -q -y remove converge converge-pkg stow2; }
	zsh=site-functions left=/var/lib/converge
	;;
zypper)
	repo=rpm more=
	upgrade() { zypper -q -n install --allow-unsigned-rpm ./converge-[0-9]*.rpm; }
	installed() { rpm -q converge; }
	# Debian's has an error at the end (8) when it has removed the last rpm of all.
	remove() { zypper -q -n remove converge converge-pkg stow2 || [ $? = 8 ]; }
	zsh=site-functions left=/var/lib/converge
	;;
pacman)
	repo=arch/x86_64 more=
	upgrade() { pacman --noconfirm -U ./converge-[0-9]*.zst; }
	installed() { pacman -Q converge; }
	remove() { pacman --noconfirm -R converge converge-pkg stow2; }
	zsh=site-functions left=/var/lib/converge
	;;
esac

say() { echo "== $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
is() { [ "$1" = "$2" ] || fail "$3 is '$1', not '$2'"; }

# All paths but those of the manager's own books, logs, caches and keyrings.
paths() {
	find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /tmp -o -path /srv \
		-o -path /var/log -o -path /var/cache -o -path /var/tmp -o -path /root -o -path /var/lib/dpkg -o -path /var/lib/apt \
		-o -path /var/lib/rpm -o -path /var/lib/dnf -o -path /var/lib/zypp -o -path /var/lib/pacman \
		-o -path /etc/pki -o -path /etc/zypp -o -path /etc/pacman.d \) -prune -o -print | sort
}

say "before: a manager that has made its own folders"
paths >/tmp/before

say "the README's installation"
cd /srv/release
sh -e /srv/install.sh
is "$(converge version | head -n 1 | cut -d' ' -f2)" "v1.1.0-rc1" "the version"

say "what is there"
for f in bin/converge bin/converge-pkg bin/stow2 share/man/man1/converge-apply.1.gz share/man/man8/stow2.8.gz \
	share/bash-completion/completions/converge share/bash-completion/completions/stow2 \
	share/zsh/$zsh/_converge share/zsh/$zsh/_stow2 \
	share/fish/vendor_completions.d/converge.fish share/fish/vendor_completions.d/stow2.fish \
	share/doc/converge/README.md share/doc/converge/docs/kinds/file.md; do
	[ -s "/usr/$f" ] || fail "there is no /usr/$f"
done
[ -d /etc/converge/node.d ] || fail "there is no /etc/converge/node.d"
systemd-analyze verify --man=no /usr/lib/systemd/system/converge*.service /usr/lib/systemd/system/converge*.timer \
	2>/tmp/verify || cat /tmp/verify
! grep -i converge /tmp/verify || fail "systemd-analyze has something to say of the units"

say "the first manifest declares nothing, and nobody asked for a timer"
cmp /etc/converge/site.hcl /usr/share/converge/site.hcl || fail "the first manifest is another one"
is "$(converge apply /etc/converge)" "Nothing to do: 0 resources are as declared." "the first apply"
for u in converge.timer converge-retry.timer converge-drift.timer; do
	is "$(systemctl is-enabled $u || :)" disabled $u
	is "$(systemctl is-active $u || :)" inactive $u
done

# No run of the timer's own is to come between those below.
mkdir -p /run/systemd/system/converge.timer.d
printf '[Timer]\nOnBootSec=\nOnUnitInactiveSec=\nOnCalendar=yearly\n' >/run/systemd/system/converge.timer.d/test.conf
systemctl daemon-reload

say "the README's first converge"
sh -e /srv/first.sh
is "$(cat /etc/motd)" "Welcome to testhost." "the file of the README"
is "$(systemctl is-enabled converge.timer)" enabled "the timer"
is "$(systemctl is-active converge.timer)" active "the timer"

say "the unit applies the folder, with the attributes of node.d"
cat >/etc/converge/site.hcl <<'X'
file "/etc/motd" { content = "Welcome to ${node.hostname}, ${node.role}.\n" }
X
echo '{"role": "web"}' >/etc/converge/node.d/role.json
systemctl start converge.service
is "$(cat /etc/motd)" "Welcome to testhost, web." "the file"

say "drift is told, and not repaired"
systemctl start converge-drift.service || fail "there is no drift yet"
echo "Changed by hand." >/etc/motd
! systemctl start converge-drift.service 2>/dev/null || fail "the drift unit has not failed"
is "$(systemctl show -p ExecMainStatus --value converge-drift.service)" 2 "its status"
journalctl --sync
journalctl -u converge-drift -o cat | grep -q 'Changed by hand' || fail "its log does not show the drift"
is "$(cat /etc/motd)" "Changed by hand." "the file"
systemctl start converge.service
is "$(cat /etc/motd)" "Welcome to testhost, web." "the file"
systemctl enable -q --now converge-drift.timer
systemctl start converge-drift.service || fail "the drift unit sees drift after a run"
systemctl disable -q --now converge-drift.timer

say "an upgrade, from the candidate to the release"
cd /srv/later
upgrade
grep -q role /etc/converge/site.hcl || fail "the upgrade took the manifest"
is "$(systemctl is-enabled converge.timer)" enabled "the timer after the upgrade"
is "$(systemctl is-active converge.timer)" active "the timer after the upgrade"
is "$(systemctl is-enabled converge-drift.timer || :)" disabled "the other timer after the upgrade"
is "$(converge apply /etc/converge)" "Nothing to do: 1 resource is as declared." "an apply after the upgrade"

say "a run of the unit upgrades converge, from a repository, to what comes after the release"
cat >>/etc/converge/site.hcl <<X
settings { max_age = "0" }
repository "own" {
  provider   = "$1" # these hosts are Debian's, whose own is apt
  url        = "file:///srv/repo/$repo"
  key_source = "/srv/repo/own.asc"
  $more
}
package "converge" {
  provider = "$1"
  ensure   = "latest"
}
file "/srv/done" {
  content    = "x"
  depends_on = [package.converge]
}
X
was=$(stat -c %i /usr/bin/converge)
systemctl start converge.service || { journalctl -u converge -o cat; fail "the run has failed"; }
[ "$(stat -c %i /usr/bin/converge)" != "$was" ] || fail "the program is the old one"
[ -e /srv/done ] || fail "the run did not go on behind its own upgrade"
installed | grep -q abc1234 || fail "the version is $(installed)"
converge status || fail "the status is not that of a good run"
is "$(converge apply /etc/converge | tail -n 1)" "Nothing to do: 4 resources are as declared." "an apply after the run"
is "$(systemctl is-enabled converge.timer)" enabled "the timer after the run"
is "$(systemctl is-active converge.timer)" active "the timer after the run"
# The repository is not the package's to remove.
sed -i '/^settings/,$d' /etc/converge/site.hcl
printf 'repository "own" {\n  provider = "%s"\n  ensure   = "absent"\n}\n' "$1" >>/etc/converge/site.hcl
converge apply /etc/converge

say "a removal"
remove
[ ! -e /usr/bin/converge ] || fail "the program is still there"
is "$(systemctl is-active converge.timer || :)" inactive "the timer of a package that is not there"
[ -s /var/lib/converge/status.json ] || fail "a removal takes the state folder"
[ -s /etc/converge/site.hcl ] || fail "a removal takes a manifest that was edited"
rm /etc/motd
if [ "$1" = apt ]; then
	rm /etc/converge/node.d/role.json
	apt-get purge -qq -y converge stow2
else
	rm -r /etc/converge
fi
[ "$1" != apt ] || [ ! -e /var/log/converge-report.json ] || fail "the report is still there"
paths >/tmp/after
diff /tmp/before /tmp/after >/tmp/diff || :
sed -n 's/^> //p' /tmp/diff | grep -v "^${left:-/none}\(/\|\$\)" >/tmp/left || :
[ ! -s /tmp/left ] || fail "there is still: $(cat /tmp/left)"
