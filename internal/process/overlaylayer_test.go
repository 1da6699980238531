package process

import (
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The owner of a folder can rename its entries, and make links there, while a layer is being made: nothing is made or
// read through a link.
func TestLayerFollowsNoLink(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	for _, d := range []string{"live/sub", "memory", "victim/sub", "victim/layer"} {
		if err := os.MkdirAll(dir+"/"+d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(dir+"/live/staged", []byte("staged"), 0o600), os.WriteFile(dir+"/victim/staged", []byte("secret"), 0o600)); err != nil {
		t.Fatal(err)
	}
	live, err := hold(dir + "/live")
	if err != nil {
		t.Fatal(err)
	}
	memory, err := hold(dir + "/memory")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"live", "memory"} { // as their owner would
		if err := errors.Join(os.Rename(dir+"/"+name, dir+"/"+name+".old"), os.Symlink("victim", dir+"/"+name)); err != nil {
			t.Fatal(err)
		}
	}
	w := &layering{live: live, scratch: memory}
	err = w.makeLayer(&layer{dir: dir + "/live", entries: []Overlaid{
		{Path: dir + "/live/new", From: dir + "/live/staged", Perm: true, Mode: 0o6777, UID: 7},
		{Path: dir + "/live/sub", Dir: true, Mode: 0o777, UID: 7},
		{Path: dir + "/live/sub/x", Content: []byte("x"), Mode: 0o644},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(dir + "/memory.old/layer/new"); err != nil || string(text) != "staged" {
		t.Errorf("%q, %v", text, err)
	}
	for _, name := range []string{"victim/layer", "victim/sub"} {
		info, err := os.Stat(dir + "/" + name)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Error(info.Mode(), err)
		}
		if in, err := os.ReadDir(dir + "/" + name); err != nil || len(in) > 0 {
			t.Error(in, err)
		}
	}
	if h, err := hold(dir + "/live/staged"); !errors.Is(err, unix.ENOTDIR) {
		t.Error(h, err)
	}
	if err := live.bindAt(held{dir, mustOpen(t, dir)}, "live", 0); err == nil || !strings.Contains(err.Error(), "became a link") {
		t.Error(err)
	}
}

func mustOpen(t *testing.T, dir string) int {
	h, err := hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	return h.fd
}

// Programs that use the overlay.
func TestOverlayUse(t *testing.T) {
	dir := stagedFiles(t) + "/d"
	if err := os.Symlink("sub", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	var large unix.Stat_t
	if err := unix.Stat(dir+"/.large", &large); err != nil {
		t.Fatal(err)
	}
	added := Overlaid{Path: dir + "/new", Content: []byte("new\n"), Mode: 0o644}
	for _, tt := range []struct {
		name, script, out string
		over              []Overlaid
		fails             bool
	}{
		{"it can write there, and that is gone with it", "echo more >>live; echo x >log; cat live log new", "live\nmore\nx\nnew\n", []Overlaid{added}, false},
		{"what is in a folder that is gone is gone", "cat new; ls sub", "new\n", []Overlaid{added, {Path: dir + "/sub", Gone: true}, {Path: dir + "/sub/live", Gone: true}}, false},
		{
			"a large file gets another mode: there is no copy", "stat -c %i .large", itoa(int(large.Ino)) + "\n",
			[]Overlaid{{Path: dir + "/.large", From: dir + "/.large", Perm: true, Mode: 0o600}}, false,
		},
		{"a folder on the way to what is staged became a link", "true", "", []Overlaid{{Path: dir + "/new", From: dir + "/link/live"}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Run(t.Context(), Command{Argv: []string{"sh", "-c", tt.script + " 2>/dev/null"}, Dir: dir, Overlay: tt.over})
			if tt.fails != (err != nil) || errors.Is(err, ErrNoOverlay) || r.Stdout != tt.out {
				t.Errorf("%+v, %v", r, err)
			}
			text, err := os.ReadFile(dir + "/live")
			if _, none := os.Lstat(dir + "/log"); err != nil || string(text) != "live\n" || !os.IsNotExist(none) {
				t.Errorf("the machine was changed: %q, %v, %v", text, err, none)
			}
		})
	}
}
