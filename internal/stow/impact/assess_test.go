package impact_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/impact"
)

// damaged is a file for which every reader of an image reports an error.
const damaged = "\x7fELF, and nothing that would belong to it"

// recorded returns control data as a program writes it.
func recorded(fields string) string {
	return "Control-Version: 1\n" + fields + "Generated: 2026-01-02T03:04:05Z by converge (fields Built-With, ABI-Machine)\n"
}

const machine = "ABI-Machine: 64-x86_64\n"

// build makes a stow directory and an assessor for it. All images are damaged: the errors show which ones were read.
func build(t *testing.T, files map[string]string) (*impact.Assessor, *[]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := fsys.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	var told []string
	return &impact.Assessor{
		Store:  control.Store{Disk: control.OnDisk(root), Dir: dir},
		Notice: func(err error) { told = append(told, strings.ReplaceAll(err.Error(), dir+"/", "")) },
	}, &told
}

func TestBroken(t *testing.T) {
	for _, tc := range []struct {
		name     string
		switches []impact.Switch
		old      string // control data of foo/1
		user     string // of user/3
		shown    map[string]string
		want     string // broken packages
		read     string // packages whose images were read
	}{
		{
			name: "it has no libraries", switches: []impact.Switch{{"foo", "1", "2"}},
			old: recorded(""), shown: map[string]string{"foo": "2", "user": "3"},
		},
		{
			name: "nobody links to them", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
			user:  recorded(machine + "Link-Depends: libbar.so.1\n"),
			shown: map[string]string{"foo": "2", "user": "3"}, read: "foo/2",
		},
		{
			name: "control data tells who does", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
			user:  recorded(machine + "Link-Depends: libfoo.so.1\nUses-Symbols: * a\n"),
			shown: map[string]string{"foo": "2", "user": "3"}, want: "user/3: libfoo.so.1 is gone", read: "foo/2",
		},
		{
			name: "it links to what another package has under that name", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
			user:  recorded(machine + "Link-Depends: fake abi(libfoo.so.1)\nUses-Symbols: * a\n"),
			shown: map[string]string{"foo": "2", "user": "3"}, read: "foo/2",
		},
		{
			name: "it goes along", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
			user:  recorded(machine + "Link-Depends: libfoo.so.1\n"),
			shown: map[string]string{"foo": "2"}, read: "",
		},
		{
			name: "its control data is wrong", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
			user:  "what?\n",
			shown: map[string]string{"foo": "2", "user": "3"}, read: "foo/2 user/ user/3",
		},
		{
			name: "there is no control data", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
			shown: map[string]string{"foo": "2", "user": "3"}, read: "foo/2 user/3",
		},
		{
			name: "symbols were left out of control data", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\n"),
			shown: map[string]string{"foo": "2"}, read: "foo/1",
		},
		{
			name: "an image is gone", switches: []impact.Switch{{"foo", "1", "2"}},
			old:   recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
			shown: map[string]string{"foo": "2", "gone": "1"}, read: "foo/2",
		},
		{name: "the first version", switches: []impact.Switch{{"foo", "", "2"}}, shown: map[string]string{"foo": "2", "user": "3"}},
		{name: "the same version", switches: []impact.Switch{{"foo", "1", "1"}}, shown: map[string]string{"foo": "1", "user": "3"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			files := map[string]string{"foo/1/lib/x": damaged, "foo/2/lib/x": damaged, "user/3/bin/x": damaged, "foo/:control/converge/1": tc.old}
			if tc.user != "" {
				files["user/:control/converge/3"] = tc.user
			}
			if tc.old == "" {
				delete(files, "foo/:control/converge/1")
			}
			a, told := build(t, files)
			broken, err := a.Broken(t.Context(), tc.switches, tc.shown)
			if err != nil {
				t.Fatal(err)
			}
			var who, read []string
			for _, b := range broken {
				for _, e := range b.Effects {
					who = append(who, e.Name+": "+e.Reasons[0].String())
				}
			}
			for _, line := range *told {
				parts := strings.SplitN(strings.ReplaceAll(line, ":", "/:"), "/", 3)
				read = append(read, parts[0]+"/"+parts[1])
			}
			if got := strings.Join(who, "\n"); got != tc.want {
				t.Errorf("broken: %q, want %q", got, tc.want)
			}
			if got := strings.Join(read, " "); got != tc.read {
				t.Errorf("read: %q, want %q\n%s", got, tc.read, strings.Join(*told, "\n"))
			}
		})
	}
}

func TestImpact(t *testing.T) {
	links := recorded(machine + "Link-Depends: libfoo.so.1\nUses-Symbols: * a\n")
	a, _ := build(t, map[string]string{
		"foo/1/lib/x": "", "foo/2/lib/x": "",
		"foo/:control/converge/1":  recorded(machine + "Provides-ABI: libfoo.so.1\nProvides-Symbols: libfoo.so.1 a\n"),
		"user/3/bin/x":             "",
		"user/4/bin/x":             "",
		"user/:control/converge/3": links,
		"user/:control/converge/4": links,
		"other/1/bin/x":            "",
	})
	im, err := a.Impact(t.Context(), impact.Switch{Package: "foo", From: "1", To: "2"}, map[string]string{"foo": "1", "user": "4"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range im.Effects {
		got = append(got, e.Name+" "+string(e.Verdict)+map[bool]string{true: " installed"}[e.Installed])
	}
	if want := "other/1 nothing, user/3 rebuild, user/4 rebuild installed"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	if im.Breaks() == nil {
		t.Error("this breaks user/4")
	}
	if _, err := a.Impact(t.Context(), impact.Switch{Package: "foo", To: "9"}, nil); err == nil {
		t.Error("there is no foo/9")
	}
}
