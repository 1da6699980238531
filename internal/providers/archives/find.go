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
	"converge/resources"
)

// found is the existing part of an archive.
type found struct {
	at       string
	top      fsys.Info
	versions []string
	links    []versionLink

	lists   []*list  // of what was unpacked
	goes    []string // files and links as they were unpacked, by path below at
	folders []string // folders that are empty once those are removed, each before those in it
	stays   []string // everything else
	emptied bool     // an unpacking made the folder, and nothing is in it any more
	edited  []string // that which was unpacked otherwise
}

// roots returns the entries that have to be moved for a complete removal: a folder that is removed as a whole
// represents its contents.
func (f *found) roots() (out []string) {
	in := map[string]bool{} // folders that are removed as a whole
	for _, rel := range f.folders {
		in[rel] = true
	}
	for _, rels := range [][]string{f.folders, f.goes} {
		for _, rel := range rels {
			if !in[above(rel)] {
				out = append(out, rel)
			}
		}
	}
	return out
}

// isEmpty reports whether nothing that was unpacked is in the folder.
func (f *found) isEmpty() bool { return len(f.goes)+len(f.folders) == 0 }

// isGone reports whether nothing that was unpacked is there, nor the folder itself with nothing in it.
func (f *found) isGone() bool { return f.isEmpty() && !f.emptied }

// refuseMount refuses a removal whose entries would have to be kept on another file system.
func (f *found) refuseMount() error {
	if !f.top.Mount || f.isGone() {
		return nil
	}
	return fmt.Errorf("cannot remove %s: it is a mount point; unmount it, or remove by hand what is in it", quote(f.at))
}

// find determines the entries to remove at a path.
func (r remover) find(ctx context.Context, w resources.ArchiveWant, at string) (*found, error) {
	lists, err := r.records.readAll(r.key(w))
	if err != nil {
		return nil, err
	}
	headers := make([]header, len(lists))
	for i, l := range lists {
		headers[i] = l.header
	}
	current, old, err := r.findLinks(w, headers)
	if err != nil {
		return nil, err
	}
	f := &found{at: at, lists: lists, links: linksOf(current, old)}
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
	f.emptied = len(t.order) == 0 && len(lists) > 0 &&
		(w.Edited.Value || slices.ContainsFunc(lists, func(l *list) bool { return l.isOf(top) }))
	return f, nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sort decides for each entry of a tree whether it is removed.
func (r remover) sort(w resources.ArchiveWant, lists []*list, t *tree, f *found) {
	entries := r.owned(w, lists, t, f)
	holds := map[string]bool{} // folders in which something stays
	for _, rel := range t.order {
		own, known := entries[rel]
		switch {
		case r.isKeptIn(lists, rel), f.removesLink(path.Join(t.at, rel), r.physical):
		case !known || t.entries[rel].Mount || r.declared.isWanted(path.Join(t.at, rel)):
			f.keep(rel, holds)
		case own.Type == folder && t.entries[rel].Type == fsys.Directory:
		case own.Type != folder && own.isAsUnpacked(t.entries[rel]):
			f.goes = append(f.goes, rel)
		case w.Edited.Value && t.entries[rel].Type != fsys.Directory:
			f.goes = append(f.goes, rel)
		default:
			f.edited = append(f.edited, rel)
			f.keep(rel, holds)
		}
	}
	for _, rel := range t.order {
		if t.entries[rel].Type == fsys.Directory && !holds[rel] && !r.isKeptIn(lists, rel) {
			f.folders = append(f.folders, rel)
		}
	}
}

// removesLink reports whether a path is that of a link to a version, which is removed
// before the tree that it may be in.
func (f *found) removesLink(at string, physical func(string) string) bool {
	return slices.ContainsFunc(f.links, func(l versionLink) bool { return physical(l.path) == at })
}

// removed returns the removed paths, each with all that is in it.
func (f *found) removed() (paths []string) {
	for _, l := range f.links {
		paths = append(paths, l.path)
	}
	if len(f.stays) == 0 {
		return append(paths, f.at)
	}
	for _, rel := range f.roots() {
		paths = append(paths, path.Join(f.at, rel))
	}
	return paths
}

// keep leaves an entry, and so the folders above it, in place.
func (f *found) keep(rel string, holds map[string]bool) {
	f.stays = append(f.stays, rel)
	for dir := rel; dir != "" && !holds[dir]; dir = above(dir) {
		holds[dir] = true
	}
}

// ownedEntry is an entry with the owner that it was given.
type ownedEntry struct {
	entry
	uid, gid uint32
}

// isAsUnpacked reports whether the content of an entry is unchanged.
func (e ownedEntry) isAsUnpacked(live liveEntry) bool {
	return comparison{times: true}.isUnpacked(e.entry, live)
}

// digestsBelow returns the files whose digests are needed to find what was unpacked.
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
	c := comparison{times: true, claims: r.claimsIn(t.at)}
	l := (observer{r.base}).identify(w, lists, t, c)
	if i := slices.IndexFunc(lists, func(l *list) bool { return l.Link == "" }); l == nil && w.Edited.Value && i >= 0 {
		l = lists[i] // regardless of its state
	}
	if l != nil {
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
