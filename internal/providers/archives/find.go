package archives

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// found is what of an archive is there.
type found struct {
	at       string
	top      fsys.Info
	versions []string
	link     string // path of the link to the current version; "": there is none
	points   string // its text

	goes    []string // files and links as they were unpacked, by path below at
	folders []string // that are empty once those are gone
	stays   []string // everything else
}

// find determines the entries to remove at a path.
func (r remover) find(ctx context.Context, w resources.ArchiveWant, at string) (*found, error) {
	f := &found{at: at}
	lists, err := r.records.readAll(r.key(w))
	if err != nil {
		return nil, err
	}
	if err := r.findLink(w, lists, f); err != nil {
		return nil, err
	}
	top, there, err := r.lookAt(at)
	if err != nil || !there || top.Type != fsys.Directory {
		return f, ignoreMissing(err)
	}
	f.top = top
	t, err := r.readTree(ctx, at, top, digestsBelow(lists))
	if err != nil {
		return nil, err
	}
	if len(lists) == 0 && len(t.order) > 0 {
		return nil, fmt.Errorf("cannot tell what of %s converge has unpacked: its list is lost; remove the folder by hand, or declare a directory with ensure = \"absent\" and purge = true", quote(at))
	}
	r.sort(w, lists, t, f)
	return f, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// findLink finds the link to the current version, as far as it leads to one.
func (r remover) findLink(w resources.ArchiveWant, lists []*list, f *found) error {
	for _, l := range lists {
		if l.Link != "" && !w.Link.Set {
			w.Link = resource.Some(resource.Text(l.Link))
		}
	}
	if !w.Link.Set {
		return nil
	}
	link := w.Link.Value.Bytes()
	info, there, err := r.lookAt(link)
	if err != nil || !there || info.Type != fsys.Symlink {
		return ignoreMissing(err)
	}
	text, err := r.FS.Readlink(link)
	if err == nil && path.Dir(path.Clean(text)) == f.at {
		f.link, f.points = link, text
	}
	return err
}

// sort decides of each entry of a tree whether it is removed.
func (r remover) sort(w resources.ArchiveWant, lists []*list, t *tree, f *found) {
	entries := r.owned(w, lists, t, f)
	skip := r.skipIn(t.at)
	holds := map[string]bool{} // folders in which something stays
	for _, rel := range t.order {
		own, known := entries[rel]
		switch {
		case r.isKeptIn(lists, rel):
		case known && own.Type == folder && t.entries[rel].Type == fsys.Directory && !skip(rel):
		case known && own.Type != folder && !skip(rel) && own.isAsUnpacked(t.entries[rel]):
			f.goes = append(f.goes, rel)
		default:
			f.stays = append(f.stays, rel)
			for dir := rel; dir != "" && !holds[dir]; dir = above(dir) {
				holds[dir] = true
			}
		}
	}
	for _, rel := range t.order {
		if t.entries[rel].Type == fsys.Directory && !holds[rel] && !r.isKeptIn(lists, rel) {
			f.folders = append(f.folders, rel)
		}
	}
}

// ownedEntry is an entry with the owner that it was given.
type ownedEntry struct {
	entry
	uid, gid uint32
}

// isAsUnpacked reports whether the content of an entry is unchanged.
func (e ownedEntry) isAsUnpacked(live liveEntry) bool {
	if e.Type == symlink {
		return live.Type == fsys.Symlink && live.target == e.Target
	}
	return live.Type == fsys.Regular && comparison{times: true}.isSameContent(e.entry, live)
}

// digestsBelow returns the files whose digest is needed to find what was unpacked.
func digestsBelow(lists []*list) func(rel string, info fsys.Info) bool {
	return func(rel string, info fsys.Info) bool {
		for _, l := range lists {
			in := rel
			if l.Link != "" {
				in = strings.TrimPrefix(rel, l.Version+"/")
			}
			if e, ok := l.find(in); ok && e.Type == regular && e.Size == info.Size && e.MTime != info.MTime.Unix() {
				return true
			}
		}
		return false
	}
}

// owned returns everything that was unpacked, by its path below the archive's.
func (r remover) owned(w resources.ArchiveWant, lists []*list, t *tree, f *found) map[string]ownedEntry {
	out := map[string]ownedEntry{}
	add := func(l *list, prefix string) {
		f.versions = append(f.versions, l.Version)
		for _, e := range l.entries {
			out[path.Join(prefix, e.Path)] = ownedEntry{e, l.UID, l.GID}
		}
	}
	w.Link.Set = false
	c := comparison{times: true, skip: r.skipIn(t.at)}
	if l := (observer{r.base}).identify(w, lists, t, c); l != nil {
		add(l, "")
	}
	for _, l := range lists {
		if _, there := t.entries[l.Version]; l.Link != "" && there {
			out[l.Version] = ownedEntry{entry{Path: l.Version, Type: folder, Mode: topMode}, l.UID, l.GID}
			add(l, l.Version)
		}
	}
	return out
}

// isKeptIn reports whether a path is that of a tree that was replaced by a version, or is
// in one.
func (r remover) isKeptIn(lists []*list, rel string) bool {
	name, _, _ := strings.Cut(rel, "/")
	return slices.ContainsFunc(lists, func(l *list) bool { return l.Link != "" && strings.HasPrefix(name, keptPrefix(l.Version)) })
}
