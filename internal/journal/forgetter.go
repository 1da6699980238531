package journal

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"time"
)

// forgetter removes runs with the contents that they kept.
type forgetter struct {
	folder   *folder
	contents *contents
	now      time.Time
	starts   map[string]time.Time // of the runs that stay
	digest   *regexp.Regexp
}

func newForgetter(folder *folder, contents *contents, now time.Time) (*forgetter, error) {
	ids, err := folder.runIDs()
	if err != nil {
		return nil, err
	}
	f := &forgetter{folder, contents, now, make(map[string]time.Time, len(ids)), regexp.MustCompile(sealedPrefix + `?[0-9a-f]{64}`)}
	for _, id := range ids {
		f.starts[id] = f.startOf(id)
	}
	return f, nil
}

// startOf returns the start of a run, to the second, if its name contains it.
func (f *forgetter) startOf(id string) time.Time {
	if len(id) >= len(idTime) {
		if t, err := time.Parse(idTime, id[:len(idTime)]); err == nil {
			return t
		}
	}
	start, err := readStart(f.folder.root, id)
	if err != nil {
		return f.now // it is damaged, which is no reason to remove it
	}
	return start.Started
}

// findDue returns the runs of the site that are at least as old as keep, except
// newest, and the start of the oldest run that is not due.
func (f *forgetter) findDue(site Site, newest string, keep time.Duration) (due []string, oldest time.Time) {
	oldest = f.now
	for id, started := range f.starts {
		switch {
		case f.now.Sub(started) < keep:
			if started.Before(oldest) {
				oldest = started
			}
		case id != newest && f.isOf(id, site):
			due = append(due, id)
		}
	}
	return due, oldest
}

// isOf reports whether a run belongs to that site, or to none. An unreadable run belongs to an unknown site.
func (f *forgetter) isOf(id string, site Site) bool {
	start, err := readStart(f.folder.root, id)
	return err == nil && (start.Info.Site == "" || slices.Contains(site.allNames(), start.Info.Site))
}

// forgetAll removes runs, and returns the removed ones.
func (f *forgetter) forgetAll(ctx context.Context, ids []string) (forgotten []string, err error) {
	for _, id := range ids {
		delete(f.starts, id)
	}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return forgotten, err
		}
		// Contents that no other run needs are removed first, so that a kill in between leaves no content that nothing
		// refers to.
		err := f.forgetBlobs(id)
		if err == nil {
			err = removeFile(f.folder.root, runFile(id))
		}
		if err != nil {
			return forgotten, err
		}
		forgotten = append(forgotten, id)
	}
	return forgotten, nil
}

// forgetBlobs removes the old contents that no later run needs. Each is stamped with the start of the last run that
// needs it; a content of a killed run has an older stamp.
func (f *forgetter) forgetBlobs(id string) error {
	if id == "" {
		return nil
	}
	text, err := readFile(f.folder.root, runFile(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	others := map[int64]bool{}
	for other, at := range f.starts {
		if other != id {
			others[at.Unix()] = true
		}
	}
	return f.forgetIn(text, f.startOf(id).Unix(), others)
}

// forgetIn removes the old contents that a text names. Before a listing of a removed directory it removes those that
// the listing names.
func (f *forgetter) forgetIn(text []byte, started int64, others map[int64]bool) error {
	for _, digest := range f.digest.FindAll(text, -1) {
		name, info, err := f.contents.findBlob(string(digest))
		if err != nil {
			continue
		}
		if at := info.ModTime().Unix(); at > started || others[at] {
			continue
		}
		if listing := f.readListing(text, string(digest), name); listing != nil {
			if err := f.forgetIn(listing, started, others); err != nil {
				return err
			}
		}
		if err := removeFile(f.folder.root, name); err != nil {
			return err
		}
	}
	return nil
}

// readListing is the text of an old content that a step has as its "below"; nil if it is not such a listing.
func (f *forgetter) readListing(text []byte, digest, name string) []byte {
	if !bytes.Contains(text, []byte(`"below":{"$content":{"digest":"`+digest)) {
		return nil
	}
	listing, _ := readFile(f.folder.root, name) // the contents that an unreadable listing names stay
	return listing
}
