package engine

import (
	"context"
	"strings"

	"converge/internal/engine/assembly"
	"converge/internal/resource"
)

// isFilled reports whether a file that converge made empty, as it does where only the mode of a
// file is declared, has a content by now. Nobody declared that, so it is not converge's to
// remove. gone is the file, declared absent.
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

// sparesFilled has an orphan stay that was made empty, and has a content or may have one. It is
// released only where the content was seen.
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

// noteUnread is what is known of a file that was made empty and that cannot be looked at.
func noteUnread(why string) string {
	return "it was made empty, and whether it has a content now is not known: " + why
}

// whyFilled is why a rollback leaves a file alone that the run made empty; "": it takes it back.
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

// whoseParts returns the paths of files of which a resource or an orphan of the run is a part:
// their content is that of these parts, too.
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

// pathOfKey returns the path of a thing that lies at one.
func pathOfKey(key string) string {
	path, _ := strings.CutPrefix(key, assembly.PathKey)
	return path
}
