package initd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// plantLinks makes links below /etc: "rc2.d/S01web" to the script of its name.
func (f *folder) plantLinks(t testing.TB, links ...string) {
	t.Helper()
	for _, l := range links {
		at := filepath.Join(f.root, "etc", l)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(l)
		if strings.HasPrefix(l, "rc") {
			name = name[3:]
		}
		if err := os.Symlink("../init.d/"+name, at); err != nil {
			t.Fatal(err)
		}
	}
}

// linkNames are the links of f without their targets, on one line.
func (f *folder) linkNames(t testing.TB) string {
	var out []string
	for line := range strings.Lines(f.links(t)) {
		name, _, _ := strings.Cut(line, " → ")
		out = append(out, name)
	}
	return strings.Join(out, " ")
}

const (
	inBoot = "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: web\n# Default-Start: S\n# Default-Stop:\n### END INIT INFO\n"
	after  = "#!/bin/sh\n### BEGIN INIT INFO\n# Provides: web\n# Required-Start: $syslog db\n# Default-Start: 2\n# Default-Stop: 0\n### END INIT INFO\n"
	native = "#!/sbin/openrc-run\ncommand=/bin/true\n"
)

// Which links make a service enabled, and which are made and removed, where no
// update-rc.d is.
func TestLinks(t *testing.T) {
	for _, c := range []struct {
		summary string
		system  System
		script  string // "": there is none
		links   string // before
		want    bool
		changes string
		after   string
	}{
		{"enabled anew", SysV, daemon, "", true, "enabled", "rc0.d/K01web rc1.d/K01web rc2.d/S01web rc3.d/S01web rc4.d/S01web rc5.d/S01web rc6.d/K01web"},
		{"after what it requires, by name and by facility", SysV, after, "rc2.d/S03db rc2.d/S05rsyslog rc2.d/S20other", true, "enabled", "rc0.d/K01web rc2.d/S03db rc2.d/S05rsyslog rc2.d/S06web rc2.d/S20other"},
		{"enabled after it was disabled", SysV, daemon, "rc2.d/K80web rc3.d/K80web", true, "enabled", "rc0.d/K01web rc1.d/K01web rc2.d/S20web rc3.d/S20web rc4.d/S01web rc5.d/S01web rc6.d/K01web"},
		{"started before any runlevel", SysV, inBoot, "", true, "enabled", "rcS.d/S01web"},
		{"is enabled", SysV, daemon, "rc2.d/S05web", true, "", "rc2.d/S05web"},
		{"is enabled at another place", SysV, daemon, "rc3.d/S05web", true, "enabled", "rc0.d/K01web rc1.d/K01web rc2.d/S01web rc3.d/S05web rc4.d/S01web rc5.d/S01web rc6.d/K01web"},
		{"disabled", SysV, daemon, "rc0.d/K01web rc2.d/S01web rc5.d/S02web", false, "enabled", "rc0.d/K01web rc2.d/K99web rc5.d/K98web"},
		{"is disabled without links", SysV, daemon, "", false, "", ""},
		{"is disabled", SysV, daemon, "rc2.d/K01web", false, "", "rc2.d/K01web"},
		{"has no script", SysV, "", "rc0.d/K01web rc2.d/S01web rc2.d/S01other", false, "enabled", "rc2.d/S01other"},
		{"another of a similar name", SysV, daemon, "rc2.d/S01web2 rc2.d/S01we", false, "", "rc2.d/S01we rc2.d/S01web2"},

		{"enabled", OpenRC, native, "", true, "enabled", "runlevels/default/web"},
		{"is in the runlevel boot", OpenRC, native, "runlevels/boot/web", true, "", "runlevels/boot/web"},
		{"starts at the shutdown only", OpenRC, native, "runlevels/shutdown/web", false, "", "runlevels/shutdown/web"},
		{"disabled in each", OpenRC, native, "runlevels/boot/web runlevels/default/web runlevels/default/other", false, "enabled", "runlevels/default/other"},
		{"a script of sysvinit", OpenRC, daemon, "rc2.d/K80web", true, "enabled", "rc2.d/S20web runlevels/default/web"},
		{"one for the boot", OpenRC, inBoot, "", true, "enabled", "runlevels/sysinit/web"},
		{"disabled in both", OpenRC, daemon, "runlevels/default/web rc2.d/S20web", false, "enabled", "rc2.d/K80web"},
		{"has no script in OpenRC", OpenRC, "", "runlevels/default/web", false, "enabled", ""},
	} {
		t.Run(c.summary, func(t *testing.T) {
			f := newFolder(t, c.system, map[string]string{"etc/insserv.conf": "# facilities\n$syslog +rsyslog +sysklogd\n"})
			if c.script != "" {
				f.write(t, "etc/init.d/web", c.script)
			}
			f.plantLinks(t, strings.Fields(c.links)...)
			equal(t, "changes", f.converge(t, "name", "web", "enabled", c.want), c.changes)
			equal(t, "links", f.linkNames(t), c.after)
		})
	}
}

