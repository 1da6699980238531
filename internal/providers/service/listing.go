package service

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"sync"
	"time"

	"converge/internal/fsys"
)

// listing lists folders, each once until it is told to forget. A look at a name then takes no system call, however many
// units are looked at.
type listing struct {
	fs  *fsys.FS
	age time.Duration // how long a list is valid: others change a running machine; 0: until it is forgotten

	mu      sync.Mutex
	since   time.Time                  // of the oldest list
	folders map[string]map[string]bool // the names in each folder that was listed; empty: there is no such folder
	wanting []string                   // see listWantingFolders; nil: not listed
	install map[string]bool            // see changesInstall, by folder
}

// list returns the names in a folder; none if it does not exist.
func (l *listing) list(dir string) (map[string]bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.listLocked(dir)
}

// listLocked is list. The caller holds l.mu.
func (l *listing) listLocked(dir string) (map[string]bool, error) {
	if l.age > 0 && time.Since(l.since) > l.age {
		l.folders, l.wanting, l.install = nil, nil, nil
	}
	if names, ok := l.folders[dir]; ok {
		return names, nil
	}
	names, err := l.fs.Names(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // it may be a link to a folder
		var to string
		if to, err = l.fs.ResolveFolder(dir); err == nil {
			names, err = l.fs.Names(to)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	set := make(map[string]bool, len(names))
	for _, n := range names {
		set[n] = true
	}
	if l.folders == nil {
		l.folders, l.since = map[string]map[string]bool{}, time.Now()
	}
	l.folders[dir] = set
	return set, nil
}

// has reports whether there is an entry at a path, which may be a link that leads nowhere.
func (l *listing) has(p string) (bool, error) {
	names, err := l.list(path.Dir(p))
	return names[path.Base(p)], err
}

// lacks reports whether certainly nothing is at a path.
func (l *listing) lacks(p string) bool {
	has, err := l.has(p)
	return err == nil && !has
}

// listWantingFolders lists the folders NAME.wants and the like of the administrator.
func (l *listing) listWantingFolders() ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	names, err := l.listLocked(etcUnits)
	if err != nil || l.wanting != nil {
		return l.wanting, err
	}
	l.wanting = []string{}
	for n := range names {
		if slices.Contains(wantingKinds(), path.Ext(n)) {
			l.wanting = append(l.wanting, n)
		}
	}
	slices.Sort(l.wanting)
	return l.wanting, nil
}

// forget discards all lists.
func (l *listing) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.folders, l.wanting, l.install = nil, nil, nil
}

// installsOf returns what keepInstallsOf was told of a folder.
func (l *listing) installsOf(folder string) (changes, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	changes, known = l.install[folder]
	return changes, known
}

// keepInstallsOf keeps whether drop-ins of a folder change [Install] sections.
func (l *listing) keepInstallsOf(folder string, changes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.install == nil {
		l.install = map[string]bool{}
	}
	l.install[folder] = changes
}
