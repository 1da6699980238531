package archives

import (
	"context"
	"errors"
	"fmt"
	"path"

	"converge/internal/resource"
	"converge/resources"
)

// reviewVersions reviews the removal of old versions, with entries of others in them, declared or not.
func (v reviewer) reviewVersions(ctx context.Context, w resources.ArchiveWant, r *resource.Review) error {
	was, err := v.readCurrent(w)
	if err != nil {
		return err
	}
	old, err := v.oldVersions(w, was)
	if err != nil {
		return err
	}
	for _, at := range old {
		r.Notes = append(r.Notes, fmt.Sprintf("removes the old version %s; no rollback brings it back (keep = %d)", quote(at), w.Keeps()))
		r.Loses = append(r.Loses, "the old version "+quote(at))
		if path.Base(at) == was {
			r.Lasting = errors.New("the old version is removed, because keep = 1")
		}
		l, err := v.records.read(v.key(w), path.Base(at), true)
		if err != nil {
			return err
		}
		if l == nil {
			l = &list{} // the list is lost: any entry may belong to somebody else
		}
		top, there, err := v.lookAtTree(at)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		t, err := v.readTree(ctx, at, top, nil)
		if err != nil {
			return err
		}
		for _, rel := range extras(l, t, noClaims) {
			r.Removes = append(r.Removes, resource.EncodeBytes(path.Join(at, rel)))
		}
	}
	return nil
}

// reviewRemoval reviews the removal of what was unpacked.
func (v reviewer) reviewRemoval(ctx context.Context, w resources.ArchiveWant) (r resource.Review, err error) {
	at := v.physical(w.Path.Bytes())
	if err := v.declared.refuseOwn(at); err != nil {
		return r, err
	}
	f, err := (remover{v.base}).find(ctx, w, at)
	if err == nil {
		err = f.refuseMount()
	}
	if err != nil {
		return r, err
	}
	if n := len(f.stays); n > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s that converge did not unpack, or that %s changed since, %s unless another removal takes %s: %s",
			count(n, "path"), plural(n, "was", "were"), plural(n, "stays", "stay"), plural(n, "it", "them"), nameSome(f.stays)))
	}
	r.Notes = append(r.Notes, "what is removed is kept for a rollback until the history forgets this run")
	return r, nil
}

// noteRestore describes which tree a rollback puts back, and what happens to the present one.
func (v reviewer) noteRestore(w resources.ArchiveWant, k *backup) ([]string, error) {
	in, err := v.findKept(k)
	if in == nil || err != nil {
		return nil, err // it is already in place
	}
	defer in.dir.Close()
	what := "the old tree"
	switch {
	case k.part:
		what = "what was removed"
	case k.removed:
		what = "the tree that was removed"
	}
	if version := w.Version.Value; version != "" && version != unknown {
		what += ", version " + version
	}
	notes := []string{fmt.Sprintf("puts back %s, with all that is in it", what)}
	if _, there, err := v.lookAt(k.at); err == nil && there && !k.part {
		notes = append(notes, "keeps the tree that is there now beside it, for a rollback of this rollback")
	}
	return notes, nil
}

// noteSize describes the sizes before and after, as far as they are known.
func (v reviewer) noteSize(w resources.ArchiveWant, c resource.TypedChange[resources.ArchiveWant], is *list) []string {
	var was *list
	if c.Have != nil {
		was, _ = v.records.read(v.key(w), c.Have.Version.Value, w.Link.Set) // a note is not worth an error
	}
	if is == nil {
		is, _ = v.records.read(v.key(w), w.Version.Value, w.Link.Set)
	}
	switch {
	case is == nil && was == nil:
		return nil
	case is == nil:
		return []string{formatSize(was) + " now; how many there will be is not known before the archive is fetched"}
	case was == nil, was.Version == is.Version:
		return []string{formatSize(is)}
	}
	added, changed, removed := difference(was, is)
	note := fmt.Sprintf("%s → %s", formatSize(was), formatSize(is))
	if added+changed+removed > 0 {
		note += fmt.Sprintf(" (%d added, %d changed, %d removed)", added, changed, removed)
	}
	return []string{note}
}

// difference counts the files of two lists that differ.
func difference(was, is *list) (added, changed, removed int) {
	for _, e := range is.entries {
		old, known := was.find(e.Path)
		switch {
		case e.Type == folder:
		case !known:
			added++
		case old.Type != e.Type || old.Digest != e.Digest || old.Target != e.Target || old.Mode != e.Mode:
			changed++
		}
	}
	for _, e := range was.entries {
		if _, known := is.find(e.Path); !known && e.Type != folder {
			removed++
		}
	}
	return added, changed, removed
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func formatSize(l *list) string {
	files, bytes := l.size()
	text := count(files, "file") + ", "
	switch {
	case bytes >= 10<<30:
		return text + fmt.Sprintf("%d GiB", bytes>>30)
	case bytes >= 10<<20:
		return text + fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 10<<10:
		return text + fmt.Sprintf("%d KiB", bytes>>10)
	}
	return text + count(int(bytes), "byte")
}
