package resources

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// A file of which a kind owns lines is one that it says it is in: the two are compared by that
// before any line is made.
func TestOwnedFilesHoldOwnedLines(t *testing.T) {
	text := cty.StringVal
	for name, c := range map[string]struct {
		kind  *resource.Kind
		attrs map[string]cty.Value
		files []string
	}{
		"sysctl":          {Sysctl(nil), map[string]cty.Value{"key": text("net.a"), "value": text("1"), "file": text("x.conf")}, []string{"/etc/sysctl.d/x.conf"}},
		"sysctl, absent":  {Sysctl(nil), map[string]cty.Value{"key": text("net.a"), "ensure": text("absent"), "file": text("x.conf")}, []string{"/etc/sysctl.d/x.conf"}},
		"module":          {KernelModule(nil), map[string]cty.Value{"name": text("dummy"), "saved": text(ModuleLoaded)}, []string{ModprobeFile, ModulesLoadFile}},
		"module, absent":  {KernelModule(nil), map[string]cty.Value{"name": text("dummy"), "ensure": text("absent")}, []string{ModprobeFile, ModulesLoadFile}},
		"mount":           {Mount(nil), map[string]cty.Value{"path": text("/mnt"), "saved": text("tmpfs /mnt tmpfs defaults 0 0\n")}, []string{Fstab}},
		"mount, absent":   {Mount(nil), map[string]cty.Value{"path": text("/mnt"), "ensure": text("absent")}, []string{Fstab}},
		"swap":            {Swap(nil), map[string]cty.Value{"path": text("/swap"), "saved": text("/swap none swap defaults 0 0\n")}, []string{Fstab}},
		"swap, absent":    {Swap(nil), map[string]cty.Value{"path": text("/swap"), "ensure": text("absent")}, []string{Fstab}},
		"locale":          {Locale(nil), map[string]cty.Value{"name": text("de_DE.UTF-8"), "default": cty.True}, []string{localeConf, "/etc/default/locale", localeList}},
		"locale by lang":  {Locale(nil), map[string]cty.Value{"name": text("C.UTF-8"), "lang": text("C.UTF-8")}, []string{localeConf, "/etc/default/locale"}},
		"locale, absent":  {Locale(nil), map[string]cty.Value{"name": text("de_DE.UTF-8"), "ensure": text("absent")}, []string{localeList}},
		"timezone":        {Timezone(nil), map[string]cty.Value{"zone": text("Europe/Berlin")}, []string{zoneFile}},
		"hostname, hosts": {Hostname(nil), map[string]cty.Value{"name": text("a"), "in_hosts": text("a")}, []string{hostnameFile, hostsFile}},
	} {
		r := &resource.Resource{Addr: resource.Addr{Kind: c.kind.Name, Name: "x"}, Kind: c.kind, Want: cty.ObjectVal(c.attrs)}
		got := map[string][]owned{}
		ownedLines(got, r)
		for _, file := range c.files {
			if len(got[file]) == 0 {
				t.Errorf("%s: owns nothing in %s", name, file)
			}
		}
		for file := range got {
			if !slices.Contains(c.files, file) || !slices.Contains(ownedFiles(r), file) {
				t.Errorf("%s: owns lines of %s, and says that it is in %q", name, file, ownedFiles(r))
			}
		}
	}
}

// FuzzNames compares what may be a name with the regular expressions that say so.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"", "-a", "a-b", "a_B9", "tzdata/Areas", "a,b", "a b", "ä", "a\n", "~!", strings.Repeat("a", 56)} {
		f.Add(name)
	}
	module, question := regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*$`), regexp.MustCompile(`^[!-+./-~-]+$`)
	f.Fuzz(func(t *testing.T, name string) {
		if v := cty.StringVal(name); v.AsString() == name && (checkModuleName(v) == nil) != (module.MatchString(name) && len(name) < 56) {
			t.Errorf("the module %q: %v", name, checkModuleName(v))
		}
		if (checkQuestion(name) == nil) != question.MatchString(name) {
			t.Errorf("the question %q: %v", name, checkQuestion(name))
		}
	})
}

// TestListPlaces: what lies at or below a root, whatever the lengths of the roots.
func TestListPlaces(t *testing.T) {
	var rs []*resource.Resource
	for _, p := range []string{"/", "/o", "/opt", "/opt/app", "/opt/app/x", "/opt/appendix", "/srv/long/name/y"} {
		rs = append(rs, &resource.Resource{Kind: Directory(nil), Want: cty.ObjectVal(map[string]cty.Value{"type": cty.StringVal(TypeDirectory), "path": cty.StringVal(p)})})
	}
	for roots, want := range map[string]string{
		"/opt/app": "/opt/app /opt/app/x", "/srv/long/name /opt/app": "/opt/app /opt/app/x /srv/long/name/y", "/opt": "/opt /opt/app /opt/app/x /opt/appendix", "/none": "",
	} {
		below := map[string]bool{}
		for root := range strings.FieldsSeq(roots) {
			below[root] = true
		}
		var got []string
		for _, p := range listPlaces(rs, below) {
			got = append(got, p.path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("below %s: %q, want %s", roots, got, want)
		}
	}
}
