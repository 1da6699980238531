package system

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/process"
	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// generator replaces localedef: a locale is a name in an archive.
type generator struct {
	root   string
	runs   []string
	breaks string // the locale that it fails to make
	warns  bool   // it makes each locale with a warning
}

func (g *generator) run(_ context.Context, argv ...string) (process.Result, error) {
	g.runs = append(g.runs, strings.Join(argv, " "))
	at := g.root + localeArchive
	var names []string
	if data, err := os.ReadFile(at); err == nil {
		if err := readArchive(bytes.NewReader(data), func(name string) { names = append(names, name) }); err != nil {
			return process.Result{}, err
		}
	}
	var result process.Result
	switch {
	case argv[0] != localedef:
		return process.Result{}, fmt.Errorf("%s is run", argv[0])
	case argv[1] == "--delete-from-archive":
		names = slices.DeleteFunc(names, func(n string) bool { return slices.Contains(argv[2:], n) })
	case argv[len(argv)-1] == g.breaks:
		return process.Result{Status: 4, Stderr: "no output file produced because errors were issued"}, nil
	default:
		name := argv[len(argv)-1]
		names = append(names, normalizeLocale(name))
		if base, modifier, _ := strings.Cut(name, "@"); !strings.Contains(base, ".") { // like the real one
			names = append(names, strings.TrimSuffix(normalizeLocale(base+"."+argv[4]+"@"+modifier), "@"))
		}
		if g.warns {
			result = process.Result{Status: 1, Stderr: "[warning] it is odd"}
		}
	}
	slices.Sort(names)
	return result, errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, makeArchive(slices.Compact(names)), 0o644))
}

// makeArchive makes a locale archive with names and no data.
func makeArchive(names []string) []byte {
	var text, hash bytes.Buffer
	word := func(b *bytes.Buffer, ns ...int) {
		for _, n := range ns {
			b.Write(binary.NativeEndian.AppendUint32(nil, uint32(n)))
		}
	}
	size := len(names) + 3
	strings := 56 + size*12
	for i, name := range names {
		word(&hash, 1, strings+text.Len(), i+1)
		text.WriteString(name + "\x00")
	}
	word(&hash, 0, 0, 0, 1, strings, 0, 0, 0, 0)
	var head bytes.Buffer
	word(&head, archiveMagic, 1, 56, len(names), size, strings, text.Len(), text.Len()+9, 0, 0, 0, 0, 0, 0)
	return slices.Concat(head.Bytes(), hash.Bytes(), text.Bytes(), make([]byte, 9))
}

const debianList = "# This file lists locales that you wish to have built.\n#\n# de_AT.UTF-8 UTF-8\n# de_DE ISO-8859-1\n# de_DE.UTF-8 UTF-8\n# de_DE@euro ISO-8859-15\n# en_US.UTF-8 UTF-8\nfr_FR.UTF-8 UTF-8\n"

func debian(t testing.TB, files ...string) (*Locales, *generator) {
	root, f := host(t, append([]string{
		"etc/debian_version = 12.11\\n", "etc/locale.gen = " + debianList, "usr/sbin/locale-gen = ", "etc/default/locale = # c\\nLANG=\"C.UTF-8\"\\nLC_TIME=x\\n",
		"usr/lib/locale/C.utf8/LC_IDENTIFICATION = x", "usr/share/i18n/locales/de_DE = ", "usr/share/i18n/locales/en_US = ", "usr/share/i18n/locales/de_DE@euro = ",
		"usr/share/i18n/SUPPORTED = de_DE.UTF-8 UTF-8\\nde_DE ISO-8859-1\\nde_DE@euro ISO-8859-15\\nen_US.UTF-8 UTF-8\\n",
	}, files...)...)
	g := &generator{root: root}
	put(t, root+localeArchive, string(makeArchive([]string{"fr_FR.utf8"})))
	return NewLocales(LocaleOptions{FS: f, Run: g.run}), g
}

