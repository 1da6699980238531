package resources_test

import (
	"testing"

	"converge/internal/resource"
	"converge/resources"
)

// A mount is unmounted to take a change back only where something else was mounted
// before. A tmpfs would lose its files.
func TestUndoUnmountsOnlyAnotherMount(t *testing.T) {
	for _, tt := range []struct{ name, before, after, remount string }{
		{"a smaller tmpfs", "tmpfs tmpfs rw,relatime,size=1024k", "tmpfs tmpfs rw,relatime,size=8192k", "auto"},
		{"a tmpfs of another name", "one tmpfs rw", "two tmpfs rw,size=8192k", "auto"},
		{"options alone were declared", "/dev/sda1 ext4 rw", "* * noexec", "auto"},
		{"it was not mounted", "", "tmpfs tmpfs rw", "auto"},
		{"another device", "/dev/sda1 ext4 rw", "/dev/sdb1 ext4 rw", "replace"},
		{"another type", "data ramfs rw", "data tmpfs rw", "replace"},
		{"a bind mount", "/srv/a none bind,rw", "/srv/a none rw", "replace"},
	} {
		p := resource.Past{
			Before: sparse("path", "/data", "ensure", "present", "saved", "", "live", tt.before),
			After:  sparse("path", "/data", "ensure", "present", "saved", "", "live", tt.after),
		}
		us, err := resources.Mount(nil).Undo(p)
		if err != nil || len(us) != 1 {
			t.Errorf("%s: %v, %v", tt.name, undone(us), err)
			continue
		}
		if got := us[0].Want["remount"].AsString(); got != tt.remount {
			t.Errorf("%s: remount is %q, want %q", tt.name, got, tt.remount)
		}
	}
}
