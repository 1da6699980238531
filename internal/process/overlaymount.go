package process

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxCopied is up to how many bytes of a file the layer has a copy, in memory. A larger
// one is bound.
const maxCopied = 1 << 20

// layOver moves this process into a mount namespace of its own, in which the entries are
// laid over what is on disk.
func layOver(entries []Overlaid) error {
	runtime.LockOSThread() // never unlocked: the thread becomes the command
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	// Nothing that is mounted here is to be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		return fmt.Errorf("cannot make mounts private: %w", err)
	}
	points, err := mountPoints("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	for i := range entries {
		if from := entries[i].From; from != "" && !strings.HasPrefix(from, "/proc/") { // what is staged is not seen at its own place
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

// isDirectory reports whether there is a directory at the path itself.
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

// mountPoints lists where something is mounted.
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

// unescapeMount replaces "\040" by the byte that it stands for (fs/proc_namespace.c).
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

// layer is what is laid over one directory.
type layer struct {
	dir     string
	entries []Overlaid // below dir, the upper ones first
}

// layersOf returns which directories get a layer, the upper ones first: the lowest that
// exist on the way to the entries, less those that are covered by another one. A layer
// does not cover what is mounted below.
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

// held is a file or directory that is open although something is mounted over it.
type held struct {
	path string
	fd   int
}

func (h held) proc() string { return "/proc/self/fd/" + strconv.Itoa(h.fd) }

func hold(path string) (held, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return held{}, fmt.Errorf("cannot open %s: %w", path, err)
	}
	return held{path, fd}, nil
}

// layering is the mounting of one layer.
type layering struct {
	live    held   // the directory without the layer
	scratch string // what the layer is made in
	n       int
	bound   []binding // what is bound when the layer is mounted
}

// binding is a file that is bound over its path.
type binding struct {
	from held
	path string
}

// mount makes the layer in memory, and mounts it over the directory. What was mounted
// below is bound again.
func (l *layer) mount(points []string) error {
	live, err := hold(l.dir)
	if err != nil {
		return err
	}
	var below []held
	for _, p := range points {
		if !isBelow(p, l.dir) || len(below) > 0 && isBelow(p, below[len(below)-1].path) {
			continue
		}
		h, err := hold(p)
		if errors.Is(err, fs.ErrNotExist) { // another mount hides it
			continue
		}
		if err != nil {
			return err
		}
		below = append(below, h)
	}
	if err := unix.Mount("tmpfs", l.dir, "tmpfs", 0, "mode=0700"); err != nil {
		return fmt.Errorf("cannot mount memory: %w", err)
	}
	w := &layering{live: live, scratch: l.dir}
	top, err := w.makeLayer(l, points)
	if err != nil {
		return err
	}
	layers := "lowerdir=" + top.proc() + ":" + live.proc()
	if err := unix.Mount("overlay", l.dir, "overlay", unix.MS_RDONLY, layers); err != nil {
		return fmt.Errorf("cannot mount an overlay: %w", err)
	}
	for _, h := range below {
		if err := unix.Mount(h.proc(), h.path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot mount %s again: %w", h.path, err)
		}
	}
	for _, b := range w.bound {
		if err := unix.Mount(b.from.proc(), b.path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("cannot mount a file at %s: %w", b.path, err)
		}
	}
	return nil
}

// makeLayer makes the tree of the layer, and returns its top.
func (w *layering) makeLayer(l *layer, points []string) (held, error) {
	top := filepath.Join(w.scratch, "layer")
	if err := w.makeDir(top, w.live.proc()); err != nil {
		return held{}, err
	}
	for i := range l.entries {
		e := &l.entries[i]
		path := filepath.Join(top, strings.TrimPrefix(e.Path, l.dir))
		if err := w.makeWay(top, filepath.Dir(path)); err != nil {
			return held{}, err
		}
		if err := w.place(e, path, slices.Contains(points, e.Path)); err != nil {
			return held{}, fmt.Errorf("cannot prepare %s: %w", e.Path, err)
		}
	}
	return hold(top)
}

// makeWay makes the directories of the layer on the way to a path: as they are, or new.
func (w *layering) makeWay(top, dir string) error {
	if _, err := os.Lstat(dir); err == nil || dir == top {
		return nil
	}
	if err := w.makeWay(top, filepath.Dir(dir)); err != nil {
		return err
	}
	return w.makeDir(dir, w.live.proc()+strings.TrimPrefix(dir, top))
}

// makeDir makes a directory with mode and owner of another one, if that exists.
func (w *layering) makeDir(dir, like string) error {
	if err := unix.Mkdir(dir, 0o755); err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Stat(like, &st); err != nil {
		return nil //nolint:nilerr // it is a new one
	}
	return givePerm(dir, st.Mode, st.Uid, st.Gid)
}

func givePerm(path string, mode, uid, gid uint32) error {
	if err := unix.Lchown(path, int(uid), int(gid)); err != nil {
		return err
	}
	return unix.Chmod(path, mode&0o7777)
}

// source is where a file of the host can be read while the layer is being made.
func (w *layering) source(from string) string {
	if isBelow(from, w.live.path) {
		return w.live.proc() + strings.TrimPrefix(from, w.live.path)
	}
	return from
}

// place puts one entry into the layer. mounted: something is mounted at its path, so that
// the layer does not show there.
func (w *layering) place(e *Overlaid, path string, mounted bool) error {
	switch {
	case e.Gone:
		if err := unix.Mknod(path, unix.S_IFCHR, 0); !errors.Is(err, fs.ErrExist) { // how an overlay hides (overlayfs.rst)
			return err
		}
		return nil // it is in a directory that is shown in place of another one
	case e.From != "":
		return w.placeFrom(e, path, mounted)
	case e.Link != "":
		return unix.Symlink(e.Link, path)
	case e.Dir:
		if err := unix.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return givePerm(path, e.Mode, e.UID, e.GID)
	}
	return w.placeFile(e, path, mounted, strings.NewReader(string(e.Content)))
}

// placeFile puts a file into the layer.
func (w *layering) placeFile(e *Overlaid, path string, mounted bool, content io.Reader) error {
	if mounted {
		path = w.nextName()
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = givePerm(path, e.Mode, e.UID, e.GID)
	}
	if err == nil && mounted {
		return w.bind(path, e.Path)
	}
	return err
}

// placeFrom puts a file, a link or a directory of the host into the layer.
func (w *layering) placeFrom(e *Overlaid, path string, mounted bool) error {
	from := w.source(e.From)
	var st unix.Stat_t
	stat := unix.Lstat
	if strings.HasPrefix(e.From, "/proc/") { // held in memory by the process that ordered this
		stat = unix.Stat
	}
	if err := stat(from, &st); err != nil {
		return err
	}
	seen := *e
	if !e.Perm {
		seen.Mode, seen.UID, seen.GID = st.Mode, st.Uid, st.Gid
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return unix.Symlink(target, path)
	case unix.S_IFDIR:
		seen.From, seen.Dir = "", true
		return w.place(&seen, path, mounted)
	case unix.S_IFREG:
	default:
		return errors.New("it is no file, link or directory")
	}
	if st.Size > maxCopied && !e.Perm && from != e.From { // in the directory: it stays open
		if err := w.placeFile(&seen, path, false, strings.NewReader("")); err != nil {
			return err
		}
		return w.bind(from, e.Path)
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return w.placeFile(&seen, path, mounted, f)
}

func (w *layering) nextName() string {
	w.n++
	return filepath.Join(w.scratch, strconv.Itoa(w.n))
}

// bind has a file bound over its path when the layer is mounted.
func (w *layering) bind(file, path string) error {
	h, err := hold(file)
	if err == nil {
		w.bound = append(w.bound, binding{h, path})
	}
	return err
}