func TestLocaleConformance(t *testing.T) {
	a := resourcetest.Attrs
	const standing = "the line of a locale is there before, commented out"
	const torn = "locale.gen is written before the locales are made, and then the default"
	world := func(t testing.TB) *resourcetest.World {
		p, g := debian(t)
		return worldOf(g.root, p)
	}
	active := func(lines ...string) string {
		text := debianList
		for _, l := range lines {
			text = strings.Replace(text, "# "+l+"\n", l+"\n", 1)
		}
		return text
	}
	resourcetest.Suite{
		Kind: resources.Locale, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept:  "a line of a file has nothing besides its words",
			resourcetest.Bytes: "the names of locales are letters, digits and few others",
		},
		Cases: []resourcetest.Case{
			{
				Name: "the default", Want: a("name", "de_DE.UTF-8", "default", true), Standing: standing, Torn: torn,
				Check: holds(localeGen, active("de_DE.UTF-8 UTF-8"), "/etc/default/locale", "# c\nLANG=\"de_DE.UTF-8\"\nLC_TIME=x\n"),
				Drifts: []resourcetest.Drift{
					{Name: "not made", Attr: "generated", Do: change(localeArchive, ""), Irreversible: "an archive without locales stays"},
					{Name: "not listed", Attr: "generated", Do: change(localeGen, debianList)},
					{Name: "another default", Attr: "lang", Do: change("/etc/default/locale", "# c\nLANG=\"fr_FR.UTF-8\"\nLC_TIME=x\n")},
				},
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("name", "de_DE.utf8", "default", true)
				},
			},
			{
				Name: "one of several", Want: a("name", "de_DE@euro"), Standing: standing, Torn: torn,
				Check: holds(localeGen, active("de_DE@euro ISO-8859-15")),
				Gone:  a("name", "de_DE@euro", "ensure", "absent"),
			},
		},
	}.Run(t)
}

