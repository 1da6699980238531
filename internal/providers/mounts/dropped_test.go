package mounts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
)

// An option that its declaration loses goes from the line and from the live mount.
func TestDroppedOptionsGoLive(t *testing.T) {
	const point = "50 1 0:50 / /dev/shm %s,relatime - tmpfs tmpfs %s\n"
	for name, c := range map[string]struct {
		line, flags, super string
		options            []string
		want               string // of the live mount
	}{
		"noexec":                   {"nosuid,nodev,noexec", "rw,nosuid,nodev,noexec", "rw", []string{"nosuid", "nodev"}, "rw,nosuid,nodev,relatime rw"},
		"ro":                       {"ro,nosuid", "ro,nosuid", "ro", []string{"nosuid"}, "rw,nosuid,relatime rw"},
		"all":                      {"ro,noexec", "ro,noexec", "ro", []string{"defaults"}, "rw,relatime rw"},
		"size":                     {"nosuid,size=4k", "rw,nosuid", "rw,size=4k", []string{"nosuid"}, "rw,nosuid,relatime rw,size=8165452k"}, // half of the memory
		"its opposite is declared": {"noexec", "rw,noexec", "rw", []string{"exec"}, "rw,relatime rw"},
		"not of the line":          {"nosuid", "rw,nosuid,noexec", "rw", []string{"nosuid", "nodev"}, "rw,noexec,nosuid,nodev,relatime rw"},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKernel(t, "tmpfs /dev/shm tmpfs "+c.line+" 0 0\n", fmt.Sprintf(point, c.flags, c.super))
			r := build(t, k.provider(), resourcetest.Attrs("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "options", list(c.options...)))
			change, err := plan(r)
			if err != nil {
				t.Fatal(err)
			}
			out := r.Provider().(*Provider).ApplyAll(t.Context(), []resource.Change{change}, resource.Forecast{})
			if out.Err(0) != nil {
				t.Fatal(out.Err(0))
			}
			m := k.table().mounted("/dev/shm")
			if got := m.Options + " " + m.VFSOptions; got != c.want {
				t.Errorf("mounted is %q, want %q", got, c.want)
			}
			if again, err := plan(build(t, k.provider(), resourcetest.Attrs("path", "/dev/shm", "device", "tmpfs", "type", "tmpfs", "options", list(c.options...)))); err != nil || !again.Empty() {
				t.Errorf("again: %s, %v", resourcetest.Names(again), err)
			}
		})
	}
}

// tmpfs shows no size that is the kernel's own: half of the memory.
func TestSizeThatIsNotShown(t *testing.T) {
	m := &mountinfo.Info{FSType: "tmpfs", Options: "rw,relatime", VFSOptions: "rw"}
	half := totalMemory() / 2
	for option, want := range map[string]bool{
		"size=50%": true, fmt.Sprintf("size=%d", half): true, "size=49%": false, "size=64M": false, "nr_inodes=100": false,
	} {
		if got := len(missing(m, option, false)) == 0; got != want {
			t.Errorf("%s: met %v, want %v", option, got, want)
		}
	}
	if !strings.Contains(fmt.Sprint(missing(&mountinfo.Info{FSType: "ext4"}, "size=50%", false)), "size") {
		t.Error("another file system has no such size")
	}
}
