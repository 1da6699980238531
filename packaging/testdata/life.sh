# life.sh MANAGER: the life of the package converge on a host, from its installation as
# the README has it to its removal. /srv/release holds what a release folder holds;
# /srv/later has a folder for each later version; /srv/install.sh and /srv/first.sh have
# the README's commands.
set -eu

case $1 in
apt)
	upgrade() { apt-get install -qq -y ./converge_*.deb; }
	remove() { apt-get remove -qq -y converge stow2; }
	zsh=vendor-completions left=
	;;
dnf)
	upgrade() { dnf -q -y upgrade ./converge-[0-9]*.rpm; }
	remove() { dnf -q -y remove converge stow2; }
	zsh=site-functions left=/var/lib/converge
	;;
zypper)
	upgrade() { zypper -q -n install --allow-unsigned-rpm ./converge-[0-9]*.rpm; }
	# Debian's has an error at the end (8) when it has removed the last rpm of all.
	remove() { zypper -q -n remove converge stow2 || [ $? = 8 ]; }
	zsh=site-functions left=/var/lib/converge
	;;
pacman)
	upgrade() { pacman --noconfirm -U ./converge-[0-9]*.zst; }
	remove() { pacman --noconfirm -R converge stow2; }
	zsh=site-functions left=/var/lib/converge
	;;
esac

say() { echo "== $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
is() { [ "$1" = "$2" ] || fail "$3 is '$1', not '$2'"; }

# All paths but those of the manager's own books, logs and caches.
paths() {
	find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /tmp -o -path /srv \
		-o -path /var/log -o -path /var/cache -o -path /var/tmp -o -path /root -o -path /var/lib/dpkg -o -path /var/lib/apt \
		-o -path /var/lib/rpm -o -path /var/lib/dnf -o -path /var/lib/zypp -o -path /var/lib/pacman \) -prune -o -print | sort
}

say "before: a manager that has made its own folders"
paths >/tmp/before

say "the README's installation"
cd /srv/release
sh -e /srv/install.sh
is "$(converge version | head -n 1 | cut -d' ' -f2)" "v1.1.0-rc1" "the version"

say "what is there"
for f in bin/converge bin/stow2 share/man/man1/converge-apply.1.gz share/man/man8/stow2.8.gz \
	share/bash-completion/completions/converge share/bash-completion/completions/stow2 \
	share/zsh/$zsh/_converge share/zsh/$zsh/_stow2 \
	share/fish/vendor_completions.d/converge.fish share/fish/vendor_completions.d/stow2.fish \
	share/doc/converge/README.md share/doc/converge/docs/kinds/file.md; do
	[ -s "/usr/$f" ] || fail "there is no /usr/$f"
done
[ -d /etc/converge/node.d ] || fail "there is no /etc/converge/node.d"
systemd-analyze verify --man=no /usr/lib/systemd/system/converge.service /usr/lib/systemd/system/converge.timer \
	/usr/lib/systemd/system/converge-drift.service /usr/lib/systemd/system/converge-drift.timer 2>/tmp/verify || cat /tmp/verify
! grep -i converge /tmp/verify || fail "systemd-analyze has something to say of the units"

say "the first manifest declares nothing, and nobody asked for a timer"
cmp /etc/converge/site.hcl /usr/share/converge/site.hcl || fail "the first manifest is another one"
is "$(converge apply /etc/converge)" "Nothing to do: 0 resources are as declared." "the first apply"
for u in converge.timer converge-drift.timer; do
	is "$(systemctl is-enabled $u || :)" disabled $u
	is "$(systemctl is-active $u || :)" inactive $u
done

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

say "upgrades: from the candidate to the release, and to what comes after it"
for v in v1.1.0 v1.1.0-4-gabc1234; do
	cd "/srv/later/$v"
	upgrade
	grep -q role /etc/converge/site.hcl || fail "the upgrade to $v took the manifest"
	is "$(systemctl is-enabled converge.timer)" enabled "the timer after the upgrade to $v"
	is "$(systemctl is-active converge.timer)" active "the timer after the upgrade to $v"
	is "$(systemctl is-enabled converge-drift.timer || :)" disabled "the other timer after the upgrade to $v"
	is "$(converge apply /etc/converge)" "Nothing to do: 1 resource is as declared." "an apply after the upgrade to $v"
done

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
paths >/tmp/after
diff /tmp/before /tmp/after >/tmp/diff || :
sed -n 's/^> //p' /tmp/diff | grep -v "^${left:-/none}\(/\|\$\)" >/tmp/left || :
[ ! -s /tmp/left ] || fail "there is still: $(cat /tmp/left)"
