package engine

import (
	"context"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// isFilled reports whether a file that converge made empty, because only its mode was declared, has a content by now.
// That content is not declared, so converge may not remove it. gone is the file, declared absent.
func isFilled(ctx context.Context, gone *resource.Resource) (bool, error) {
	if _, isFile := gone.Kind.Attr("initial"); !isFile || !gone.WantsAbsent() {
		return false, nil
	}
	empty, probe := resource.BytesBlob(nil), *gone
	probe.Want = gone.Kind.WantContent(gone.Want, empty)
	have, err := observe(ctx, &probe)
	if err != nil {
		return false, err
	}
	live := gone.Kind.Content(have)
	return live != nil && !live.Same(empty), nil
}

// sparesFilled keeps an orphan that was made empty and has, or may have, a content. It releases the orphan only if it
// has seen the content.
func (s *orphanStep) sparesFilled(ctx context.Context, oneLine func(error) string) bool {
	filled, err := isFilled(ctx, s.res)
	switch {
	case err != nil:
		s.leaveFailed(noteUnread(oneLine(err)))
	case filled:
		s.release, s.note = true, noteFilled
	}
	return filled || err != nil
}

// noteUnread is the note on a file that was made empty and cannot be read.
func noteUnread(why string) string {
	return "it was made empty, and whether it has a content now is not known: " + why
}

// whyFilled explains why a rollback leaves a file alone that the run made empty; "": the rollback removes it.
func (u *Rollback) whyFilled(ctx context.Context, gone *resource.Resource, oneLine func(error) string) string {
	filled, err := isFilled(ctx, gone)
	switch {
	case err != nil:
		return "run " + u.Run + ": " + noteUnread(oneLine(err))
	case filled:
		return "run " + u.Run + " made it empty, and it has a content now"
	}
	return ""
}

// whoseParts returns the paths of files with a part that a resource or an orphan of the run manages: their content
// includes these parts.
func (o *Options) whoseParts() map[string]bool {
	out := map[string]bool{}
	for _, res := range o.Resources {
		if path, _, ok := resource.CutPartKey(res.Key); ok {
			out[path] = true
		}
	}
	for _, orphan := range o.Orphans {
		if path, _, ok := resource.CutPartKey(orphan.Key); ok {
			out[path] = true
		}
		for _, path := range orphan.Within {
			out[path] = true
		}
	}
	return out
}

// pathOfKey returns the path in the key of a thing that has one.
func pathOfKey(key string) string {
	path, _ := strings.CutPrefix(key, assembly.PathKey)
	return path
}
