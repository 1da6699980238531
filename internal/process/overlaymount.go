package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxCopied is the size in bytes up to which the layer copies a file into memory. A larger one is bound.
const maxCopied = 1 << 20

// layOver moves this process into a mount namespace of its own, in which the entries are
// laid over the disk.
func layOver(entries []Overlaid) error {
	runtime.LockOSThread() // never unlocked: the thread becomes the command
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	// Mounts made here must not be visible outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("cannot make mounts private: %w", err)
	}
	points, err := mountPoints("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for i := range entries {
		if from := entries[i].From; from != "" && !strings.HasPrefix(from, "/proc/") { // staged files are hidden at their own place
			entries = append(entries, Overlaid{Path: from, Gone: true})
		}
	}
	layers, err := layersOf(entries, points, isDirectory)
	if err != nil {
		return err
	}
	for i := range layers {
		if err := layers[i].mount(points); err != nil {
			return fmt.Errorf("%s: %w", layers[i].dir, err)
		}
	}
	return nil
}

// isDirectory reports whether the entry at the path itself is a directory.
func isDirectory(path string) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s: %w", path, unix.ENOTDIR)
	}
	return err == nil, err
}

// mountPoints lists the mount points.
func mountPoints(mountinfo string) ([]string, error) {
	text, err := os.ReadFile(mountinfo)
	if err != nil {
		return nil, err
	}
	var points []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 4 { // ID PARENT MAJOR:MINOR ROOT MOUNTPOINT …
			points = append(points, unescapeMount(f[4]))
		}
	}
	slices.Sort(points)
	return slices.Compact(points), nil
}

// unescapeMount replaces "\040" by its byte (fs/proc_namespace.c).
func unescapeMount(s string) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out, i = append(out, byte(n)), i+3
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// layer is the set of entries laid over one directory.
type layer struct {
	dir     string
	entries []Overlaid // below dir, the upper ones first
}

// layersOf returns the directories that get a layer, the upper ones first: the lowest existing ones on the way to the
// entries, except those that another layer covers. A layer does not cover a mount below it.
func layersOf(entries []Overlaid, points []string, isDir func(path string) (bool, error)) ([]layer, error) {
	at := map[string]int{}
	var out []layer
	for _, e := range entries {
		dir := filepath.Dir(e.Path)
		for {
			there, err := isDir(dir)
			if err != nil {
				return nil, err
			}
			if there {
				break
			}
			dir = filepath.Dir(dir)
		}
		if dir == "/" {
			return nil, fmt.Errorf("%s: nothing can be laid over the root directory", e.Path)
		}
		i, known := at[dir]
		if !known {
			i, at[dir] = len(out), len(out)
			out = append(out, layer{dir: dir})
		}
		out[i].entries = append(out[i].entries, e)
	}
	slices.SortFunc(out, func(a, b layer) int { return strings.Compare(a.dir, b.dir) })
	merged := out[:0]
	for _, l := range out {
		if i := slices.IndexFunc(merged, func(m layer) bool { return covers(m.dir, l.dir, points) }); i >= 0 {
			merged[i].entries = append(merged[i].entries, l.entries...)
			continue
		}
		merged = append(merged, l)
	}
	for i := range merged {
		slices.SortStableFunc(merged[i].entries, func(a, b Overlaid) int { return strings.Compare(a.Path, b.Path) })
	}
	return merged, nil
}

func isBelow(path, dir string) bool { return strings.HasPrefix(path, dir+"/") }

// covers reports whether a layer over upper shows in the directory dir too.
func covers(upper, dir string, points []string) bool {
	return isBelow(dir, upper) && !slices.ContainsFunc(points, func(p string) bool {
		return isBelow(p, upper) && (p == dir || isBelow(dir, p))
	})
}
