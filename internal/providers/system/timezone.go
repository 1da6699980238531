// Package system manages properties of the whole host: its time zone, its name, its locales (the kinds timezone,
// hostname and locale).
//
// Start with [NewTimezone], [NewHostname] and [NewLocales]; each has a file of its own. archive.go reads which locales
// exist, hosts.go edits the names in /etc/hosts. The package uses no daemon (timedatectl, hostnamectl, localectl), so
// that it works for a tree and a container in the same way.
package system

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

const (
	localtime    = "/etc/localtime"
	timezoneFile = "/etc/timezone"
	maxFile      = 1 << 20 // limit of the bytes that are read of a file
)

// Timezone is the provider of the kind timezone.
type Timezone struct {
	resource.Provider
	zone *zone
}

// NewTimezone returns the provider of the time zone of a root.
func NewTimezone(f *fsys.FS) *Timezone {
	z := &zone{f}
	return &Timezone{resource.Typed[resources.TimezoneWant](z), z}
}

// zone observes and changes the time zone. It caches nothing.
type zone struct{ fs *fsys.FS }

// zoneDirs returns the folders of zone files. Alpine keeps the single zone of a host without tzdata in the second.
func zoneDirs() []string { return []string{"/usr/share/zoneinfo", "/etc/zoneinfo"} }

// Observe implements [resource.TypedProvider].
func (z *zone) Observe(_ context.Context, want resources.TimezoneWant) (*resources.TimezoneWant, error) {
	if !want.IsRecorded() {
		if _, err := z.findZone(want.Zone); err != nil {
			return nil, err
		}
	}
	have := &resources.TimezoneWant{Zone: resources.ZoneUnset, Link: resource.Some(resource.Text("")), Copy: resource.Some(resource.Text("")), InFile: want.InFile}
	info, err := z.fs.Lstat(localtime)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.Type == fsys.Symlink:
		text, err := z.fs.Readlink(localtime)
		if err != nil {
			return nil, err
		}
		have.Zone, have.Link.Value = zoneOf(text), resource.Text(resource.EncodeBytes(text))
	case info.Type == fsys.Regular:
		text, err := z.fs.ReadFile(localtime, maxFile)
		if err != nil {
			return nil, err
		}
		have.Zone, have.Copy.Value = resources.ZoneCopied, resource.Text(resource.EncodeText(string(text)))
	default:
		return nil, fmt.Errorf("cannot set the time zone: %s is %s", localtime, info.Type)
	}
	at, err := z.fs.Resolve(timezoneFile)
	if err != nil {
		return have, ignoreMissing(err)
	}
	text, err := z.fs.ReadFile(at, maxFile)
	if err == nil && strings.TrimSpace(string(text)) != want.InFile.Value {
		line, isClosed := strings.CutSuffix(string(text), "\n")
		have.InFile = resource.Some(resource.EncodeText(line))
		if !isClosed {
			have.Open = resource.Some(true)
		}
	}
	return have, ignoreMissing(err)
}

// zoneOf returns the zone that a link leads to.
func zoneOf(link string) string {
	target := path.Join("/etc", link)
	if path.IsAbs(link) {
		target = path.Clean(link)
	}
	for _, dir := range zoneDirs() {
		if name, ok := strings.CutPrefix(target, dir+"/"); ok {
			return name
		}
	}
	return resource.EncodeBytes(link) // outside the folders of zones
}

// findZone returns the file of a zone.
func (z *zone) findZone(name string) (string, error) {
	for _, dir := range zoneDirs() {
		at := dir + "/" + name
		info, err := z.fs.Stat(at)
		if err == nil && info.Type == fsys.Regular {
			return at, z.checkZone(name, at)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	if _, err := z.fs.Stat(zoneDirs()[0]); err != nil {
		return "", resource.Missing(fmt.Errorf("cannot set the time zone %s: there are no zones in %s; the package tzdata has them", name, zoneDirs()[0]))
	}
	return "", resource.Missing(fmt.Errorf("cannot set the time zone %s: there is no such zone in %s", name, zoneDirs()[0]))
}

// checkZone refuses the lists and notes that lie between the zone files: the C library
// would take any of them for UTC. What a zone file begins with is of tzfile(5). Many zones are links to others.
func (z *zone) checkZone(name, at string) error {
	file, err := z.fs.Resolve(at)
	if err != nil {
		return err
	}
	text, err := z.fs.ReadFile(file, maxFile)
	if err == nil && !bytes.HasPrefix(text, []byte("TZif")) {
		err = fmt.Errorf("cannot set the time zone %s: %s is no zone file", name, at)
	}
	return err
}

// Apply implements [resource.TypedProvider].
func (z *zone) Apply(ctx context.Context, c resource.TypedChange[resources.TimezoneWant]) error {
	if c.Differs("zone") || c.Differs("link") || c.Differs("copy") {
		if err := z.setLocaltime(ctx, c.Want); err != nil {
			return err
		}
	}
	if !c.Differs("in_file") {
		return nil
	}
	return z.fs.Rewrite(ctx, fsys.Rewriting{Tag: "timezone", Path: timezoneFile, Max: maxFile, Edit: func([]byte) ([]byte, error) {
		text := resource.DecodeBytes(c.Want.InFile.Value)
		if !c.Want.Open.Value {
			text += "\n"
		}
		return []byte(text), nil
	}})
}

func (z *zone) setLocaltime(ctx context.Context, want resources.TimezoneWant) error {
	txn := z.fs.Begin("timezone")
	defer txn.Abort()
	live, err := txn.Look(localtime)
	if err = ignoreMissing(err); err != nil {
		return err
	}
	var step *fsys.Step
	switch {
	case !want.IsRecorded():
		at, err := z.findZone(want.Zone)
		if err != nil {
			return err
		}
		step = txn.Symlink(localtime, ".."+at, live)
	case want.Link.Value != "":
		step = txn.Symlink(localtime, want.Link.Value.Bytes(), live)
	case want.Copy.Value != "":
		step = txn.File(localtime, live, fsys.File{Perm: fsys.Perm{Mode: 0o644}, Bytes: []byte(want.Copy.Value.Bytes())})
	case live.Ino != 0:
		step = txn.Remove(localtime, live)
	default:
		return nil
	}
	return errors.Join(txn.Commit(ctx), step.Err())
}

// Review implements [resource.Reviewer].
func (t *Timezone) Review(_ context.Context, c resource.Change, o resource.Outlook) (r resource.Review) {
	if o.Ask != resource.AskForecast || !c.Differs("zone") {
		return r
	}
	info, err := t.zone.fs.Look(localtime)
	switch {
	case err != nil:
	case info.Mount && o.Pending == resource.NothingPending:
		r.Blocked = fmt.Errorf("cannot replace %s: it is a mount point, as in a container that has the file of its host", localtime)
	case info.Type == fsys.Regular:
		r.Notes = []string{"/etc/localtime is a copy of a zone file, which no upgrade of tzdata reaches: it becomes a link"}
	}
	return r
}

// ignoreMissing returns err unless it means that a file does not exist.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

var _ resource.Reviewer = (*Timezone)(nil)
