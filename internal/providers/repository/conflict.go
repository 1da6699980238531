package repository

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// checkSigners refuses a repository of apt that another definition names with another Signed-By: apt reads none of its
// sources then, and so does nothing at all.
func (r *repositories) checkSigners(want resources.RepositoryWant) error {
	found, err := r.findContradictions(want)
	if len(found) > 0 {
		return found[0].err
	}
	return err
}

// reviewSigners is checkSigners for a plan: what the run itself removes before is no obstacle, and what something may
// remove before is noted.
func (r *repositories) reviewSigners(want resources.RepositoryWant, o resource.Outlook, out *resource.Review) error {
	found, err := r.findContradictions(want)
	for _, c := range found {
		switch {
		case c.isUnsure, r.site().purges(c.file), isRemoved(c.file, o.Expected):
		case c.isOwn || o.Pending == resource.NothingPending:
			return c.err
		default:
			out.Notes = append(out.Notes, c.err.Error()+": it fails unless something before it does that")
		}
	}
	return err
}

// removedDefinitions are the files of the repositories that a plan removes.
type removedDefinitions map[string]bool

// isRemoved reports whether a plan removes the repository with that definition: prune does so before anything takes its
// place.
func isRemoved(file string, e *resource.Expected) bool {
	return e != nil && resource.Index(e, func(e *resource.Expected) removedDefinitions {
		out := removedDefinitions{}
		for _, c := range e.Changes {
			if c.Action != resource.Delete {
				continue
			}
			if have, err := resource.DecodeRecorded[resources.RepositoryWant](c.Have); err == nil && have.Definition != nil {
				out[have.DefinitionPath()] = true
			}
		}
		return out
	})[file]
}

// contradiction is another file that gives a source another Signed-By.
type contradiction struct {
	namedSource
	err error
}

// findContradictions lists the files with another Signed-By than that of a repository.
func (r *repositories) findContradictions(want resources.RepositoryWant) (out []contradiction, err error) {
	text, ok := contentOf(want.Definition)
	if want.Provider.Value != "apt" || !ok {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	x, err := r.readSigners()
	if err != nil {
		return nil, err
	}
	own, known := want.DefinitionPath(), map[string]bool{}
	for _, mine := range resources.AptSources(string(text)) {
		for _, other := range x.byKey[mine.Key()] {
			if mine.Disabled || other.file == own || known[other.file] || !other.contradicts(mine, own) {
				continue
			}
			known[other.file] = true
			out = append(out, contradiction{other, fmt.Errorf("apt reads no sources at all where %s %s has two values of Signed-By: %q names it with %s; %s", mine.URI, mine.Suite, other.file, describeSigner(other.signedBy), other.advise())})
		}
	}
	slices.SortFunc(out, func(a, b contradiction) int { return cmp.Compare(a.file, b.file) })
	return out, nil
}

// contradicts reports whether apt refuses a source beside one of file own. It reads the files in their order, and a
// value may follow none.
func (s namedSource) contradicts(mine resources.AptSource, own string) bool {
	first := mine.SignedBy
	if s.file < own {
		first = s.signedBy
	}
	return first != "" && !slices.Equal(s.signers, mine.Signers())
}

// advise tells how to take the sources of a file away.
func (s namedSource) advise() string {
	if !s.isOwn {
		return "remove it there"
	}
	name := strings.TrimSuffix(path.Base(s.file), ".sources")
	return fmt.Sprintf("it is the repository %q of converge: remove it by --prune or ensure = \"absent\", or give it one name in all sites", name)
}

// describeSigner shows a Signed-By, which may be the key itself.
func describeSigner(signedBy string) string {
	switch {
	case signedBy == "":
		return "none"
	case strings.Contains(signedBy, "-----BEGIN"):
		return "a key in it"
	}
	return signedBy
}
