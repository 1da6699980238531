package edit

import (
	"bytes"
	"path/filepath"
	"slices"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// founded is the files that converge made for parts. Any part that joins one counts as one of its makers: the file is
// removed with the last of them, in any order.
type founded struct {
	mu    sync.Mutex
	made  map[string]*resources.PartPast // by physical path: what this run made; nil: this run removed it
	keys  map[string][]string            // of the parts in the ledger, by physical path; nil: not listed yet
	links map[string][]string            // those of them that name it by a link
	known map[string]*resources.PartPast // by physical path: the record of the part that made the file; nil: none did
}

// forget discards resolved paths.
func (f *founded) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys, f.links, f.known = nil, nil, nil
}

// maker returns the record of the part for which converge made a file; nil if it made it for none.
func (p recorder) maker(src *source) *resources.PartPast {
	f := p.founded
	f.mu.Lock()
	defer f.mu.Unlock()
	if past, known := f.made[src.path]; known || src.missing {
		return past
	}
	if past, known := f.known[src.path]; known {
		return past
	}
	past := p.findMaker(p.listKeys(src.path), src)
	if f.known == nil {
		f.known = map[string]*resources.PartPast{}
	}
	f.known[src.path] = past
	return past
}

// listKeys lists the ledger keys of parts of the file at a physical path, except those that name it by a link:
// converge makes no file through a link.
func (p recorder) listKeys(path string) []string {
	ledger, ok := p.Ledger.(Founded)
	if f := p.founded; ok && f.keys == nil {
		f.keys, f.links = map[string][]string{}, map[string][]string{}
		for path, keys := range ledger.ListParts() {
			name, listed := resource.DecodeBytes(path), f.keys
			if p.isLink(name) {
				listed = f.links
			}
			at := candidates{p.Provider}.physicalOf(name)
			listed[at] = append(listed[at], keys...)
		}
	}
	return p.founded.keys[path]
}

func (p recorder) findMaker(keys []string, src *source) *resources.PartPast {
	for _, key := range keys {
		if past := p.readPast(key); past != nil && past.Created && p.isStillOurs(past, src) {
			return past
		}
	}
	return nil
}

// readPast returns the ledger's record of a part; nil: none.
func (p recorder) readPast(key string) *resources.PartPast {
	return p.pasts.decode(key, p.Ledger.(Founded).ReadPast(key))
}

// backOf returns the hunks to revert to make a part right: those that a rollback or a prune wants to restore; for a
// part to be absent, and absent before converge made it, everything that was made for it; for a setting to have its
// earlier value, converge's changes of it.
func (p recorder) backOf(key string, w *part, src *source) ([]edit.Hunk, *edit.Ground) {
	_, ok := p.Ledger.(Founded)
	if ok && w.Was == nil && !w.IsAbsent() && !src.missing {
		return p.originalOf(key, w)
	}
	if w.Was != nil || src.missing || !ok {
		past := p.pasts.of(w)
		return past.Back(src.missing), past.GroundBack(src.missing)
	}
	past := p.readPast(key)
	switch {
	case past == nil, past.Present, past.Ground == nil:
		return nil, nil
	case past.Ground.Lost: // what contained only the part is removed with it
		return nil, past.Ground
	}
	return past.Hunks, past.Ground
}

// originalOf returns what converge has changed of a setting that is to have its earlier value.
func (p recorder) originalOf(key string, w *part) ([]edit.Hunk, *edit.Ground) {
	if w.Part != resources.PartSetting || w.Items.Set || w.Value == cty.NilVal {
		return nil, nil
	}
	past := p.readPast(key)
	if past == nil || !past.Present || !past.Single || past.Value == nil || *past.Value != resource.DecodeBytes(w.Value.AsString()) {
		return nil, nil
	}
	return past.Hunks, past.Ground
}

// layoutOf returns the layout of the file's parts in the ledger.
func (p recorder) layoutOf(src *source) *edit.Layout {
	p.founded.mu.Lock()
	defer p.founded.mu.Unlock()
	kept := map[string]*edit.Ground{}
	for _, key := range slices.Concat(p.listKeys(src.path), p.founded.links[src.path]) {
		if past := p.readPast(key); past != nil && past.Ground != nil {
			kept[key] = past.Ground
		}
	}
	return edit.ReadLayout(src.bytes, kept)
}

// isMaker reports whether converge made the present file for a part that is taken back.
func (p recorder) isMaker(w *part, src *source) bool {
	past := p.pasts.of(w)
	return past != nil && past.Created && (src.missing || !p.isLink(w.Path.Bytes()) && p.isStillOurs(past, src))
}

