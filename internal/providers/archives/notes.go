package archives

import (
	"context"
	"fmt"
	"path"

	"converge/internal/resource"
	"converge/resources"
)

// reviewVersions reviews the removal of old versions.
func (v reviewer) reviewVersions(ctx context.Context, w resources.ArchiveWant, r *resource.Review) error {
	old, err := v.oldVersions(w)
	if err != nil {
		return err
	}
	for _, at := range old {
		r.Notes = append(r.Notes, "removes the old version "+quote(at))
		l, err := v.records.read(v.key(w), path.Base(at), true)
		if err != nil {
			return err
		}
		top, there, err := v.lookAtTree(at)
		if err != nil || !there {
			return err
		}
		t, err := v.readTree(ctx, at, top, nil)
		if err != nil {
			return err
		}
		for _, rel := range extras(l, t, v.skipIn(at)) {
			r.Removes = append(r.Removes, resource.EncodeBytes(join(at, rel)))
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

// noteSize tells how much there is before and after, as far as that is known.
func (v reviewer) noteSize(ctx context.Context, w resources.ArchiveWant, c resource.TypedChange[resources.ArchiveWant]) []string {
	var was, is *list
	if c.Have != nil {
		was, _ = v.records.read(v.key(w), c.Have.Version.Value, w.Link.Set) // a note is not worth an error
	}
	if is, _ = v.records.read(v.key(w), w.Version.Value, w.Link.Set); is == nil && !isRemote(w) {
		is, _ = v.listSource(ctx, w) // the change fails on it, too
	}
	switch {
	case is == nil && was == nil:
		return nil
	case is == nil:
		return []string{formatSize(was) + " now; how many there will be is not known before the archive is fetched"}
	case was == nil:
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