func locale(t testing.TB, p *Locales, pairs ...any) *resource.Resource {
	t.Helper()
	r, err := resourcetest.Build(resources.Locale(p), &resourcetest.World{}, "x", resourcetest.Attrs(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const makeGerman = "/usr/bin/localedef -i de_DE -f UTF-8 de_DE.UTF-8"

// TestTwoLocalesOneRun shows that an existing locale is not made again.
func TestTwoLocalesOneRun(t *testing.T) {
	p, g := debian(t)
	rs := []*resource.Resource{
		locale(t, p, "name", "de_DE.UTF-8"), locale(t, p, "name", "en_US.utf8", "default", true),
		locale(t, p, "name", "fr_FR.UTF-8"), locale(t, p, "name", "C.UTF-8"),
	}
	var cs []resource.Change
	for _, r := range rs {
		if c := resourcetest.Plan(t, r); !c.Empty() {
			cs = append(cs, c)
		}
	}
	if len(cs) != 2 || len(g.runs) > 0 {
		t.Fatalf("%d changes, and the plan ran %q", len(cs), g.runs)
	}
	out := p.ApplyAll(context.Background(), cs, resource.Forecast{})
	if out.Err(0) != nil || out.Err(1) != nil || !slices.Equal(g.runs, []string{makeGerman, "/usr/bin/localedef -i en_US -f UTF-8 en_US.UTF-8"}) {
		t.Errorf("%v after %q", out.Errs, g.runs)
	}
	for _, r := range rs {
		if c := resourcetest.Plan(t, r); !c.Empty() {
			t.Errorf("%s is still to be changed: %v", r.Want.GetAttr("name").AsString(), resourcetest.Names(c))
		}
	}
}

// TestLocales: each row is a host, a declaration, and the result.
func TestLocales(t *testing.T) {
	a := resourcetest.Attrs
	fedora := []string{"etc/x = ", "usr/share/i18n/locales/de_DE = ", "usr/share/i18n/locales/sr_RS@latin = "}
	debianHost := []string{"etc/default/x = ", "etc/debian_version = 12", "etc/locale.gen = " + debianList, "usr/sbin/locale-gen = ", "usr/share/i18n/locales/de_DE = "}
	for name, tt := range map[string]struct {
		files []string
		attrs map[string]cty.Value
		runs  []string
		holds []string
		err   string
	}{
		"C.UTF-8 is always there":      {files: []string{"etc/x = "}, attrs: a("name", "C.utf8", "default", true), holds: []string{"/etc/locale.conf", "LANG=C.UTF-8\n"}},
		"the default's file is absent": {files: debianHost, attrs: a("name", "C.UTF-8", "default", true), holds: []string{"/etc/default/locale", "LANG=C.UTF-8\n"}},
		"a link to locale.conf":        {files: append(slices.Clone(debianHost), "etc/default/locale = -> ../locale.conf", "etc/locale.conf = LANG=C\\n"), attrs: a("name", "C.UTF-8", "default", true), holds: []string{"/etc/locale.conf", "LANG=C.UTF-8\n", "/etc/default/locale", "-> ../locale.conf"}},
		"by localedef":                 {files: fedora, attrs: a("name", "de_DE.UTF-8", "default", true), runs: []string{"/usr/bin/localedef -i de_DE -f UTF-8 de_DE.UTF-8"}, holds: []string{"/etc/locale.conf", "LANG=de_DE.UTF-8\n"}},
		"by localedef, a modifier":     {files: fedora, attrs: a("name", "sr_RS.UTF-8@latin"), runs: []string{"/usr/bin/localedef -i sr_RS@latin -f UTF-8 sr_RS.UTF-8@latin"}},
		"of a langpack":                {files: []string{"usr/lib/locale/de_DE.utf8/LC_IDENTIFICATION = x"}, attrs: a("name", "de_DE.UTF-8")},
		"of a langpack, absent":        {files: []string{"usr/lib/locale/de_DE.utf8/LC_IDENTIFICATION = x"}, attrs: a("name", "de_DE.UTF-8", "ensure", "absent"), err: "cannot remove the locale de_DE.UTF-8: it is a folder in /usr/lib/locale that a package ships; remove that package"},
		"no sources": {
			files: []string{"etc/x = "}, attrs: a("name", "de_DE.UTF-8"),
			err: "cannot make the locale de_DE.UTF-8: the sources of locales are not installed; a package has them or the locale itself (Debian, Ubuntu: locales; Fedora: glibc-langpack-de or glibc-locale-source; SUSE: glibc-locale or glibc-i18ndata)",
		},
		"musl":              {files: []string{"lib/ld-musl-x86_64.so.1 = "}, attrs: a("name", "de_DE.UTF-8"), err: "cannot make the locale de_DE.UTF-8: the C library of this system (musl) has no such locales"},
		"unknown":           {files: debianHost, attrs: a("name", "xx_YY.UTF-8"), err: "cannot make the locale xx_YY.UTF-8: there is no such locale in /usr/share/i18n/locales"},
		"no character set":  {files: fedora, attrs: a("name", "de_DE"), err: "cannot make the locale de_DE: its character set is not known; name it, as in de_DE.UTF-8"},
		"of the library":    {files: debianHost, attrs: a("name", "C.UTF-8", "ensure", "absent"), err: "cannot remove the locale C.UTF-8: it is part of the C library"},
		"absent, not there": {files: debianHost, attrs: a("name", "de_DE.UTF-8", "ensure", "absent"), holds: []string{localeGen, debianList}},
		"it is not listed at all": {
			files: append(slices.Clone(debianHost), "etc/locale.gen = fr_FR.UTF-8 UTF-8"), attrs: a("name", "de_DE.UTF-8"),
			runs: []string{makeGerman}, holds: []string{localeGen, "fr_FR.UTF-8 UTF-8\nde_DE.UTF-8 UTF-8\n"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			root, f := host(t, tt.files...)
			g := &generator{root: root}
			p := NewLocales(LocaleOptions{FS: f, Run: g.run})
			r, err := resourcetest.Build(resources.Locale(p), &resourcetest.World{}, "x", tt.attrs)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Observe(context.Background(), r.Want); err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("%v, want %s", err, tt.err)
				}
				return
			}
			resourcetest.Converge(t, r)
			if !slices.Equal(g.runs, tt.runs) {
				t.Errorf("it ran %q, want %q", g.runs, tt.runs)
			}
			holds(tt.holds...)(t, worldOf(root, p))
		})
	}
}

// TestUnlistedLocales shows that neither a change of a locale nor its rollback removes a locale that existed without
// being listed.
func TestUnlistedLocales(t *testing.T) {
	p, g := debian(t)
	before := string(makeArchive([]string{"de_DE.utf8", "en_US.utf8", "fr_FR.utf8"}))
	put(t, g.root+localeArchive, before)
	kind := resources.Locale(p)
	for _, tt := range []struct {
		attrs []any
		then  []string
	}{
		{[]any{"name", "de_DE.UTF-8"}, []string{"de_DE.utf8", "en_US.utf8", "fr_FR.utf8"}},
		{[]any{"name", "de_DE.UTF-8", "ensure", "absent"}, []string{"en_US.utf8", "fr_FR.utf8"}},
	} {
		c := resourcetest.Converge(t, locale(t, p, tt.attrs...))
		holds(localeArchive, string(makeArchive(tt.then)))(t, worldOf(g.root, p))
		targets, err := kind.Undo(resource.Past{Name: "x", Before: c.Have, After: c.Want, Purge: true})
		if err != nil || len(targets) != 1 {
			t.Fatal(targets, err)
		}
		resourcetest.Converge(t, &resource.Resource{Kind: kind, Want: cty.ObjectVal(targets[0].Want)})
		holds(localeArchive, before, localeGen, debianList)(t, worldOf(g.root, p))
	}
}

// TestLocaleIsNotMade: localedef fails if it cannot make a locale, and also after a mere warning.
func TestLocaleIsNotMade(t *testing.T) {
	p, g := debian(t)
	g.breaks = "de_DE.UTF-8"
	r := locale(t, p, "name", "de_DE.UTF-8")
	err := p.Apply(context.Background(), resourcetest.Plan(t, r))
	if err == nil || err.Error() != "cannot make the locale de_DE.UTF-8: no output file produced because errors were issued" {
		t.Fatal(err)
	}
	if c := resourcetest.Plan(t, r); !c.Differs("generated") {
		t.Error("it is taken for made")
	}
	g.breaks, g.warns = "", true
	resourcetest.Converge(t, r)
}

// TestRemovedLocales shows that a locale is removed, unless it is the default.
func TestRemovedLocales(t *testing.T) {
	p, g := debian(t)
	r := locale(t, p, "name", "fr_FR.UTF-8", "ensure", "absent")
	resourcetest.Converge(t, r)
	if want := []string{"/usr/bin/localedef --delete-from-archive fr_FR.utf8"}; !slices.Equal(g.runs, want) {
		t.Errorf("it ran %q", g.runs)
	}
	p, g = debian(t, "etc/default/locale = LANG=fr_FR.utf8\\n")
	r = locale(t, p, "name", "fr_FR.UTF-8", "ensure", "absent")
	blocked := p.Review(context.Background(), resourcetest.Plan(t, r), resource.Outlook{Ask: resource.AskForecast}).Blocked
	if blocked == nil || blocked.Error() != "cannot remove the locale fr_FR.UTF-8: it is the default (LANG in /etc/default/locale); make another one the default first" {
		t.Error(blocked)
	}
}

// TestReadArchive compares the reader with the real locale -a, on an archive that the real
// localedef makes.
func TestReadArchive(t *testing.T) {
	for _, program := range []string{"localedef", "locale"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("this machine has no", program)
		}
	}
	if _, err := os.Stat("/usr/share/i18n/locales/de_DE"); err != nil {
		t.Skip("this machine has no sources of locales")
	}
	root, f := host(t, "usr/lib/locale/x = ")
	if out, err := exec.Command("localedef", "--prefix="+root, "-i", "de_DE", "-f", "ISO-8859-1", "de_DE").CombinedOutput(); err != nil {
		t.Skipf("this machine makes no locales: %s, %v", out, err)
	}
	all, _, err := readLocales(f)
	if err != nil || !all["de_DE"] || !all["de_DE.iso88591"] || all["fr_FR.utf8"] {
		t.Errorf("%v, %v", all, err)
	}
	out, err := exec.Command("localedef", "--prefix="+root, "--list-archive").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(out)) {
		if !all[name] {
			t.Errorf("%s is not found", name)
		}
	}
	if got := fmt.Sprint(len(all)); got != fmt.Sprint(len(strings.Fields(string(out)))) {
		t.Errorf("there are %s, and localedef lists %q", got, out)
	}
}

