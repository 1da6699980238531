package apt

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"

	"converge/internal/fsys"
)

// maxStatus bounds the bytes read of dpkg's database: a hundred times that of a
// machine with all of Debian's desktops.
const maxStatus = 512 << 20

const (
	statusFile = "/var/lib/dpkg/status"
	updatesDir = "/var/lib/dpkg/updates"
	infoDir    = "/var/lib/dpkg/info"
)

// database is dpkg's database at one moment. It does not change.
type database struct {
	native string // the architecture of dpkg itself
	pkgs   []pkg
	at     map[string]int32 // place in pkgs by name; of foreign architectures by name:arch

	interrupted bool // dpkg was: some of this is in its journal only, which apt does not read before it works

	provided func() map[string][]provided // names that installed packages provide; see provides.go
}

// findByName finds a package by name or name:arch.
func (d *database) findByName(name string) (pkg, bool) { return d.findByKey(d.nameOf(name)) }

// nameOf returns the one name of the package that a manifest, apt or dpkg calls
// name: keyOf's, whether or not the package is there. As apt does, it takes
// name:all for the package of dpkg's own architecture.
func (d *database) nameOf(name string) string {
	base, arch, qualified := strings.Cut(name, ":")
	if !qualified || arch == d.native || arch == "native" || arch == "all" {
		return base
	}
	if _, ok := d.at[name]; ok {
		return name
	}
	if p, _ := d.findByKey(base); p.arch == "all" { // that is everyone's
		return base
	}
	return name
}

func (d *database) findByKey(key string) (pkg, bool) {
	i, ok := d.at[key]
	if !ok {
		return pkg{}, false
	}
	return d.pkgs[i], true
}

// eachPackage yields the packages with their keys, in the database's order.
func (d *database) eachPackage(yield func(string, pkg) bool) {
	for i, p := range d.pkgs {
		key := d.keyOf(p)
		if d.at[key] == int32(i) && !yield(key, p) { // not overridden by the journal
			return
		}
	}
}

// keyOf is the name of a package in the database and in apt.
func (d *database) keyOf(p pkg) string {
	if p.arch == d.native || p.arch == "all" || p.arch == "" {
		return p.name
	}
	return p.name + ":" + p.arch
}

// lookAgain is how long one check of the disk is valid. No program can start and change the database in less.
const lookAgain = time.Millisecond

// cache keeps the database until it is changed on disk.
type cache struct {
	mu     sync.Mutex
	looked time.Time
	stamp  string
	db     *database
}

// installed keeps what dpkg and apt have recorded about the packages of a tree.
type installed struct {
	files fsys.Files
	cache cache
	marks markCache
}

// currentDatabase reads dpkg's database, or returns the last result if nothing has touched it since.
func (d *installed) currentDatabase() (*database, error) {
	d.cache.mu.Lock()
	defer d.cache.mu.Unlock()
	if d.cache.db != nil && time.Since(d.cache.looked) < lookAgain {
		return d.cache.db, nil
	}
	d.cache.looked = time.Now()
	stamp, err := d.databaseStamp()
	if err != nil {
		return nil, fmt.Errorf("cannot tell which packages are installed: %w", err)
	}
	if d.cache.db != nil && d.cache.stamp == stamp {
		return d.cache.db, nil
	}
	db, err := d.readDatabase()
	if err != nil {
		return nil, fmt.Errorf("cannot tell which packages are installed: %w", err)
	}
	d.cache.stamp, d.cache.db = stamp, db
	return db, nil
}

// databaseStamp changes whenever dpkg writes: it replaces the status file by
// renaming a new one over it, and makes a file in the journal's folder.
func (d *installed) databaseStamp() (string, error) {
	status, err := d.files.Stat(statusFile)
	if err != nil {
		return "", err
	}
	updates, err := d.files.Stat(updatesDir)
	if errors.Is(err, fs.ErrNotExist) {
		return fileStamp(status), nil
	}
	if err != nil {
		return "", err
	}
	return fileStamp(status) + " " + fileStamp(updates), nil
}

func (d *installed) readDatabase() (*database, error) {
	data, err := d.files.ReadFile(statusFile, maxStatus)
	if err != nil {
		return nil, err
	}
	// About a kilobyte a package; a map that grows costs more than the parse.
	list := make([]pkg, 0, len(data)/800+16)
	add := func(p pkg) { list = append(list, p) }
	if err := parseStatus(data, add); err != nil {
		return nil, fmt.Errorf("cannot read %q: %w", statusFile, err)
	}
	names, err := d.pendingUpdates()
	if err != nil {
		return nil, err
	}
	for _, name := range names { // later entries override, in order
		file := path.Join(updatesDir, name)
		data, err := d.files.ReadFile(file, maxStatus)
		if errors.Is(err, fs.ErrNotExist) {
			continue // dpkg has just merged it into the status file
		}
		if err != nil {
			return nil, err
		}
		if err := parseStatus(data, add); err != nil {
			return nil, fmt.Errorf("cannot read %q: %w", file, err)
		}
	}
	db := newDatabase(list)
	db.interrupted = len(names) > 0
	return db, nil
}

func newDatabase(list []pkg) *database {
	d := &database{native: debianArch(runtime.GOARCH), pkgs: list, at: make(map[string]int32, len(list))}
	for i := range list {
		if list[i].name == "dpkg" && list[i].isInstalled() {
			d.native = list[i].arch
			break
		}
	}
	for i := range list {
		d.at[d.keyOf(list[i])] = int32(i)
	}
	d.provided = sync.OnceValue(d.readProvided)
	return d
}

// pendingUpdates lists the entries of dpkg's journal, in order. dpkg leaves
// them behind only when it was interrupted.
func (d *installed) pendingUpdates() ([]string, error) {
	entries, err := d.files.ReadDir(updatesDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if strings.Trim(e.Name(), "0123456789") == "" {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// debianArch is Debian's name of Go's architecture arch: needed only if the tree has no dpkg of its own.
func debianArch(arch string) string {
	switch arch {
	case "386":
		return "i386"
	case "arm":
		return "armhf"
	case "ppc64le":
		return "ppc64el"
	case "mips64le":
		return "mips64el"
	}
	return arch
}
