package repository

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// plannedOf shows the files that changes of repositories will change.
func plannedOf(t *testing.T, m *machine, manager string, rs ...[]any) string {
	t.Helper()
	var cs []resource.Change
	for _, attrs := range rs {
		res, err := resourcetest.Build(resources.Repository(m.Provider), m.world(), attrs[1].(string), resourcetest.Attrs(attrs...))
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, resourcetest.Plan(t, res))
	}
	files := m.PlannedFiles(t.Context(), manager, slices.Values(cs))
	var out []string
	for _, file := range slices.Sorted(maps.Keys(files)) {
		text := "nil"
		if files[file] != nil {
			text = fmt.Sprintf("%q", strings.ReplaceAll(string(files[file]), "# Written by converge; changes made here do not last.\n", ""))
		}
		out = append(out, file+" "+text)
	}
	return strings.Join(out, "\n")
}

func TestFilesThatWillDiffer(t *testing.T) {
	ours, other := newSigner(t, "ours", 0), newSigner(t, "other", 0)
	const conf = "[options]\n[old]\nServer = file:///old\n[core]\n"
	m := newMachine(t, map[string]string{
		"/srv/repodata/repomd.xml": "x", "/srv/repodata/repomd.xml.asc": other.detach(t, "x"),
		"/etc/pacman.conf": conf, "/etc/yum.repos.d/old.repo": "[old]\n",
	})
	before := m.dump(true)
	dnf := func(name string, more ...any) []any {
		return append([]any{"name", name, "provider", "dnf", "url", "file:///srv"}, more...)
	}
	pacman := func(name string, more ...any) []any {
		return append([]any{"name", name, "provider", "pacman"}, more...)
	}
	const acme = "/etc/yum.repos.d/acme.repo \"[acme]\\nname=acme\\nbaseurl=file:///srv\\nenabled=1\\ngpgcheck=0\\nrepo_gpgcheck=0\\n\""
	for what, tt := range map[string]struct {
		got, want string
	}{
		"another manager":         {plannedOf(t, m, "zypper", dnf("acme", "trusted", true)), ""},
		"a new one, and one less": {plannedOf(t, m, "dnf", dnf("acme", "trusted", true), []any{"name", "old", "provider", "dnf", "ensure", "absent"}), "/etc/pki/rpm-gpg/RPM-GPG-KEY-acme nil\n/etc/pki/rpm-gpg/RPM-GPG-KEY-old nil\n" + acme + "\n/etc/yum.repos.d/old.repo nil"},
		"signed by another key":   {plannedOf(t, m, "dnf", dnf("acme", "key", ours.armored)), ""},
		"sections of one file": {
			plannedOf(t, m, "pacman", pacman("acme", "url", "file:///srv", "trusted", true, "before", "core"), pacman("old", "ensure", "absent")),
			"/etc/pacman.conf \"[options]\\n[acme]\\nSigLevel = Never\\nServer = file:///srv\\n[core]\\n\"\n/etc/pacman.d/acme.asc nil\n/etc/pacman.d/old.asc nil",
		},
	} {
		if tt.got != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", what, tt.got, tt.want)
		}
	}
	if m.dump(true) != before {
		t.Error("a plan has written")
	}
}
