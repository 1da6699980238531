package execute

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"converge/internal/fsys"
)

// The entries of the staging directory. Records are links whose text is a path
// from the target: where a killed run was about to make a change.
const (
	newName = "new" // what is to be put in place next; after an exchange, what was there
	oldName = "old" // what was there, where there is no exchange

	recordUnfold = "unfold" // a directory is taking the place of what is at the path
	recordRefold = "refold" // a link is taking the place of the directory at the path
	recordMelt   = "melt"   // the directory at the path is being emptied, for the link to take its place
	recordAdopt  = "adopt"  // a file has another name there that is to go
	recordCopy   = "copy"   // likewise a copy of a file
	recordBeside = "at."    // and a number: something is staged in the directory at the path
)

// besidePrefix begins the names of staged entries outside of the staging
// directory, on file systems mounted in the target and in packages.
const (
	besidePrefix    = Staging + "."
	besideOldPrefix = Staging + ":"
)

// slot is a place for one staged thing.
type slot struct {
	dir      *fsys.Dir
	now, old string
}

func besideSlot(d *fsys.Dir, name string) slot {
	return slot{dir: d, now: besideName(besidePrefix, name), old: besideName(besideOldPrefix, name)}
}

func besideName(prefix, name string) string {
	name = prefix + name
	return name[:min(len(name), unix.NAME_MAX)]
}

func isBeside(name string) bool {
	return strings.HasPrefix(name, besidePrefix) || strings.HasPrefix(name, besideOldPrefix)
}

// lockStaging shows other processes that a run is using the staging directory. Not
// every file system has locks.
func lockStaging(d *fsys.Dir) error {
	err := d.TryLock(true)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.EOPNOTSUPP) {
		return nil
	}
	return err
}

// pathOf is where name in d is, for messages.
func pathOf(d *fsys.Dir, name string) string {
	return strings.TrimSuffix(d.Path(), "/") + "/" + name
}

func quote(s string) string { return strconv.Quote(s) }