// FuzzReadArchive checks that a damaged archive is an error, never a panic.
func FuzzReadArchive(f *testing.F) {
	f.Add(makeArchive([]string{"de_DE.utf8"}))
	f.Add([]byte{9, 1, 2, 0xde})
	f.Fuzz(func(t *testing.T, data []byte) {
		n := 0
		if err := readArchive(bytes.NewReader(data), func(string) { n++ }); err == nil && n > len(data) {
			t.Fatal("more names than bytes")
		}
	})
}

// TestLocalesComeBack: each row is a list and an archive, a declaration, and the state after its rollback: the same
// bytes and names as before.
func TestLocalesComeBack(t *testing.T) {
	const open = "# de_DE ISO-8859-1\n# de_DE.UTF-8 UTF-8"
	for name, tt := range map[string]struct {
		list, names string
		attrs       []any
		made        string
	}{
		"the last line has no end":        {open, "fr_FR.utf8", []any{"name", "de_DE"}, "de_DE de_DE.iso88591 fr_FR.utf8"},
		"it is the last line":             {open, "fr_FR.utf8", []any{"name", "de_DE.UTF-8"}, "de_DE.utf8 fr_FR.utf8"},
		"it comes after the last line":    {"fr_FR.UTF-8 UTF-8", "fr_FR.utf8", []any{"name", "de_DE.UTF-8"}, "de_DE.utf8 fr_FR.utf8"},
		"its name with the charset":       {debianList, "fr_FR.utf8", []any{"name", "de_DE@euro"}, "de_DE.iso885915@euro de_DE@euro fr_FR.utf8"},
		"that name was there":             {debianList, "de_DE.iso88591 fr_FR.utf8", []any{"name", "de_DE"}, "de_DE de_DE.iso88591 fr_FR.utf8"},
		"removed with both names":         {"de_DE ISO-8859-1\n", "de_DE de_DE.iso88591", []any{"name", "de_DE", "ensure", "absent"}, ""},
		"removed, and the other is meant": {"de_DE ISO-8859-1\nde_DE.ISO-8859-1 ISO-8859-1\n", "de_DE de_DE.iso88591", []any{"name", "de_DE", "ensure", "absent"}, "de_DE.iso88591"},
	} {
		t.Run(name, func(t *testing.T) {
			p, g := debian(t)
			before := string(makeArchive(strings.Fields(tt.names)))
			put(t, g.root+localeArchive, before)
			put(t, g.root+localeGen, tt.list)
			c := resourcetest.Converge(t, locale(t, p, tt.attrs...))
			holds(localeArchive, string(makeArchive(strings.Fields(tt.made))))(t, worldOf(g.root, p))
			kind := resources.Locale(p)
			targets, err := kind.Undo(resource.Past{Name: "x", Before: c.Have, After: c.Want, Purge: true})
			if err != nil || len(targets) != 1 {
				t.Fatal(targets, err)
			}
			resourcetest.Converge(t, &resource.Resource{Kind: kind, Want: cty.ObjectVal(targets[0].Want)})
			holds(localeArchive, before, localeGen, tt.list)(t, worldOf(g.root, p))
		})
	}
}

