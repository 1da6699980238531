package mounts

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

// TestMissingDevices: a plan refuses a device that is not there, unless something in the plan may bring it.
func TestMissingDevices(t *testing.T) {
	a := resourcetest.Attrs
	at := func(device string, more ...any) map[string]cty.Value {
		return a(append([]any{"path", "/srv/data", "device", device, "type", "ext4"}, more...)...)
	}
	none := func(device string) string {
		return fmt.Sprintf("cannot mount %q at \"/srv/data\": there is no such device or path", device)
	}
	const listed = "; blkid lists those of this machine"
	yet := func(device string) string {
		return "there is no device or path " + device + " yet: the mount fails unless something else of the plan brings it first"
	}
	made := func(kind *resource.Kind, key string) resource.Change {
		return resource.Change{Kind: kind, Key: key, Action: resource.Create}
	}
	command, folder := made(resources.Exec(nil), "exec:x"), made(resources.File(nil), "path:/srv/other")
	for _, tt := range []struct {
		name    string
		attrs   map[string]cty.Value
		beside  []resource.Change
		pending resource.Pending
		acts    bool
		err     string
		note    string
	}{
		{name: "a tag that udev knows", attrs: at("UUID=ABCD-1234")},
		{name: "a label that udev knows", attrs: at("LABEL=my data")},
		{name: "no such UUID", attrs: at("UUID=none"), err: none("UUID=none") + listed},
		{name: "no such label", attrs: at("LABEL=none"), err: none("LABEL=none") + listed},
		{name: "no such partition", attrs: at(`PARTUUID="none"`), err: none(`PARTUUID="none"`) + listed},
		{name: "a tag that findfs alone finds", attrs: at("PARTLABEL=found")},
		{name: "what is pending brings no device", attrs: at("UUID=none"), pending: resource.KnownPending, beside: []resource.Change{folder}, err: none("UUID=none") + listed},
		{name: "a command may make the file system", attrs: at("UUID=none"), beside: []resource.Change{command}, note: yet("UUID=none")},
		{name: "what is pending may bring anything", attrs: at("/dev/none"), pending: resource.UnknownPending, note: yet("/dev/none")},
		{name: "an action before it may bring anything", attrs: at("/dev/none"), pending: resource.KnownPending, acts: true, note: yet("/dev/none")},
		{name: "no image", attrs: at("/srv/none.img"), err: none("/srv/none.img")},
		{name: "an image that a change makes", attrs: at("/srv/none.img"), beside: []resource.Change{made(resources.File(nil), "path:/srv/none.img")}, note: yet("/srv/none.img")},
		{name: "bound, in a folder that a change fills", attrs: at("/srv/other/in/it", "type", "none", "options", list("bind")), beside: []resource.Change{folder}, note: yet("/srv/other/in/it")},
		{name: "bound, and beside what a change makes", attrs: at("/srv/none", "type", "none", "options", list("bind")), beside: []resource.Change{folder}, err: none("/srv/none")},
		{name: "at its first use", attrs: at("UUID=none", "options", list("x-systemd.automount"))},
		{name: "words of a helper", attrs: at("/a:/b", "type", "fuse.mergerfs")},
		{
			name: "the line alone", attrs: at("UUID=none", "state", "saved"),
			note: "there is no device or path UUID=none now: a boot without it stops, unless nofail is among the options",
		},
		{name: "the line alone, with nofail", attrs: at("UUID=none", "state", "saved", "options", list("nofail"))},
	} {
		k := newKernel(t, "")
		for _, link := range []string{"by-uuid/ABCD-1234", `by-label/my\x20data`} {
			p := filepath.Join(k.root, "dev/disk", link)
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("../../sdb1", p); err != nil {
				t.Fatal(err)
			}
		}
		p := k.provider()
		cs := k.changesOf(p, build(t, p, tt.attrs))
		if _, err := p.Solve(t.Context(), cs, slices.Values(tt.beside)); err != nil {
			t.Fatal(err)
		}
		r := p.Review(t.Context(), cs[0], resource.Outlook{Ask: resource.AskForecast, Pending: tt.pending, AfterActs: tt.acts})
		if got := fmt.Sprint(r.Blocked); got != tt.err && (r.Blocked != nil || tt.err != "") {
			t.Errorf("%s: %s\nwant %s", tt.name, got, tt.err)
		}
		if got := strings.Join(r.Notes, "; "); got != tt.note {
			t.Errorf("%s: notes %q\nwant %q", tt.name, got, tt.note)
		}
	}
}
