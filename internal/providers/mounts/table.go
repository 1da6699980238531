package mounts

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"

	"converge/internal/edit"
	"converge/resources"
)

// mountInfo is the kernel's table of this process's mounts.
const mountInfo = "/proc/self/mountinfo"

// maxTable is the largest table that is read, in bytes.
const maxTable = 64 << 20

// table lists the live mounts, in the order of the kernel.
type table struct {
	root     *mountinfo.Info                    // the lowest mount of all
	children map[int]map[string]*mountinfo.Info // by the id of the mount that they are on, and by mount point: the topmost
	at       map[string][]*mountinfo.Info       // by mount point, visible or not
	of       map[filesystem][]*mountinfo.Info   // by file system
}

type filesystem struct{ major, minor int }

func filesystemOf(m *mountinfo.Info) filesystem { return filesystem{m.Major, m.Minor} }

func parseTable(text []byte) (*table, error) {
	all, err := mountinfo.GetMountsFromReader(bytes.NewReader(text), nil)
	if err != nil {
		return nil, err
	}
	t := &table{children: map[int]map[string]*mountinfo.Info{}, at: map[string][]*mountinfo.Info{}, of: map[filesystem][]*mountinfo.Info{}}
	ids := make(map[int]bool, len(all))
	for _, m := range all {
		ids[m.ID] = true
	}
	for _, m := range all {
		if !strings.HasPrefix(m.Mountpoint, "/") {
			continue // it cannot be reached from here
		}
		t.at[m.Mountpoint] = append(t.at[m.Mountpoint], m)
		t.of[filesystemOf(m)] = append(t.of[filesystemOf(m)], m)
		switch {
		case t.root == nil && m.Mountpoint == "/":
			t.root = m
		case ids[m.Parent] && m.Parent != m.ID:
			if t.children[m.Parent] == nil {
				t.children[m.Parent] = map[string]*mountinfo.Info{}
			}
			t.children[m.Parent][m.Mountpoint] = m // the later of two is above the other
		}
	}
	return t, nil
}

// containing returns the mount that contains a physical path: of mounts on one point the topmost, and none that
// another one hides. nil: the table does not show it.
func (t *table) containing(p string) *mountinfo.Info {
	m := t.root
	for m != nil {
		next := t.nearest(m, p)
		if next == nil {
			return m
		}
		m = next
	}
	return m
}

// nearest returns, of the mounts on a mount, the one with the shortest mount point that
// contains a path; nil: none does.
func (t *table) nearest(m *mountinfo.Info, p string) *mountinfo.Info {
	on := t.children[m.ID]
	if len(on) == 0 {
		return nil
	}
	if c := on["/"]; c != nil {
		return c
	}
	for i := 1; i <= len(p); i++ {
		if i == len(p) || p[i] == '/' {
			if c := on[p[:i]]; c != nil {
				return c
			}
		}
	}
	return nil
}

// mounted returns the mount at a physical path, nil if there is none.
func (t *table) mounted(p string) *mountinfo.Info {
	if len(t.at[p]) == 0 {
		return nil
	}
	if m := t.containing(p); m != nil && m.Mountpoint == p {
		return m
	}
	return nil
}

// below returns the points of the mounts on a mount, as far as these are seen.
func (t *table) below(m *mountinfo.Info) (out []string) {
	for point := range t.children[m.ID] {
		if point != m.Mountpoint {
			out = append(out, point)
		}
	}
	slices.Sort(out)
	return out
}

// location is the place of a physical path on its file system.
func (t *table) location(p string) (fs filesystem, root string, ok bool) {
	m := t.containing(p)
	if m == nil {
		return fs, "", false
	}
	return filesystemOf(m), path.Join(m.Root, strings.TrimPrefix(p, m.Mountpoint)), true
}

// bound returns the path of the folder or the file that a bind mount shows, "" if it is not a bind mount, or shows
// what no other mount does.
func (t *table) bound(m *mountinfo.Info) string {
	if m.Root == "/" || isSubvolume(m) {
		return ""
	}
	for _, o := range t.of[filesystemOf(m)] {
		if o == m || !isBelow(m.Root, o.Root) {
			continue
		}
		p := path.Join(o.Mountpoint, strings.TrimPrefix(m.Root, o.Root))
		if fs, root, ok := t.location(p); ok && fs == filesystemOf(m) && root == m.Root && !isBelow(p, m.Mountpoint) {
			return p
		}
	}
	return ""
}

// isSubvolume reports whether the mount is a subvolume of btrfs as a whole.
func isSubvolume(m *mountinfo.Info) bool {
	return m.FSType == "btrfs" && slices.Contains(strings.Split(m.VFSOptions, ","), "subvol="+m.Root)
}

// state describes a mount in the words of a manifest.
func (t *table) state(m *mountinfo.Info) resources.MountState {
	if from := t.bound(m); from != "" {
		return resources.MountState{Device: from, Type: "none", Options: "bind," + m.Options}
	}
	return resources.MountState{Device: m.Source, Type: m.FSType, Options: strings.Join(effectiveOptions(m), ",")}
}

// effectiveOptions are the options of the mount and those of its file system. A mount is read-only if either side is.
func effectiveOptions(m *mountinfo.Info) []string {
	out := edit.SplitOptions(m.Options)
	for _, o := range edit.SplitOptions(m.VFSOptions) {
		switch {
		case o == "ro":
			out[0] = "ro" // the first is always ro or rw
		case o != "rw" && !slices.Contains(out, o):
			out = append(out, o)
		}
	}
	return out
}

// isBelow reports whether a path is a folder or below it.
func isBelow(p, dir string) bool {
	return p == dir || dir == "/" || strings.HasPrefix(p, dir) && p[len(dir)] == '/'
}

// mounts returns the table of the live mounts.
func (h *host) mounts(ctx context.Context) (*table, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.live != nil {
		return h.live, ctx.Err()
	}
	text, err := h.FS.ReadFile(mountInfo, maxTable)
	if err != nil {
		return nil, fmt.Errorf("cannot find out what is mounted: %w", err)
	}
	t, err := parseTable(text)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", mountInfo, err)
	}
	h.live = t
	return t, ctx.Err()
}
