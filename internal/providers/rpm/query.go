// Package rpm reads rpm's data for the package managers that are built on it: the installed packages, package files,
// and which package scripts failed.
//
// Start with [Reader]. It runs the program rpm, because the database has had three formats (Berkeley DB, ndb, SQLite),
// and one process answers for all packages. It leaves changes to dnf and zypper, in the folders beside this one, but
// for the old versions that an interrupted transaction has left (double.go).
package rpm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
)

// Reader queries rpm.
type Reader struct{ Host *tool.Host }

// databaseFolders returns the possible folders of the database (%_dbpath): rpm's own, and that of Fedora and openSUSE.
func databaseFolders() []string { return []string{"/var/lib/rpm", "/usr/lib/sysimage/rpm"} }

// Stamp returns a text that changes whenever rpm writes its database.
func (r Reader) Stamp() string {
	var files []string
	for _, dir := range databaseFolders() {
		for _, name := range []string{"rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db", "Packages"} {
			files = append(files, dir+"/"+name)
		}
	}
	return StampFiles(r.Host, files...)
}

// StampFiles returns a text that changes whenever one of the files is written; "" if none exists.
func StampFiles(h *tool.Host, files ...string) string {
	stamp := ""
	for _, name := range files {
		if info, err := h.Tree.Stat(name); err == nil {
			stamp += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return stamp
}

// Locks returns the locks that rpm takes for a transaction.
func (r Reader) Locks() []tool.Lock {
	var locks []tool.Lock
	for _, dir := range databaseFolders() {
		locks = append(locks, tool.RecordLock(r.Host.Tree, dir+"/.rpm.lock"))
	}
	return locks
}

// isAtWork reports whether an rpm transaction is running. During it, both versions of a package are installed for a
// while.
func (r Reader) isAtWork() bool {
	return slices.ContainsFunc(r.Locks(), func(l tool.Lock) bool {
		_, held, err := l.Holder()
		return held && err == nil
	})
}

// LostRace reports whether rpm failed only because another program held its lock, so that it changed nothing. rpm
// reports this in its last line; in earlier lines, a package's script may have printed the same text.
func LostRace(res tool.Result) bool {
	return res.Status != 0 && IsLockError(tool.LastLines(res.Stdout+res.Stderr, 1))
}

// IsLockError reports whether a line is rpm's own about a lock that it could not take:
//
//	error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)
func IsLockError(line string) bool {
	rest, ok := strings.CutPrefix(line, "error: can't create transaction lock on /")
	return ok && strings.Contains(rest, " (") && strings.HasSuffix(rest, ")")
}

// queryFormat prints a line that starts with "P" for each package, and one with "p" for each name that it provides
// (rpm-queryformat(7)).
const queryFormat = `P\t%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\t%{ARCH}\n[p\t%{PROVIDENAME}\t%{PROVIDEVERSION}\n]`

// ReadInstalled reads all installed packages by one process. Of a package in several versions (kernels) it returns the
// newest. That version is broken if an interrupted transaction has left the others. While a transaction runs, none
// counts as broken: the versions that the transaction will leave are not known yet.
func (r Reader) ReadInstalled(ctx context.Context) ([]packages.Package, error) {
	list, err := r.query(ctx, "-qa")
	if err != nil {
		return nil, fmt.Errorf("cannot read the installed packages: %w", err)
	}
	merged, doubles := mergeVersions(list)
	if r.isAtWork() {
		return merged, nil
	}
	left, _, err := r.findLeftovers(ctx, doubles)
	for _, d := range left {
		for i := range merged {
			if p := &merged[i]; p.Name == d.newer.Name && p.Arch == d.newer.Arch {
				p.Broken = fmt.Sprintf("an interrupted transaction has left version %s there too", d.older.Version)
			}
		}
	}
	return merged, err
}

// ReadPackageFile reads a package file. It does not check the signature: the manager that installs the file does.
func (r Reader) ReadPackageFile(ctx context.Context, path string) (packages.Package, error) {
	list, err := r.query(ctx, "-qp", "--nosignature", "--nodigest", "--", path)
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("it holds %d packages", len(list))
	}
	if err != nil {
		return packages.Package{}, err // the caller names the file
	}
	return list[0], nil
}

func (r Reader) query(ctx context.Context, args ...string) ([]packages.Package, error) {
	argv := append([]string{"rpm", "--qf", queryFormat}, args...)
	res, err := r.Host.Run(ctx, tool.Command{Argv: argv})
	if err == nil && res.Status != 0 {
		err = errors.New(strings.TrimPrefix(tool.LastLines(res.Stderr, 1), "error: "))
	}
	if err != nil {
		return nil, err
	}
	return parseQuery(res.Stdout)
}

// parseQuery parses an answer in queryFormat. It skips public keys, which rpm stores as packages.
func parseQuery(out string) ([]packages.Package, error) {
	var list []packages.Package
	isKey := false
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case len(f) == 4 && f[0] == "P" && f[1] != "":
			if isKey = f[1] == "gpg-pubkey"; !isKey {
				list = append(list, packages.Package{Name: f[1], Version: ShortVersion(f[2]), Arch: f[3]})
			}
		case len(f) == 3 && f[0] == "p" && (isKey || len(list) > 0):
			if isKey || f[1] == list[len(list)-1].Name {
				continue
			}
			p := &list[len(list)-1]
			p.Provides = append(p.Provides, packages.Provided{Name: f[1], Version: ShortVersion(f[2])})
		default:
			return nil, fmt.Errorf("rpm answers in an unknown form: %.80q", line)
		}
	}
	return list, nil
}

// ShortVersion returns a version as rpm, dnf and zypper print it: without an epoch of 0.
func ShortVersion(v string) string { return strings.TrimPrefix(v, "0:") }

// LongVersion returns a version with its epoch.
func LongVersion(v string) string {
	if epoch, _, ok := strings.Cut(v, ":"); ok && strings.Trim(epoch, "0123456789") == "" {
		return v
	}
	return "0:" + v
}