func (p recorder) isLink(path string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	info, err := p.held.Lstat(path)
	return err == nil && info.Type == fsys.Symlink
}

// isStillOurs reports whether a file is the one that converge made, and has not been replaced since.
func (p recorder) isStillOurs(past *resources.PartPast, src *source) bool {
	if at := resource.DecodeBytes(past.At); at != "" && at != src.path {
		return p.isOursByLink(at, past, src)
	}
	ledger, ok := p.Ledger.(Makings)
	if !ok {
		return true
	}
	noted := ledger.ReadMaking(src.path)
	if noted == "" && past.Now != "" && past.Of == resource.EncodeBytes(src.path) { // it was made in the place to which the home was moved, and is back
		noted = ledger.ReadMaking(resource.DecodeBytes(past.Now))
	}
	if noted != "" && noted != ofOthers && len(bytes.TrimSpace(src.bytes)) > 0 {
		return true // an editor may have replaced it, with what converge made in it
	}
	info, err := p.FS.Look(src.path)
	return err == nil && isSameFile(noted, info, past)
}

// isOursByLink is isStillOurs for a file that an older version noted by a path through a link to its folder. There may
// have been no link then, so the content of the file proves nothing.
func (p recorder) isOursByLink(at string, past *resources.PartPast, src *source) bool {
	ledger, ok := p.Ledger.(Makings)
	p.mu.Lock()
	real := physical(p.held, at) // a link in the place of the file itself is not followed
	p.mu.Unlock()
	if !ok || real != src.path {
		return false
	}
	info, err := p.FS.Look(src.path)
	return err == nil && isSameFile(ledger.ReadMaking(at), info, past)
}

// isReplaced reports whether the file to be written was put in place of the one that converge made: it contains
// nothing that converge declares.
func (p recorder) isReplaced(s *set) bool {
	if s.src.missing || s.ends || len(s.settled) > 0 || s.noted == "" || s.noted == beingWritten {
		return false
	}
	info, err := p.FS.Look(s.src.path)
	return err != nil || !isSameFile(s.noted, info, &resources.PartPast{})
}

// noteWriting notes in the ledger that a file which converge made, or is about to make, is being written: if the run
// is killed meanwhile, it is not known which file is there.
func (p recorder) noteWriting(s *set) error {
	ledger, ok := p.Ledger.(Makings)
	if !ok || len(s.steps) == 0 {
		return nil
	}
	s.noted = ledger.ReadMaking(s.src.path)
	if p.isReplaced(s) {
		return ledger.NoteMaking(s.src.path, ofOthers)
	}
	if s.isMade = s.src.missing || s.ends || p.maker(s.src) != nil; !s.isMade {
		return nil
	}
	return ledger.NoteMaking(s.src.path, beingWritten)
}

// noteWritten notes the result for the file of a set; done reports whether it was written. A file without a note
// counts as converge's.
func (p recorder) noteWritten(s *set, done bool) {
	if ledger, ok := p.Ledger.(Makings); ok && s.isMade {
		id := s.noted
		if done {
			id = p.identifyFile(s.src.path)
		}
		_ = ledger.NoteMaking(s.src.path, id)
	}
	if !done || !s.src.missing && !s.isGone() {
		return
	}
	p.founded.mu.Lock()
	defer p.founded.mu.Unlock()
	if p.founded.made == nil {
		p.founded.made = map[string]*resources.PartPast{}
	}
	p.founded.made[s.src.path] = nil
	if !s.isGone() {
		p.founded.made[s.src.path] = &resources.PartPast{Created: true, At: resource.EncodeBytes(s.src.path), Folder: s.folder}
	}
}

// identifyFile returns the identity of the file at a path; "": it does not exist.
func (p recorder) identifyFile(path string) string {
	info, err := p.FS.Look(path)
	if err != nil {
		return ""
	}
	return identify(info)
}

// physicalOf is the path of a file that is the same for all its names.
func (p candidates) physicalOf(path string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if real, _, err := p.held.Resolve(path); err == nil {
		return real
	}
	return physical(p.held, filepath.Clean(path))
}

// MadeFor reports whether converge made the file at a path for parts of it.
func MadeFor(p *Provider, path string) bool {
	name, r := resource.DecodeBytes(path), recorder{p}
	at := candidates{p}.physicalOf(name)
	p.founded.mu.Lock()
	keys := r.listKeys(at)
	p.founded.mu.Unlock()
	if len(keys) == 0 {
		return false // nor is it read
	}
	src, err := p.readPath(name)
	return err == nil && !src.missing && r.maker(src) != nil
}