// TestRollbackRestoresLinks: a rollback makes the links that were there, in their runlevels and with their numbers, and
// removes no link that others have made.
func TestRollbackRestoresLinks(t *testing.T) {
	for name, c := range map[string]struct {
		system System
		script string
		links  string // before, and after the rollback
		enable bool
		moved  [2]string // a link that the tool of the init system renames meanwhile
		late   string    // a link that others make meanwhile
	}{
		"another runlevel":     {system: OpenRC, script: native, links: "runlevels/boot/web runlevels/default/other"},
		"two runlevels":        {system: OpenRC, script: native, links: "runlevels/boot/web runlevels/default/web"},
		"enabled":              {system: OpenRC, script: native, enable: true},
		"enabled twice":        {system: OpenRC, script: native, enable: true, late: "runlevels/boot/web"},
		"a script of sysvinit": {system: OpenRC, script: daemon, links: "rc2.d/S20web rc3.d/K70web runlevels/boot/web"},
		"without a script":     {system: OpenRC, links: "rc2.d/S20web runlevels/boot/web"},
		"numbers":              {system: SysV, script: daemon, links: "rc0.d/K10web rc2.d/S20web rc3.d/S25web"},
		"numbered anew":        {system: SysV, script: daemon, links: "rc2.d/S20web rc3.d/S25web", moved: [2]string{"rc2.d/K80web", "rc2.d/K01web"}},
		"without a header":     {system: SysV, script: "#!/bin/sh\n", links: "rc2.d/S20web"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t, c.system, nil)
			if c.script != "" {
				f.write(t, "etc/init.d/web", c.script)
			}
			f.plantLinks(t, strings.Fields(c.links)...)
			before := f.links(t)
			r := f.service(t, "name", "web", "enabled", c.enable)
			change, _, err := f.Record(t.Context(), resourcetest.Plan(t, r))
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "changes", resourcetest.Names(resourcetest.Converge(t, r)), "enabled")
			if c.moved[0] != "" {
				if err := os.Rename(filepath.Join(f.root, "etc", c.moved[0]), filepath.Join(f.root, "etc", c.moved[1])); err != nil {
					t.Fatal(err)
				}
			}
			f.plantLinks(t, strings.Fields(c.late)...)
			if c.script == "" {
				f.write(t, "etc/init.d/web", native) // a rollback restores it first
			}
			us, err := change.Kind.Undo(resource.Past{Kind: change.Kind, Name: change.Label(), Before: change.Have, After: change.Want})
			if err != nil || len(us) != 1 {
				t.Fatal(us, err)
			}
			back := &resource.Resource{Addr: change.Addr, Kind: change.Kind, Want: cty.ObjectVal(us[0].Want)}
			equal(t, "the rollback changes", resourcetest.Names(resourcetest.Converge(t, back)), "enabled")
			if c.late != "" {
				if err := os.Remove(filepath.Join(f.root, "etc", c.late)); err != nil {
					t.Fatal(err)
				}
			}
			equal(t, "links", f.links(t), before)
		})
	}
}

// A runlevel of OpenRC may have others stacked on it.
func TestStackedRunlevel(t *testing.T) {
	f := newFolder(t, OpenRC, map[string]string{"etc/init.d/web": native})
	f.plantLinks(t, "runlevels/office/web")
	if err := os.MkdirAll(f.root+"/etc/runlevels/default", 0o755); err != nil {
		t.Fatal(err)
	}
	equal(t, "not stacked", f.converge(t, "name", "web", "enabled", false), "")
	if err := os.Symlink("/etc/runlevels/office", f.root+"/etc/runlevels/default/office"); err != nil {
		t.Fatal(err)
	}
	equal(t, "stacked", f.converge(t, "name", "web", "enabled", true), "")
	equal(t, "disabled", f.converge(t, "name", "web", "enabled", false), "enabled")
	equal(t, "links", f.linkNames(t), "runlevels/default/office")
}

// update-rc.d makes the links where there is one; its failure is the change's.
func TestUpdateRcd(t *testing.T) {
	const tool = `#!/bin/sh
echo "$*" >>ROOT/run/tool
[ -e ROOT/run/fail ] && { echo 'update-rc.d: error: broken' >&2; exit 1; }
case $2 in
defaults) ln -s ../init.d/$1 ROOT/etc/rc2.d/S07$1 ;;
enable) mv ROOT/etc/rc2.d/K01$1 ROOT/etc/rc2.d/S07$1 ;;
disable) mv ROOT/etc/rc2.d/S07$1 ROOT/etc/rc2.d/K01$1 ;;
esac
`
	f := newFolder(t, SysV, map[string]string{"etc/init.d/web": daemon, "usr/sbin/update-rc.d": tool})
	equal(t, "first", f.converge(t, "name", "web", "enabled", true), "enabled")
	equal(t, "disabled", f.converge(t, "name", "web", "enabled", false), "enabled")
	equal(t, "enabled again", f.converge(t, "name", "web", "enabled", true), "enabled")
	equal(t, "nothing to do", f.converge(t, "name", "web", "enabled", true), "")
	equal(t, "links", f.linkNames(t), "rc2.d/S07web")
	equal(t, "calls", f.read("run/tool"), "web defaults\nweb disable\nweb enable\n")
	f.write(t, "run/fail", "")
	contains(t, "a failure", f.try(t, "name", "web", "enabled", false), "cannot disable service web: update-rc.d web disable: exit status 1\n  update-rc.d: error: broken")
}
