package archives

import (
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/resource"
)

// Unpacked reports whether an archive has put the entry at a path, below its folder: a later replacement belongs to
// its maker.
func (p *Provider) Unpacked(archive, path string) bool {
	at := resource.DecodeBytes(archive)
	rel, below := strings.CutPrefix(resource.DecodeBytes(path), at+"/")
	info, there, err := p.lookAt(resource.DecodeBytes(path))
	if !below || err != nil || !there {
		return false
	}
	l, linked := p.findCurrent(archive, at, rel)
	if l == nil {
		return false
	}
	if linked {
		_, rel, _ = strings.Cut(rel, "/")
	}
	e, ok := l.find(rel)
	return ok && (e.Type == folder) == (info.Type == fsys.Directory)
}

// findCurrent returns the list of the contents of an archive's folder, or of the version in it to which a path leads;
// nil: they are not known.
func (p *Provider) findCurrent(archive, at, rel string) (l *list, linked bool) {
	version, _, _ := strings.Cut(rel, "/")
	if l := p.readOnce(filepath.Join(p.records.folderOf(archive), nameOf(version, true))); l != nil {
		return l, true
	}
	top, there, err := p.lookAt(at)
	files, listed := p.records.files(archive)
	if err != nil || listed != nil || !there {
		return nil, false
	}
	for _, f := range files { // the newest first
		h, known := readHeader(f)
		if !known || h.Link != "" || h.Ino != 0 && !h.isOf(top) {
			continue
		}
		return p.readOnce(f), false
	}
	return nil, false
}

// readList is a list that was read, and its file then.
type readList struct {
	name string
	size int64
	at   time.Time
	list *list
}

// readOnce reads a list unless it was the last one read: there are questions about many paths of one archive.
func (p *Provider) readOnce(name string) *list {
	info, err := fsys.Files{}.Stat(name)
	if err != nil || info.Mode()&fs.ModeType != 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if last := p.last; last.name == name && last.size == info.Size() && last.at.Equal(info.ModTime()) {
		return last.list
	}
	l, err := p.records.readFile(name)
	if err != nil {
		return nil // an unreadable list owns nothing
	}
	p.last = readList{name, info.Size(), info.ModTime(), l}
	return l
}
