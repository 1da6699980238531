package mounts

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"converge/internal/edit"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// refuseMissing refuses a device that does not exist, and that nothing in the plan brings.
func (p *Provider) refuseMissing(ctx context.Context, v *view, pending resource.Pending) error {
	want := v.wantedState()
	if p.mayBring(v, pending) || !p.isDeviceMissing(ctx, v, want) {
		return nil
	}
	hint := ""
	if isTag(want.Device) {
		hint = "; blkid lists those of this machine"
	}
	return fmt.Errorf("cannot mount %q at %q: there is no such device or path%s", want.Device, v.point, hint)
}

// noteMissing notes a missing device that something in the plan may bring, or that the next boot needs.
func (p *Provider) noteMissing(ctx context.Context, m *mountChange, pending resource.Pending) string {
	v, want := m.view, m.view.wantedState()
	switch {
	case m.isGoing() || !m.Live:
		return ""
	case m.mounts():
		if (v.live == nil || m.Want.Remount.Value == "replace") && p.mayBring(v, pending) && p.isDeviceMissing(ctx, v, want) {
			return fmt.Sprintf("there is no device or path %s yet: the mount fails unless something else of the plan brings it first", want.Device)
		}
	case m.changesLine() && v.live == nil && m.Want.Saved.Value != "":
		l := v.line.Want
		want = resources.MountState{Device: l[edit.FstabDevice], Type: l[edit.FstabType], Options: l[edit.FstabOptions]}
		isAwaited := isOfBoot(l) && !slices.Contains(edit.SplitOptions(want.Options), "nofail")
		if isAwaited && !p.mayBring(v, pending) && p.isDeviceMissing(ctx, v, want) {
			return fmt.Sprintf("there is no device or path %s now: a boot without it stops, unless nofail is among the options", want.Device)
		}
	}
	return ""
}

// isDeviceMissing reports whether the device of a mount is certain not to exist. It only searches for paths and tags:
// helpers of fuse accept other words, too.
func (p *Provider) isDeviceMissing(ctx context.Context, v *view, s resources.MountState) bool {
	options := edit.SplitOptions(s.Options)
	if v.isAutomount() {
		return false
	}
	if isTag(s.Device) {
		_, err := p.devices().devicePath(s.Device)
		return err != nil && p.isTagMissing(ctx, s.Device)
	}
	isPath := strings.HasPrefix(s.Device, "/") && (resources.IsBind(options) || slices.Contains(options, "loop") || isOfBlocks(s.Type))
	if !strings.HasPrefix(s.Device, "/dev/") && !isPath {
		return false
	}
	_, err := p.FS.Resolve(s.Device)
	return isMissing(err)
}

// isOfBlocks reports whether a type is one of file systems that are in a device, or in a file that mount(8) makes one of.
func isOfBlocks(typ string) bool {
	known := []string{"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat", "exfat", "iso9660", "udf", "squashfs", "erofs"}
	return slices.Contains(known, typ)
}

// tagPatience is how long the search for a tag may take. It reads all block devices.
const tagPatience = 10 * time.Second

// isTagMissing reports whether no device has a tag for which udev has no link. A machine may have no udev, so it asks
// findfs, which searches as mount(8) does. A machine without findfs does not know.
func (p *Provider) isTagMissing(ctx context.Context, device string) bool {
	tag, value, _ := strings.Cut(device, "=")
	r, err := p.Run(ctx, process.Command{Argv: []string{"findfs", tag + "=" + strings.Trim(value, `"'`)}, Timeout: tagPatience})
	return err == nil && r.Status == 1
}