// notes implements [Notes] in memory.
type notes map[string]string

func (n notes) ReadMaking(path string) string { return n[path] }

func (n notes) NoteMaking(path, note string) error {
	n[path] = note
	return nil
}

// TestLocalesGoAsTheyCame: two runs list one locale each in a list without a final newline. After both are removed, in
// either order, the newline is missing again.
func TestLocalesGoAsTheyCame(t *testing.T) {
	const list = "# a list\nfr_FR.UTF-8 UTF-8"
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		p, g := debian(t)
		p.locales.Ledger = notes{}
		put(t, g.root+localeGen, list)
		var undos []cty.Value
		kind := resources.Locale(p)
		for _, name := range []string{"de_DE.UTF-8", "en_US.UTF-8"} {
			c := resourcetest.Converge(t, locale(t, p, "name", name))
			targets, err := kind.Undo(resource.Past{Name: "x", Before: c.Have, After: c.Want, Purge: true})
			if err != nil || len(targets) != 1 {
				t.Fatal(targets, err)
			}
			undos = append(undos, cty.ObjectVal(targets[0].Want))
		}
		for _, i := range order {
			resourcetest.Converge(t, &resource.Resource{Kind: kind, Want: undos[i]})
		}
		holds(localeGen, list)(t, worldOf(g.root, p))
	}
}

// TestDefaultIsSetBeforeItIsRemoved: one run makes another locale the default and removes the previous one, in either
// order of the resources.
func TestDefaultIsSetBeforeItIsRemoved(t *testing.T) {
	p, _ := debian(t, "etc/default/locale = LANG=fr_FR.UTF-8\n")
	gone, set := locale(t, p, "name", "fr_FR.UTF-8", "ensure", "absent"), locale(t, p, "name", "C.UTF-8", "default", true)
	if needs, shares := gone.Links().Needs, set.Links().Shares; len(shares) != 1 || needs[len(needs)-1].Key != shares[0] {
		t.Errorf("%v needs nothing of %v", needs, shares)
	}
	out := p.ApplyAll(context.Background(), []resource.Change{resourcetest.Plan(t, gone), resourcetest.Plan(t, set)}, resource.Forecast{})
	if out.Err(0) != nil || out.Err(1) != nil {
		t.Error(out.Errs)
	}
	if err := p.Apply(context.Background(), resourcetest.Plan(t, locale(t, p, "name", "C.UTF-8", "default", true))); err != nil {
		t.Error(err)
	}
	p, _ = debian(t, "etc/default/locale = LANG=fr_FR.UTF-8\n")
	if err := p.Apply(context.Background(), resourcetest.Plan(t, locale(t, p, "name", "fr_FR.UTF-8", "ensure", "absent"))); err == nil {
		t.Error("the default locale is removed")
	}
}
