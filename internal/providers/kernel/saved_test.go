package kernel

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"converge/internal/fsys"
)

// host makes a root of files: "path = content", with \n in a content.
func host(t testing.TB, files ...string) (string, *fsys.FS) {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		name, content, _ := strings.Cut(f, " = ")
		at := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			if err := os.Symlink(target, at); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(at, []byte(strings.ReplaceAll(content, `\n`, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := fsys.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return root, f
}

// The value at boot, by the rules of sysctl.d(5).
func TestSavedValue(t *testing.T) {
	const etc, run, usr = "etc/sysctl.d/", "run/sysctl.d/", "usr/lib/sysctl.d/"
	for name, tt := range map[string]struct {
		files  []string
		key    string // net/ipv4/ip_forward unless set
		procps bool   // and not systemd
		value  string
		at     string
	}{
		"nothing":                         {},
		"one line":                        {files: []string{etc + `a.conf = # c\n; c\n\n net.ipv4.ip_forward = 1 \n`}, value: "1", at: "/etc/sysctl.d/a.conf:4"},
		"with slashes":                    {files: []string{etc + `a.conf = net/ipv4/ip_forward=1`}, value: "1", at: "/etc/sysctl.d/a.conf:1"},
		"the last file counts":            {files: []string{usr + `b.conf = net.ipv4.ip_forward=2`, etc + `a.conf = net.ipv4.ip_forward=1`}, value: "2", at: "/usr/lib/sysctl.d/b.conf:1"},
		"the last line counts":            {files: []string{etc + `a.conf = net.ipv4.ip_forward=1\nnet.ipv4.ip_forward=2`}, value: "2", at: "/etc/sysctl.d/a.conf:2"},
		"a file hides those of its name":  {files: []string{etc + `a.conf = `, usr + `a.conf = net.ipv4.ip_forward=1`}},
		"a link to /dev/null hides":       {files: []string{run + `a.conf = -> /dev/null`, usr + `a.conf = net.ipv4.ip_forward=1`}},
		"a link is followed":              {files: []string{"etc/sysctl.conf = net.ipv4.ip_forward=1", etc + "99.conf = -> ../sysctl.conf"}, value: "1", at: "/etc/sysctl.d/99.conf:1"},
		"of the root's own folder":        {files: []string{"lib/sysctl.d/a.conf = net.ipv4.ip_forward=1"}, value: "1", at: "/lib/sysctl.d/a.conf:1"},
		"sysctl.conf with systemd":        {files: []string{"etc/sysctl.conf = net.ipv4.ip_forward=1"}},
		"sysctl.conf with procps":         {files: []string{"etc/sysctl.conf = net.ipv4.ip_forward=1", etc + "99-z.conf = net.ipv4.ip_forward=2"}, procps: true, value: "1", at: "/etc/sysctl.conf:1"},
		"other names do not count":        {files: []string{etc + `a.conf.bak = net.ipv4.ip_forward=1`}},
		"errors are to be ignored":        {files: []string{etc + `a.conf = -net.ipv4.ip_forward = 1`}, value: "1", at: "/etc/sysctl.d/a.conf:1"},
		"a pattern":                       {files: []string{etc + `a.conf = net.ipv4.conf.*.rp_filter = 2`}, key: "net/ipv4/conf/eth0/rp_filter", value: "2", at: "/etc/sysctl.d/a.conf:1"},
		"a pattern is one name deep":      {files: []string{etc + `a.conf = net.*.rp_filter = 2`}, key: "net/ipv4/conf/eth0/rp_filter"},
		"a name counts before a pattern":  {files: []string{etc + `a.conf = net.ipv4.ip_forward=1\nnet.ipv4.* = 2`}, value: "1", at: "/etc/sysctl.d/a.conf:1"},
		"kept from patterns":              {files: []string{etc + `a.conf = net.ipv4.* = 2\n-net.ipv4.ip_forward`}},
		"a dot in a name":                 {files: []string{etc + `a.conf = net.ipv4.conf.eth0/100.forwarding = 1`}, key: "net/ipv4/conf/eth0.100/forwarding", value: "1", at: "/etc/sysctl.d/a.conf:1"},
		"an empty value":                  {files: []string{etc + `a.conf = kernel.domainname =`}, key: "kernel/domainname", at: "/etc/sysctl.d/a.conf:1"},
		"a value with an equals sign":     {files: []string{etc + `a.conf = kernel.core_pattern = |/x a=%p`}, key: "kernel/core_pattern", value: "|/x a=%p", at: "/etc/sysctl.d/a.conf:1"},
		"a line without value is nothing": {files: []string{etc + `a.conf = net.ipv4.ip_forward`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, f := host(t, tt.files...)
			all, err := readSaved(context.Background(), f, !tt.procps)
			if err != nil {
				t.Fatal(err)
			}
			if tt.key == "" {
				tt.key = "net/ipv4/ip_forward"
			}
			got, ok := all.index().find(tt.key)
			if ok != (tt.at != "") || got.value != tt.value || ok && got.String() != tt.at {
				t.Errorf("%v sets it to %q (%v), want %s to set it to %q", got, got.value, ok, tt.at, tt.value)
			}
		})
	}
}

func TestEditKeepsOtherLines(t *testing.T) {
	for _, tt := range []struct{ text, value, want string }{
		{"", "1", "a.b = 1\n"},
		{"# top\nx = 1", "1", "# top\nx = 1\na.b = 1"},
		{"a.b=0\nx = 1\n", "1", "a.b = 1\nx = 1\n"},
		{"a/b = 0\r\nx = 1\na.b = 3\n", "1", "a.b = 1\nx = 1\n"},
		{"a.b = 1\nx = 1\n", "", "x = 1\n"},
		{"a.b = 1\n", "", ""},
		{"-a.b\na.* = 2\n", "1", "-a.b\na.* = 2\na.b = 1\n"},
	} {
		if got := string(assign([]byte(tt.text), []*assignment{{key: "a.b", value: tt.value}})); got != tt.want {
			t.Errorf("assign(%q, %q) = %q, want %q", tt.text, tt.value, got, tt.want)
		}
	}
}

// Whatever the file holds, the edit sets the parameter, changes no other
// setting, and does nothing the second time.
func FuzzEdit(f *testing.F) {
	f.Add("a.b = 1\n# c\nx=2", "3")
	f.Add("a/b\n-a.b\n\x00=\n", "1 2\t3")
	f.Fuzz(func(t *testing.T, text, value string) {
		if value = strings.TrimSpace(value); value == "" || strings.ContainsAny(value, "\n\x00") {
			return
		}
		before, once := saved(parse("f", []byte(text))), assign([]byte(text), []*assignment{{key: "a.b", value: value}})
		after := saved(parse("f", once)).index()
		if got, ok := after.find("a/b"); !ok || got.value != value {
			t.Fatalf("%q: the value is %q", once, got.value)
		}
		if twice := assign(once, []*assignment{{key: "a.b", value: value}}); string(twice) != string(once) {
			t.Fatalf("%q became %q the second time", once, twice)
		}
		for _, s := range before {
			if got, _ := after.find(s.key); s.key != "a/b" && got.value != mustFind(before, s.key) {
				t.Fatalf("%s was %q and is %q", s.key, mustFind(before, s.key), got.value)
			}
		}
	})
}

func mustFind(s saved, key string) string {
	got, _ := s.index().find(key)
	return got.value
}
