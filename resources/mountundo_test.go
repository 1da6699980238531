package resources_test

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// A mount is unmounted to take a change back only where something else was mounted
// before. A tmpfs would lose its files.
func TestUndoUnmountsOnlyAnotherMount(t *testing.T) {
	for _, tt := range []struct{ name, before, after, remount string }{
		{"it was replaced for its options", "tmpfs tmpfs rw,uid=5", "tmpfs tmpfs rw,gid=5", "replace"},
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
		if strings.HasPrefix(tt.name, "it was replaced") {
			p.After = resource.With(p.After, "remount", cty.StringVal("replace"))
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

// What a new mount has set, which a remount would ignore, is taken back by a new mount.
func TestUndoOfOptionsOfANewMount(t *testing.T) {
	for _, tt := range []struct{ remount, want string }{{"replace", "tmpfs tmpfs rw,uid=5,gid=0,mode=1777"}, {"auto", "tmpfs tmpfs rw,uid=5"}} {
		us, err := resources.Mount(nil).Undo(resource.Past{
			Before: sparse("path", "/data", "ensure", "present", "saved", "", "live", "tmpfs tmpfs rw,uid=5"),
			After:  sparse("path", "/data", "ensure", "present", "saved", "", "live", "tmpfs tmpfs uid=6,gid=5,mode=0700", "remount", tt.remount),
		})
		if err != nil || len(us) != 1 || us[0].Want["live"].AsString() != tt.want {
			t.Errorf("%s: %v, %v", tt.remount, undone(us), err)
		}
	}
}
