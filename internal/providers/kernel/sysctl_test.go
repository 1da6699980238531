package kernel

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// world is a root whose /proc/sys is ordinary files. Only values of one length can
// be written to them as to the kernel's: see [fsys.Txn.WriteVirtual].
func world(t testing.TB) *resourcetest.World {
	root, f := host(t, "etc/sysctl.d/10-other.conf = # kept\\nvm.swappiness = 5\\n", "proc/sys/net/ipv4/ip_forward = 0\\n", "proc/sys/net/ipv4/conf/eth0.100/forwarding = 0\\n")
	dump := func(stat bool) string {
		var b strings.Builder
		for _, dir := range []string{"etc/sysctl.d", "proc/sys/net/ipv4", "proc/sys/net/ipv4/conf/eth0.100"} {
			names, err := filepath.Glob(filepath.Join(root, dir, "*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range names {
				info, err := os.Stat(at)
				if err != nil {
					t.Fatal(err)
				}
				if text, err := os.ReadFile(at); err == nil {
					b.WriteString(strings.TrimPrefix(at, root) + " " + info.Mode().String() + " " + string(text))
				}
				if stat {
					b.WriteString(info.ModTime().String() + "\n")
				}
			}
		}
		return b.String()
	}
	return &resourcetest.World{
		Provider: New(Options{FS: f, Live: true}), Root: root,
		Fingerprint: func(testing.TB) string { return dump(true) },
		Dump:        func(testing.TB) string { return dump(false) },
	}
}

func write(path, content string) func(testing.TB, *resourcetest.World) {
	return func(t testing.TB, w *resourcetest.World) {
		t.Helper()
		if err := os.WriteFile(w.Root+path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		w.Provider.(*Provider).Invalidate(nil)
	}
}

func TestConformance(t *testing.T) {
	const file = "/etc/sysctl.d/60-converge.conf"
	const standing = "a parameter of the kernel always has a value"
	a := resourcetest.Attrs
	resourcetest.Suite{
		Kind: resources.Sysctl, World: world,
		Without: map[resourcetest.Part]string{
			resourcetest.Kept: "a line of a file has nothing besides its words",
		},
		Cases: []resourcetest.Case{
			{
				Name: "now and at boot", Want: a("key", "net.ipv4.ip_forward", "value", 1), Standing: standing,
				Torn: "the value is set before it is saved",
				Check: func(t testing.TB, w *resourcetest.World) {
					for path, want := range map[string]string{file: "net.ipv4.ip_forward = 1\n", "/proc/sys/net/ipv4/ip_forward": "1\n"} {
						if got, err := os.ReadFile(w.Root + path); string(got) != want {
							t.Errorf("%s holds %q, %v", path, got, err)
						}
					}
				},
				Drifts: []resourcetest.Drift{
					{Name: "only now", Attr: "live_value", Do: write("/proc/sys/net/ipv4/ip_forward", "0\n")},
					{Name: "only at boot", Attr: "saved_value", Do: write(file, "net.ipv4.ip_forward = 0\n")},
					{Name: "the line is gone", Attr: "saved_value", Do: func(t testing.TB, w *resourcetest.World) {
						if err := os.Remove(w.Root + file); err != nil {
							t.Fatal(err)
						}
						w.Provider.(*Provider).Invalidate(nil)
					}},
					{Name: "another value in an earlier file", Attr: "saved_value", Do: func(t testing.TB, w *resourcetest.World) {
						if err := os.Remove(w.Root + file); err != nil {
							t.Fatal(err)
						}
						write("/etc/sysctl.d/50-a.conf", "net.ipv4.ip_forward = 0\n")(t, w)
					}},
				},
				Gone: a("key", "net.ipv4.ip_forward", "ensure", "absent"),
				OtherName: func(testing.TB, *resourcetest.World) map[string]cty.Value {
					return a("key", "net/ipv4/ip_forward", "value", "1")
				},
			},
			{
				Name: "at boot only", Want: a("key", "net.ipv4.conf.eth0/100.forwarding", "value", "1", "live", false, "file", "70-net.conf"), Standing: standing,
				Check: func(t testing.TB, w *resourcetest.World) {
					if got, err := os.ReadFile(w.Root + "/proc/sys/net/ipv4/conf/eth0.100/forwarding"); string(got) != "0\n" {
						t.Errorf("it is %q now, %v", got, err)
					}
				},
				Gone: a("key", "net.ipv4.conf.eth0/100.forwarding", "ensure", "absent", "file", "70-net.conf"),
			},
		},
		Named: func(name string) (want, gone map[string]cty.Value) {
			return a("key", name, "value", "1", "live", false), a("key", name, "ensure", "absent")
		},
	}.Run(t)
}

func TestRefusals(t *testing.T) {
	w := world(t)
	write("/etc/sysctl.d/99-z.conf", "# c\nnet.ipv4.ip_forward = 0\n")(t, w)
	for _, tt := range []struct {
		name  string
		attrs map[string]cty.Value
		want  string
	}{
		{"overridden", resourcetest.Attrs("key", "net.ipv4.ip_forward", "value", 1), "cannot save net.ipv4.ip_forward: /etc/sysctl.d/99-z.conf:2 sets it to 0 at boot, after /etc/sysctl.d/60-converge.conf; remove that line, or name a later file"},
		{"unknown", resourcetest.Attrs("key", "net.no", "value", 1), "cannot observe net.no: the kernel has no such parameter; a module may have to be loaded first"},
		{"no value", resourcetest.Attrs("key", "net.no"), "value: is needed: it is the value of the parameter"},
		{"two lines", resourcetest.Attrs("key", "net.no", "value", "1\n2"), "value: must be one line"},
		{"no parameter", resourcetest.Attrs("key", "../etc", "value", "1"), "key must be the name of a parameter, such as net.ipv4.ip_forward"},
		{"no such file", resourcetest.Attrs("key", "a.b", "value", "1", "file", "../x.conf"), "file must be the name of a file in /etc/sysctl.d that ends with .conf"},
	} {
		r, err := resourcetest.Build(resources.Sysctl(w.Provider), w, "x", tt.attrs)
		if err == nil {
			_, err = r.Provider().Observe(context.Background(), r.Want)
		}
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

var _ resource.Invalidator = (*Provider)(nil)
