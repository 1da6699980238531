package past

import (
	"path"
	"strings"

	"converge/internal/journal"
	"converge/internal/resource"
	"converge/internal/view"
)

// findInside finds, for each changed path, the nearest directory around it that was changed in the same run. No record
// keeps the order of resources, but this part of it follows from the paths.
func findInside(steps []journal.Step) (out []view.Inside) {
	at := map[string]*journal.Step{}
	for i := range steps {
		if p, ok := strings.CutPrefix(steps[i].Key, "path:"); ok && steps[i].State != journal.Same && at[p] == nil {
			at[p] = &steps[i]
		}
	}
	for i := range steps {
		s := &steps[i]
		p, whole := strings.CutPrefix(s.Key, "path:")
		file, _, part := resource.CutPartKey(s.Key)
		switch {
		case s.State == journal.Same, !whole && !part:
			continue
		case part && at[file] != nil: // a file and its parts are made together
			continue
		case part:
			p = file
		}
		for dir := path.Dir(p); dir != "/" && dir != "."; dir = path.Dir(dir) {
			if d := at[dir]; d != nil && d.Addr != s.Addr {
				out = append(out, view.Inside{Resource: s.Addr.String(), Directory: d.Addr.String(), First: d.Action == resource.Delete})
				break
			}
		}
	}
	return out
}
