package kernel

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestManyModulesOneWrite: each of the two files is replaced once, and a module that
// cannot be loaded gets no line for the boot.
func TestManyModulesOneWrite(t *testing.T) {
	p, program := moduleHost(t)
	var cs []resource.Change
	for _, name := range []string{"br_netfilter", "bridge", "dummy"} {
		cs = append(cs, resourcetest.Plan(t, module(t, p, "name", name, "options", map[string]any{"a": 1})))
	}
	count := func(dir string, do func()) int {
		return countReplacements(t, filepath.Join(program.root, dir), "-converge.conf", do)
	}
	var lists int
	options := count("etc/modprobe.d", func() {
		lists = count("etc/modules-load.d", func() {
			if out := p.ApplyAll(context.Background(), cs, resource.Forecast{}); slices.ContainsFunc(out.Errs, func(err error) bool { return err != nil }) {
				t.Error(out.Errs)
			}
		})
	})
	if options != 1 || lists != 1 {
		t.Errorf("%d and %d replacements", options, lists)
	}
	program.fail = "modprobe: ERROR: could not insert 'usb_storage': Invalid argument"
	err := p.Apply(context.Background(), resourcetest.Plan(t, module(t, p, "name", "usb_storage")))
	if err == nil || err.Error() != "cannot load the module usb_storage: "+program.fail {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(program.root, "etc/modules-load.d/60-converge.conf")); err != nil || string(text) != "br_netfilter\nbridge\ndummy\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// TestMissingFolder: a minimal system has no modprobe.d, and a plan does not make it by itself.
func TestMissingFolder(t *testing.T) {
	p, program := moduleHost(t)
	if err := os.RemoveAll(filepath.Join(program.root, "etc/modprobe.d")); err != nil {
		t.Fatal(err)
	}
	c := resourcetest.Plan(t, module(t, p, "name", "dummy", "disabled", true, "live", false))
	err := p.Apply(t.Context(), c)
	if err == nil || !strings.HasSuffix(err.Error(), `there is no directory "/etc/modprobe.d"; declare it: directory "/etc/modprobe.d" {}`) {
		t.Error(err)
	}
}

// TestReload: the verb unloads and loads; a boot since has done the same, and a change
// that loads the module too.
func TestReload(t *testing.T) {
	p, program := moduleHost(t)
	r, ctx := module(t, p, "name", "dummy", "options", map[string]any{"a": 1}), context.Background()
	if c := resourcetest.Plan(t, r); !r.Kind.Settles(c, "reload") {
		t.Error("loading does not settle the action")
	}
	if err := p.Act(ctx, r.Want, "reload"); err != nil || len(program.runs) > 0 {
		t.Error("a module that is not loaded is reloaded:", program.runs, err)
	}
	resourcetest.Converge(t, r)
	for boot, want := range map[string]bool{"b": false, "a": true, "": false} {
		since := resource.Instant{Boot: boot}
		if got, err := p.Satisfied(ctx, r.Want, "reload", since); err != nil || got != want {
			t.Errorf("owed since boot %q it is satisfied: %v, %v", boot, got, err)
		}
		if got := p.Review(ctx, resource.Change{Want: r.Want, Action: resource.Run}, resource.Outlook{Ask: resource.AskAction, Verb: "reload", Owed: []resource.Instant{since}}); got.Satisfied != want {
			t.Errorf("owed since boot %q the plan takes it for satisfied: %v", boot, got.Satisfied)
		}
	}
	program.runs = nil
	if err := p.Act(ctx, r.Want, "reload"); err != nil || strings.Join(program.runs, "; ") != "modprobe -r dummy; modprobe dummy" {
		t.Error(program.runs, err)
	}
	program.fail = "modprobe: FATAL: Module dummy is in use."
	if err := p.Act(ctx, r.Want, "reload"); err == nil || err.Error() != "cannot unload the module dummy: "+program.fail {
		t.Error(err)
	}
}

// TestParameterOfAModule: a parameter that a module brings comes after the modules, and
// is tentative until then. After the module was loaded it is there.
func TestParameterOfAModule(t *testing.T) {
	p, program := moduleHost(t, "etc/sysctl.d/README = ")
	s := New(p.modules.Options)
	r := parameter(t, s, "key", "net.bridge.bridge-nf-call-iptables", "value", 1)
	if _, err := s.Observe(context.Background(), r.Want); err == nil || !strings.Contains(err.Error(), "a module may have to be loaded first") {
		t.Error(err)
	}
	m := module(t, p, "name", "br_netfilter")
	needed := slices.ContainsFunc(r.Kind.Links(r.Want).Needs, func(n resource.Need) bool {
		return slices.Contains(m.Kind.Links(m.Want).Before, n.Key)
	})
	if !needed || !m.Kind.Moves(resourcetest.Plan(t, m)) {
		t.Error("nothing puts the parameter after the module")
	}
	resourcetest.Converge(t, m)
	at := filepath.Join(program.root, "proc/sys/net/bridge")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at+"/bridge-nf-call-iptables", []byte("0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	resourcetest.Converge(t, r)
}

// TestParseModprobe by the rules of modprobe.d(5); the input is of Debian's kmod, of
// alsa-base and of a hardening guide.
func TestParseModprobe(t *testing.T) {
	const text = "# comment\n\n" +
		"alias char-major-10-* loop\n" +
		"install sound-slot-0 /sbin/modprobe snd-card-0\n" +
		"options snd-hda-intel power_save=1 \\\n    model=\"a b\" flag\n" +
		"blacklist i2c_i801\n" +
		"  options\tusb-core\tautosuspend=-1  \n" +
		"install cramfs /bin/true\ninstall cramfs /sbin/other\nblacklist\n"
	var all []string
	c := moduleConfig(parseModprobe("f", []byte(text)))
	for _, l := range c {
		all = append(all, strings.Join([]string{l.String(), l.command, l.name, l.rest}, "|"))
	}
	want := []string{
		"f:3|alias|char_major_10_*|loop",
		"f:4|install|sound_slot_0|/sbin/modprobe snd-card-0",
		"f:5|options|snd_hda_intel|power_save=1      model=\"a b\" flag",
		"f:7|blacklist|i2c_i801|",
		"f:8|options|usb_core|autosuspend=-1",
		"f:9|install|cramfs|/bin/true",
		"f:10|install|cramfs|/sbin/other",
	}
	if !slices.Equal(all, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(all, "\n"), strings.Join(want, "\n"))
	}
	o := c.options("snd_hda_intel")
	if len(o) != 3 || o["model"].value != "a b" || o["power_save"].value != "1" || o["flag"].value != "" {
		t.Errorf("the options are %v", o)
	}
	if l, ok := c.disabling("cramfs"); !ok || l.line != 9 {
		t.Errorf("%v disables it, %v", l, ok)
	}
	if _, ok := c.disabling("sound_slot_0"); ok {
		t.Error("an install command that loads a module disables it")
	}
}

// What somebody else has written of the module into converge's own file stays.
func TestOtherLinesOfAModuleStay(t *testing.T) {
	const others = "alias n m\nsoftdep m pre: n\nremove m /sbin/modprobe -r m n\noptions n a=1\n"
	for text, want := range map[string]string{
		others:                     others + "options m k=1\n",
		"options m k=2\n" + others: "options m k=1\n" + others,
		"blacklist m\n" + others + "install m /bin/false\n": "options m k=1\n" + others,
	} {
		if got := string(replaceModuleLines([]byte(text), parseModprobe, "m", []string{"options m k=1"})); !sameLines(got, want) {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if got := string(replaceModuleLines([]byte(text), parseModprobe, "m", nil)); got != others {
			t.Errorf("without the module %q became %q", text, got)
		}
	}
}

// sameLines compares lines whatever their order: a module's come before those of the next name.
func sameLines(a, b string) bool {
	return slices.Equal(slices.Sorted(strings.Lines(a)), slices.Sorted(strings.Lines(b)))
}

// FuzzModuleLines: an edit of one module's lines leaves those of all others, and does
// nothing the second time.
func FuzzModuleLines(f *testing.F) {
	f.Add("options a b=1\n# c\nblacklist m\ninstall m /bin/false", "x=1", true)
	f.Add("options m a \\\n b\nalias m n\n", "\"", false)
	f.Add("softdep m pre: n\nremove m /sbin/modprobe -r n\noptions m k=1\n", "2", false)
	f.Fuzz(func(t *testing.T, text, value string, list bool) {
		parse, lines := parseModprobe, []string{resources.ModuleOptions("m", map[string]string{"k": value})}
		if list {
			parse, lines = parseModulesLoad, []string{"m"}
		}
		if strings.ContainsFunc(value, func(r rune) bool {
			return r == '"' || r == '\\' || unicode.IsControl(r) || unicode.IsSpace(r) && r != ' '
		}) || strings.HasSuffix(strings.TrimRight(text, "\r\n"), "\\") {
			return // refused, or a line that goes on beyond the end
		}
		once := replaceModuleLines([]byte(text), parse, "m", lines)
		if twice := replaceModuleLines(once, parse, "m", lines); string(twice) != string(once) {
			t.Fatalf("%q became %q the second time", once, twice)
		}
		others := func(text []byte) (out []string) {
			for _, l := range parse("", text) {
				if l.name != "m" || !l.isOfResource() {
					out = append(out, l.command+" "+l.name+" "+l.rest)
				}
			}
			return out
		}
		if a, b := others([]byte(text)), others(once); !slices.Equal(a, b) {
			t.Fatalf("%q became %q of other modules", a, b)
		}
		if !list {
			if o := moduleConfig(parse("", once)).options("m"); o["k"].value != value {
				t.Fatalf("%q: the option is %q", once, o["k"].value)
			}
		}
		if gone := replaceModuleLines(once, parse, "m", nil); len(moduleConfig(parse("", gone)).own("", "m")) > 0 {
			t.Fatalf("%q is left", gone)
		}
	})
}
