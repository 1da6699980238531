package output

import (
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/internal/scrub"
)

// FindRecorded returns a scrubber of the sensitive strings of a rollback, whose resources come from the journal. What
// converge wrote and recorded as not sensitive has nothing of its secrets, so a line that such a content shows is none,
// though a secret content has it, too. A content of something else may have any secret, such as one of before a
// rotation: its lines only tell which lines are usual of a content that is no known secret.
func FindRecorded(rs []*resource.Resource) *scrub.Scrubber {
	var set scrub.Set
	shown := map[string]bool{}
	if slices.ContainsFunc(rs, func(r *resource.Resource) bool { return r.Presumed || len(r.Secret) > 0 }) {
		for _, r := range rs {
			if r.Kind.ContentAttr != "" && !r.Secret[r.Kind.ContentAttr] {
				eachLine(r, func(line string) {
					shown[line] = true
					if r.Written {
						set.Open(line)
					}
				})
			}
		}
	}
	addSecrets(&set, rs)
	for _, r := range rs {
		if r.Presumed {
			eachLine(r, func(line string) {
				if !shown[line] && len(line) >= scrub.MinLine {
					set.Add(line)
				}
			})
		}
	}
	return set.Scrubber()
}

// eachLine visits the lines of the wanted content of a resource.
func eachLine(r *resource.Resource, visit func(line string)) {
	b := r.Kind.Content(r.Want)
	if b == nil {
		return
	}
	for line := range strings.Lines(smallContent(b)) {
		visit(strings.TrimSpace(line))
	}
}
