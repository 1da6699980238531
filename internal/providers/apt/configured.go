package apt

import (
	"errors"
	"io/fs"
	"path"
	"time"
)

// Configured returns when the present version of a package was unpacked, if its own scripts have configured the
// package. Without dpkg there is no such package.
func (p *Provider) Configured(name string) (unpacked time.Time, configured bool, err error) {
	db, err := p.installed.currentDatabase()
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, false, nil
	}
	if err != nil {
		return time.Time{}, false, err
	}
	found, ok := db.findByName(name)
	if !ok || !found.isInstalled() && !found.awaitsTriggers() {
		return time.Time{}, false, nil
	}
	for _, list := range []string{name, name + ":" + found.arch} { // of a package that may be there in several architectures
		info, err := p.Tree.Stat(path.Join(infoDir, list+".list"))
		if err == nil {
			return info.ModTime(), true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return time.Time{}, false, err
		}
	}
	return time.Time{}, true, nil
}
