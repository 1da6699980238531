package repository

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// sitePlans are the definitions of apt as the site will leave them: by path, nil for a file of which it is not known, or
// that is to go. A folder that is purged ends with a slash.
type sitePlans map[string][]byte

// purges reports whether the site removes a file because nothing declares it.
func (s sitePlans) purges(file string) bool {
	_, isPurged := s[path.Dir(file)+"/"]
	_, isDeclared := s[file]
	return isPurged && !isDeclared
}

// planSite returns what a site declares of the files in which apt's sources are.
func planSite(rs []*resource.Resource) sitePlans {
	out := sitePlans{}
	for _, r := range rs {
		if !r.IsEnforced() || r.Kind.Links == nil {
			continue
		}
		for _, key := range r.Links().Provides {
			if at, ok := strings.CutPrefix(key, "path:"+aptFolder); ok {
				out[aptFolder+at] = nil
			}
		}
		if w, err := resource.Decode[resources.RepositoryWant](r.Want); err == nil && r.Kind.Name == "repository" && !w.IsAbsent() {
			out[w.DefinitionPath()], _ = contentOf(w.Definition)
		}
		if w, err := resource.Decode[resources.DirectoryWant](r.Want); err == nil && r.Kind.Name == "directory" && w.Purge.Value {
			out[path.Clean(string(w.Path))+"/"] = nil
		}
	}
	return out
}

// aptFolder has all files of apt.
const aptFolder = "/etc/apt/"

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
		case r.site.purges(c.path) || isRemoved(c.path, o.Expected):
		case c.isOwn || o.Pending == resource.NothingPending:
			return c.err
		default:
			out.Notes = append(out.Notes, c.err.Error()+": it fails unless something before it does that")
		}
	}
	return err
}

// isRemoved reports whether a plan removes the repository with that definition: prune does so before anything takes its
// place.
func isRemoved(file string, e *resource.Expected) bool {
	return e != nil && slices.ContainsFunc(e.Changes, func(c resource.Change) bool {
		if c.Action != resource.Delete {
			return false
		}
		have, err := resource.DecodeRecorded[resources.RepositoryWant](c.Have)
		return err == nil && have.Definition != nil && have.DefinitionPath() == file
	})
}

// contradiction is another file that gives a source another Signed-By.
type contradiction struct {
	path  string
	isOwn bool // converge wrote it, and this site does not declare it
	err   error
}

// findContradictions lists the files with another Signed-By than that of a repository.
func (r *repositories) findContradictions(want resources.RepositoryWant) (out []contradiction, err error) {
	own, ok := contentOf(want.Definition)
	if want.Provider.Value != "apt" || !ok {
		return nil, nil
	}
	others, err := r.sourceFiles(want)
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		for _, mine := range resources.AptSources(string(own)) {
			at := slices.IndexFunc(other.sources, func(s resources.AptSource) bool { return conflict(s, mine, other.isFirst) })
			if at < 0 || mine.Disabled {
				continue
			}
			out = append(out, contradiction{other.path, other.isOwn, fmt.Errorf("apt reads no sources at all where %s %s has two values of Signed-By: %q names it with %s; %s", mine.URI, mine.Suite, other.path, describeSigner(other.sources[at].SignedBy), other.advise())})
			break // one for each file
		}
	}
	return out, nil
}

// advise tells how to take the sources of a file away.
func (f sourceFile) advise() string {
	if !f.isOwn {
		return "remove it there"
	}
	name := strings.TrimSuffix(path.Base(f.path), ".sources")
	return fmt.Sprintf("it is the repository %q of converge: remove it by --prune or ensure = \"absent\", or give it one name in all sites", name)
}

// sourceFile is a file with other sources of apt.
type sourceFile struct {
	path    string
	sources []resources.AptSource
	isFirst bool // apt reads it before the definition in question
	isOwn   bool // converge wrote it, and this site does not declare it
}

// sourceFiles reads the definitions of apt besides that of a repository, as the site will leave them.
func (r *repositories) sourceFiles(want resources.RepositoryWant) ([]sourceFile, error) {
	own := want.DefinitionPath()
	dir := path.Dir(own)
	names, err := r.namesIn(dir)
	if err != nil {
		return nil, err
	}
	files := []string{"/etc/apt/sources.list"}
	for _, name := range names {
		files = append(files, path.Join(dir, name))
	}
	for file, text := range r.site {
		if text != nil && path.Dir(file) == dir && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	slices.Sort(files)
	var out []sourceFile
	for _, file := range files {
		text, isPlanned := r.site[file]
		if !isPlanned {
			if text, err = r.readIfFile(file); err != nil {
				return nil, err
			}
		}
		f := sourceFile{path: file, isFirst: file < own, isOwn: !isPlanned && resources.IsWritten(text)}
		switch {
		case file == own || text == nil:
			continue
		case path.Ext(file) == ".sources":
			f.sources = resources.AptSources(string(text))
		case path.Ext(file) == ".list":
			f.sources = resources.AptLines(string(text))
		}
		out = append(out, f)
	}
	return out, nil
}

// conflict reports whether apt refuses two sources beside each other. A value may follow none.
func conflict(other, mine resources.AptSource, isFirst bool) bool {
	if other.Disabled || other.Key() != mine.Key() || slices.Equal(other.Signers(), mine.Signers()) {
		return false
	}
	first := mine
	if isFirst {
		first = other
	}
	return first.SignedBy != ""
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
