package mounts

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// devices decides whether the mounted device is the wanted one, by the links of udev and the kernel's lists of block
// devices.
type devices struct{ fs *fsys.FS }

// isSameThing reports whether the wanted device, of the wanted type, is mounted, with any options.
func (d devices) isSameThing(t *table, m *mountinfo.Info, want resources.MountState) (bool, error) {
	if resources.IsBind(edit.SplitOptions(want.Options)) {
		if want.Device == edit.FstabAny { // as it was found
			return true, nil
		}
		from, err := d.fs.Resolve(want.Device)
		if err != nil {
			from = path.Clean(want.Device)
		}
		fs, root, ok := t.location(from)
		return ok && fs == filesystemOf(m) && root == m.Root, nil
	}
	if !isSameType(m.FSType, want.Type) || m.Root != "/" && t.bound(m) != "" && want.Device != edit.FstabAny {
		return false, nil
	}
	return d.isSameDevice(m, want.Device)
}

// isReplaced reports whether a bind mount shows a former entry of the wanted path: a file that is written anew is
// another one than the bound one.
func (d devices) isReplaced(t *table, m *mountinfo.Info, want resources.MountState) bool {
	if !resources.IsBind(edit.SplitOptions(want.Options)) {
		return false
	}
	fs, root, ok := t.location(d.resolved(path.Clean(want.Device)))
	return ok && fs == filesystemOf(m) && m.Root == root+"//deleted"
}

// isSameType compares a type with one that may be a list, or the name of a helper.
func isSameType(have, want string) bool {
	if want == edit.FstabAny || want == "auto" || want == "none" {
		return true
	}
	return slices.ContainsFunc(strings.Split(want, ","), func(w string) bool {
		return w == have || w == "nfs" && have == "nfs4" || strings.HasPrefix(have, "fuse") && (have == "fuse."+w || have == "fuseblk")
	})
}

// isSameDevice compares the device. A name that is neither a path nor a tag nor a server, like tmpfs, identifies
// nothing.
func (d devices) isSameDevice(m *mountinfo.Info, want string) (bool, error) {
	if want == edit.FstabAny || !strings.ContainsAny(want, "/:=") || strings.TrimRight(want, "/") == strings.TrimRight(m.Source, "/") {
		return true, nil
	}
	device, err := d.devicePath(want)
	if err != nil || !strings.HasPrefix(device, "/") {
		return false, err
	}
	real := d.resolved(device)
	if real == d.resolved(m.Source) {
		return true, nil
	}
	if link, err := d.fs.Readlink(fmt.Sprintf("/sys/dev/block/%d:%d", m.Major, m.Minor)); err == nil && real == "/dev/"+path.Base(link) {
		return true, nil
	}
	if name, ok := strings.CutPrefix(m.Source, "/dev/loop"); ok {
		file, err := d.fs.ReadFile("/sys/block/loop"+name+"/loop/backing_file", 1<<16)
		return err == nil && strings.TrimSuffix(string(file), "\n") == real, nil
	}
	return false, nil
}

func (d devices) resolved(p string) string {
	if real, err := d.fs.Resolve(p); err == nil {
		return real
	}
	return p
}

// tagFolder returns the folder in which udev links the devices with a tag, such as UUID=; "": it is no tag.
func tagFolder(device string) string {
	tag, _, ok := strings.Cut(device, "=")
	if !ok {
		return ""
	}
	return map[string]string{
		"UUID": "by-uuid", "LABEL": "by-label", "PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel", "ID": "by-id",
	}[tag]
}

func isTag(device string) bool { return tagFolder(device) != "" }

// devicePath returns the path of a device that a tag names, by the links of udev.
func (d devices) devicePath(device string) (string, error) {
	dir := tagFolder(device)
	if dir == "" {
		return device, nil
	}
	tag, value, _ := strings.Cut(device, "=")
	value = strings.Trim(value, `"'`)
	if tag == "UUID" || tag == "PARTUUID" {
		value = strings.ToLower(value)
	}
	link := "/dev/disk/" + dir + "/" + escapeUdev(value)
	real, err := d.fs.Resolve(link)
	if isMissing(err) && tag == "UUID" { // those of FAT are in upper case
		real, err = d.fs.Resolve("/dev/disk/" + dir + "/" + strings.ToUpper(value))
	}
	if err != nil {
		return "", resource.Missing(fmt.Errorf("cannot find the device %s: there is no %s", device, link))
	}
	return real, nil
}

// escapeUdev writes a label as udev does in the names of its links.
func escapeUdev(label string) string {
	var b strings.Builder
	for i := range len(label) {
		c := label[i]
		if c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("#+-.:=@_", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
