package archives

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// files returns the paths of the lists of an archive, the newest first.
func (r records) files(archive string) ([]string, error) {
	if r.state == "" {
		return nil, nil
	}
	dir := r.folderOf(archive)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the list of what was unpacked: %w", err)
	}
	type file struct {
		name string
		at   time.Time
	}
	var found []file
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && e.Name()[0] != '.' {
			found = append(found, file{filepath.Join(dir, e.Name()), info.ModTime()})
		}
	}
	slices.SortStableFunc(found, func(a, b file) int { return b.at.Compare(a.at) })
	out := make([]string, len(found))
	for i, f := range found {
		out[i] = f.name
	}
	return out, nil
}

// touch makes the list of a version the newest one.
func (r records) touch(archive, version string, linked bool) {
	if r.state != "" {
		now := time.Now()
		_ = os.Chtimes(filepath.Join(r.folderOf(archive), nameOf(version, linked)), now, now) // only the order of versions depends on it
	}
}

// trim removes all lists but the newest. A list that is lost is made up for by comparing
// the archive.
func (r records) trim(archive string, keep int) {
	files, err := r.files(archive)
	if err != nil {
		return
	}
	for _, f := range files[min(keep, len(files)):] {
		_ = os.Remove(f) // it does no harm
	}
	if keep == 0 {
		_ = os.Remove(r.folderOf(archive))
	}
}

// archives returns the keys of all archives with a list.
func (r records) archives() []string {
	entries, err := os.ReadDir(filepath.Join(r.state, Folder))
	if err != nil {
		return nil // the usual case
	}
	var out []string
	for _, e := range entries {
		lists, err := os.ReadDir(filepath.Join(r.state, Folder, e.Name()))
		for _, f := range lists {
			if h, known := readHeader(filepath.Join(r.state, Folder, e.Name(), f.Name())); err == nil && known {
				out = append(out, h.Path)
				break
			}
		}
	}
	return out
}

// readHeaders returns the headers of an archive's lists, the newest first.
func (r records) readHeaders(archive string) (out []header, err error) {
	files, err := r.files(archive)
	for _, f := range files {
		if h, known := readHeader(f); known {
			out = append(out, h)
		}
	}
	return out, err
}

// readHeader returns the header of a list; false: it is not a list.
func readHeader(name string) (h header, known bool) {
	f, err := os.Open(name)
	if err != nil {
		return h, false
	}
	defer f.Close()
	line, err := bufio.NewReader(io.LimitReader(f, maxLine)).ReadBytes('\n')
	return h, err == nil && json.Unmarshal(line, &h) == nil && h.Version != ""
}
