package repository

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"converge/resources"
)

// namedSource is a source of apt in a file.
type namedSource struct {
	file     string
	signedBy string
	signers  []string
	isOwn    bool // converge wrote the file, and this site does not declare it
	isUnsure bool // the site declares the file, and only the machine knows with what content
}

// signerIndex has the sources of all files that apt reads, as the site will leave them.
type signerIndex struct {
	byKey map[string][]namedSource // see [resources.AptSource.Key]
	texts map[string][]byte        // by file
}

// put replaces what a file has; without a text it has nothing.
func (x *signerIndex) put(file string, text []byte, mark namedSource) {
	for _, s := range sourcesIn(file, x.texts[file]) {
		x.byKey[s.Key()] = slices.DeleteFunc(x.byKey[s.Key()], func(n namedSource) bool { return n.file == file })
	}
	if delete(x.texts, file); text == nil {
		return
	}
	x.texts[file] = text
	for _, s := range sourcesIn(file, text) {
		if !s.Disabled {
			mark.file, mark.signedBy, mark.signers = file, s.SignedBy, s.Signers()
			x.byKey[s.Key()] = append(x.byKey[s.Key()], mark)
		}
	}
}

// names reports whether a file other than own has a text in it.
func (x *signerIndex) names(text, own string) bool {
	for file, t := range x.texts {
		if file != own && bytes.Contains(t, []byte(text)) {
			return true
		}
	}
	return false
}

// sourcesIn reads the sources of a file of apt.
func sourcesIn(file string, text []byte) []resources.AptSource {
	if path.Ext(file) == ".sources" {
		return resources.AptSources(string(text))
	}
	return resources.AptLines(string(text))
}

// isReadByApt reports whether apt reads a file in its folder of sources. It skips hidden files and those with other
// characters in their names, as run-parts(8) does.
func isReadByApt(file string) bool {
	name := path.Base(file)
	return file == aptList || !strings.HasPrefix(name, ".") && (path.Ext(name) == ".list" || path.Ext(name) == ".sources") && !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-.:", c)
	})
}

// readSigners reads all files of apt's sources, unless they were read since the last change.
func (r *repositories) readSigners() (*signerIndex, error) {
	if r.signers != nil {
		return r.signers, nil
	}
	files, err := r.definitionFiles("apt")
	if err != nil {
		return nil, err
	}
	x, site := &signerIndex{byKey: map[string][]namedSource{}, texts: map[string][]byte{}}, r.site()
	for _, file := range files {
		if _, isPlanned := site.texts[file]; isPlanned || site.gone[file] || !isReadByApt(file) {
			continue
		}
		text, err := r.readIfFile(file)
		if err != nil {
			return nil, err
		}
		x.put(file, text, namedSource{isOwn: resources.IsWritten(text), isUnsure: site.unsure[file]})
	}
	for file, text := range site.texts {
		if isReadByApt(file) {
			x.put(file, text, namedSource{})
		}
	}
	r.signers = x
	return x, nil
}

// noteSources records what the definition of a repository has by now, after a change.
func (r *repositories) noteSources(want resources.RepositoryWant, failed error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, ok := contentOf(want.Definition)
	switch {
	case r.signers == nil || want.Provider.Value != "apt":
	case failed != nil || !ok && !want.IsAbsent():
		r.signers = nil
	default:
		r.signers.put(want.DefinitionPath(), text, namedSource{})
	}
}
