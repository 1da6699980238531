package archives

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// Folder is the folder of the lists in the state folder: below it a folder for each path of
// an archive, and in that a file for each version. A file is lines of JSON: a header,
// and then the entries.
const Folder = "archives"

// maxList bounds the bytes read of a list: that of half a million long paths.
const maxList = 512 << 20

// maxLine bounds the bytes of a line: a path, and the text of a link.
const maxLine = 1 << 20

// records keeps lists in the state folder.
type records struct{ state string }

// folderOf returns the folder of the lists of an archive at a path.
func (r records) folderOf(archive string) string {
	sum := sha256.Sum256([]byte(archive))
	return filepath.Join(r.state, Folder, hex.EncodeToString(sum[:16]))
}

// nameOf returns the name of the file of a version. A tree that is itself the path, and one
// in a folder of its own below the path, are two things.
func nameOf(version string, linked bool) string {
	if linked {
		return version + ".linked"
	}
	return version
}

// read returns the list of a version; nil if it does not exist.
func (r records) read(archive, version string, linked bool) (*list, error) {
	if r.state == "" || version == "" {
		return nil, nil
	}
	return r.readFile(filepath.Join(r.folderOf(archive), nameOf(version, linked)))
}

// readFile reads a list. A list that is incomplete, or of another version of converge, counts as lost: then the
// archive is compared.
func (r records) readFile(name string) (*list, error) {
	text, err := fsys.Files{}.ReadFile(name, maxList)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read the list of what was unpacked: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxLine)
	l := &list{}
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &l.header) != nil || l.Version == "" {
		return nil, nil
	}
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Path == "" {
			return nil, nil
		}
		e.Path, e.Target = resource.DecodeBytes(e.Path), resource.DecodeBytes(e.Target)
		l.entries = append(l.entries, e)
	}
	return l, nil
}

// readAll returns the lists of all versions of an archive that are known, the newest first.
func (r records) readAll(archive string) ([]*list, error) {
	files, err := r.files(archive)
	if err != nil {
		return nil, err
	}
	var out []*list
	for _, f := range files {
		l, err := r.readFile(f)
		if err != nil {
			return nil, err
		}
		if l != nil {
			out = append(out, l)
		}
	}
	return out, nil
}

// write stores a list on disk. It comes before the tree: a list without its tree does no harm.
func (r records) write(archive string, l *list) error {
	if r.state == "" {
		return nil
	}
	var text bytes.Buffer
	out := json.NewEncoder(&text)
	err := out.Encode(l.header)
	for _, e := range l.entries {
		e.Path, e.Target = resource.EncodeBytes(e.Path), resource.EncodeBytes(e.Target)
		if err == nil {
			err = out.Encode(e)
		}
	}
	dir := r.folderOf(archive)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		err = fsys.ReplacePath(filepath.Join(dir, nameOf(l.Version, l.Link != "")), text.Bytes(), fsys.Replacement{Sync: true})
	}
	if err != nil {
		return fmt.Errorf("cannot keep the list of what is unpacked: %w", err)
	}
	return nil
}

// relink notes in all lists the path of the link to the current version.
func (r records) relink(archive, link string) error {
	files, err := r.files(archive)
	if err != nil {
		return err
	}
	for _, f := range files {
		if h, known := readHeader(f); !known || h.Link == "" || h.Link == link {
			continue
		}
		l, err := r.readFile(f)
		if err != nil {
			return err
		}
		if l == nil {
			continue
		}
		info, err := os.Stat(f)
		if err != nil {
			return fmt.Errorf("cannot read the list of what was unpacked: %w", err)
		}
		l.Link = link
		if err := r.write(archive, l); err != nil {
			return err
		}
		_ = os.Chtimes(f, info.ModTime(), info.ModTime()) // only the order of versions depends on it
	}
	return nil
}
