package resources_test

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func TestPrepareMount(t *testing.T) {
	a := resourcetest.Attrs
	options := func(words ...string) cty.Value {
		vs := make([]cty.Value, len(words))
		for i, w := range words {
			vs[i] = cty.StringVal(w)
		}
		return cty.ListVal(vs)
	}
	for _, tt := range []struct {
		name        string
		attrs       map[string]cty.Value
		saved, live string
		err         string
	}{
		{name: "all", attrs: a("path", "/a b", "device", "LABEL=x y", "type", "ext4", "options", options("ro", "nofail"), "dump", 1, "pass", 2), saved: `LABEL=x\040y /a\040b ext4 ro,nofail 1 2`, live: `LABEL=x\040y ext4 ro`},
		{name: "options alone", attrs: a("path", "/tmp", "options", options("noexec")), saved: "* /tmp * noexec", live: "* * noexec"},
		{name: "no options", attrs: a("path", "/x", "device", "d", "type", "ext4"), saved: "d /x ext4", live: "d ext4 *"},
		{name: "bind", attrs: a("path", "/x", "device", "/y", "options", options("bind", "ro")), saved: "/y /x none bind,ro", live: "/y none bind,ro"},
		{name: "saved", attrs: a("path", "/x", "device", "d", "type", "ext4", "state", "saved"), saved: "d /x ext4", live: "-"},
		{name: "unmounted", attrs: a("path", "/x", "state", "unmounted"), saved: "* /x *", live: ""},
		{name: "absent", attrs: a("path", "/x", "device", "d", "ensure", "absent"), saved: "-", live: "-"},
		{name: "the root is not unmounted", attrs: a("path", "/", "ensure", "absent"), err: "path: must not be the root, which cannot be unmounted"},
		{name: "swap", attrs: a("path", "/x", "type", "swap"), err: "type: must not be swap: use the kind swap"},
		{name: "two options in one", attrs: a("path", "/x", "options", options("ro,bind")), err: "options must be a list with one option in each element, without blanks: [\"ro\", \"bind\"]"},
		{name: "quoted", attrs: a("path", "/x", "device", "d", "type", "ext4", "options", options(`context="a,b"`)), saved: `d /x ext4 context="a,b"`, live: `d ext4 context="a,b"`},
		{name: "no path", attrs: a("path", "x"), err: "path must be an absolute path, which begins with a slash"},
		{name: "any device", attrs: a("path", "/x", "device", "*"), err: "device must be one line, and not empty"},
	} {
		r, err := resourcetest.Build(resources.Mount(nil), &resourcetest.World{}, "x", tt.attrs)
		if err != nil || tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.err)
			}
			continue
		}
		w := resource.Must[resources.MountWant](r.Want)
		if got := w.Saved.Or("-"); got != tt.saved {
			t.Errorf("%s: saved %q, want %q", tt.name, got, tt.saved)
		}
		if got := w.Live.Or("-"); got != tt.live {
			t.Errorf("%s: live %q, want %q", tt.name, got, tt.live)
		}
	}
}

func TestMountUnit(t *testing.T) {
	for path, want := range map[string]string{"/": "-.mount", "/srv/my-docs": `srv-my\x2ddocs.mount`, "/.a/b c": `\x2ea-b\x20c.mount`, "/x.y": "x.y.mount"} {
		if got := resources.MountUnit(path, "mount"); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// What needs the mount point, or a path below it, comes after the mount; the mount comes
// after its folder and after the folder that it shows.
func TestMountLinks(t *testing.T) {
	a := resourcetest.Attrs
	links := func(k *resource.Kind, attrs map[string]cty.Value) resource.Links {
		r, err := resourcetest.Build(k, &resourcetest.World{}, "x", attrs)
		if err != nil {
			t.Fatal(err)
		}
		return k.Links(r.Want)
	}
	needs := func(l resource.Links, key string) bool {
		return slices.ContainsFunc(l.Needs, func(n resource.Need) bool { return n.Key == key })
	}
	m := links(resources.Mount(nil), a("path", "/srv/b", "device", "/srv/a", "options", cty.ListVal([]cty.Value{cty.StringVal("bind")})))
	below := links(resources.File(nil), a("path", "/srv/b/c/d", "content", ""))
	part := links(resources.Line(nil), a("path", "/srv/b/f", "line", "x"))
	inner := links(resources.Mount(nil), a("path", "/srv/b/c", "device", "tmpfs", "type", "tmpfs"))
	if !slices.Contains(m.Shares, "path:/srv/b") || m.Shows != "/srv/a" {
		t.Errorf("the mount shares %q and shows %q", m.Shares, m.Shows)
	}
	for name, l := range map[string]resource.Links{"a file below": below, "a part of a file below": part, "a mount below": inner} {
		if !needs(l, "path:/srv/b") {
			t.Errorf("%s does not come after the mount: %v", name, l.Needs)
		}
	}
	for _, key := range []string{"path:/srv/b", "path:/srv/a", "path:/srv", "path:/etc/fstab"} {
		if !needs(m, key) {
			t.Errorf("the mount does not need %s", key)
		}
	}
}
