package apt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
)

const (
	listsDir    = "/var/lib/apt/lists"
	sourcesFile = "/etc/apt/sources.list"
	sourcesDir  = "/etc/apt/sources.list.d"
	cacheFile   = "/var/cache/apt/pkgcache.bin"
	srcCache    = "/var/cache/apt/srcpkgcache.bin"
)

// lists are the options with which apt reads its package lists: the machine's,
// or a private copy.
type lists struct {
	options []string
	fresh   bool  // as new as possible
	fetched bool  // just now
	lacking error // why some that were due could not be fetched; nil: all are there
}

// sources know what the package sources offer, according to the present package lists, and which package of the
// machine a name means.
type sources struct {
	*host
	*installed
	maxAge tool.MaxAge // of the lists; see [Options]

	candidates candidates
	offered    offeredNames
	stamps     stampCache
	trouble    trouble
	declared   []*resource.Resource // see Declare
	named      bool                 // apt is not the machine's own manager
	planned    func(ctx context.Context, beside iter.Seq[resource.Change]) map[string][]byte

	checkSigned func(ctx context.Context) error // see [Options]
}

// currentLists is the machine's own lists, read without a write: apt would
// otherwise renew its cache files when they are out of date.
func (s *sources) currentLists() lists {
	l := lists{}
	changed := s.newestTime(listsDir, sourcesFile, sourcesDir)
	if at := s.newestTime(cacheFile); at.IsZero() || at.Before(changed) || at.Before(s.newestTime(statusFile)) {
		l.options = append(l.options, "-o", "Dir::Cache::pkgcache=")
	}
	if at := s.newestTime(srcCache); at.IsZero() || at.Before(changed) {
		l.options = append(l.options, "-o", "Dir::Cache::srcpkgcache=")
	}
	return l
}

// newestTime is the latest modification of the existing files.
func (s *sources) newestTime(files ...string) time.Time {
	var newest time.Time
	for _, f := range files {
		if info, err := s.Tree.Stat(f); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// whyStale explains why the machine's lists are stale; "" if they are not. Their
// files carry the archive's dates, so it checks the folders, which every apt-get
// update writes in.
func (s *sources) whyStale(latest bool) (string, error) {
	changed, any, err := s.sourcesTime()
	if err != nil {
		return "", fmt.Errorf("cannot look at the package sources: %w", err)
	}
	if !any {
		return "", nil // nothing to fetch
	}
	entries, err := s.Tree.ReadDir(listsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("cannot look at the package lists: %w", err)
	}
	empty := true
	for _, e := range entries {
		empty = empty && !strings.Contains(e.Name(), "Packages") && !strings.HasSuffix(e.Name(), "Release")
	}
	fetched := s.newestTime(listsDir, path.Join(listsDir, "partial"))
	switch {
	case empty:
		return "there are no package lists yet", nil
	case changed.After(fetched):
		return "the package sources were changed since the package lists were fetched", nil
	}
	return s.maxAge.WhyStale("the package lists", fetched, latest), nil
}

// sourcesTime is when the package sources, or the way of fetching them, were last changed, including removed files,
// and whether there are any.
func (s *sources) sourcesTime() (newest time.Time, any bool, err error) {
	entries, err := s.Tree.ReadDir(sourcesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return newest, false, err
	}
	files := []string{sourcesFile, sourcesDir}
	for _, e := range entries {
		if ext := path.Ext(e.Name()); ext == ".list" || ext == ".sources" {
			files = append(files, path.Join(sourcesDir, e.Name()))
		}
	}
	for _, f := range files {
		info, err := s.Tree.Stat(f)
		if err != nil {
			continue // removed, or a dangling link: apt skips it, too
		}
		any = any || info.Mode().IsRegular() && info.Size() > 0
	}
	return s.newestTime(append(files, s.fetchFiles()...)...), any, nil
}

// fetchFiles are the other files that decide how package lists are fetched:
// keys, passwords and options. With another key a source may be trusted again.
func (s *sources) fetchFiles() []string {
	files := []string{"/etc/apt/apt.conf", "/etc/apt/auth.conf", "/etc/apt/trusted.gpg"}
	for _, dir := range []string{"/etc/apt/apt.conf.d", "/etc/apt/auth.conf.d", "/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/usr/share/keyrings"} {
		entries, err := s.Tree.ReadDir(dir)
		if err != nil {
			continue // it does not exist
		}
		files = append(files, dir)
		for _, e := range entries {
			files = append(files, path.Join(dir, e.Name()))
		}
	}
	return files
}

// fetchPrivately fetches the package lists into a folder of our own, so that a plan is right and the machine stays as
// it is. It includes planned repositories; as long as the machine's lists are not stale, it only fetches those of the
// planned ones.
func (s *sources) fetchPrivately(ctx context.Context, p planned, stale bool) (l lists, remove func(), err error) {
	dir, err := s.MakeFolder("converge-apt-")
	if err != nil {
		return l, nil, fmt.Errorf("cannot fetch the package lists: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) } // it is in a folder that is cleaned at boot
	if l, err = s.fillPrivate(ctx, dir, p, stale); err != nil {
		remove()
		return l, nil, fmt.Errorf("cannot fetch the package lists: %w", err)
	}
	return l, remove, nil
}

func (s *sources) fillPrivate(ctx context.Context, dir string, p planned, stale bool) (lists, error) {
	if err := layPrivate(dir); err != nil {
		return lists{}, err
	}
	inside := strings.TrimPrefix(dir, s.Root)
	l := lists{fresh: true, fetched: true, options: []string{
		"-c", inside + "/apt.conf",
		"-o", "Dir::State::lists=" + inside + "/lists/", "-o", "Dir::Cache=" + inside + "/cache/",
	}}
	fetch := l.options
	if len(p) > 0 {
		all, only, err := p.layInto(dir, inside, s.Tree)
		if err != nil {
			return l, err
		}
		l.options = append(l.options, all...)
		if fetch = l.options; !stale {
			if err := borrowLists(s.Tree, dir); err != nil || only == nil {
				return l, err
			}
			fetch = slices.Concat(l.options, only)
		}
	}
	s.ReportProgress("fetching the package lists, into a folder of their own")
	res, err := s.Run(ctx, tool.Command{Argv: slices.Concat([]string{"apt-get", "-q"}, fetch, []string{"update"}), Line: s.progressLine()})
	err = s.checkUpdate(ctx, res, err)
	if l.lacking = s.trouble.whyLacking(); err == nil && l.lacking != nil {
		err = borrowLists(s.Tree, dir) // apt-get update itself uses the earlier ones, if the folder has them
	}
	return l, err
}

// layPrivate makes the folders, readable for apt's unprivileged fetcher, and a
// configuration without the hooks of `apt-get update`: they write elsewhere.
func layPrivate(dir string) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	for _, d := range []string{"lists", "lists/partial", "cache", "cache/archives", "cache/archives/partial"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	conf := "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"
	return fsys.ReplacePath(filepath.Join(dir, "apt.conf"), []byte(conf), fsys.Replacement{Mode: 0o644})
}

// updateLists fetches the machine's package lists, and waits for another program that
// does so already: apt-get itself gives up at once.
func (s *sources) updateLists(ctx context.Context, why string) error {
	s.ReportProgress("fetching the package lists: %s", why)
	res, err := s.runLocked(ctx, []string{lockLists}, tool.Command{Argv: []string{"apt-get", "-q", "update"}, Line: s.progressLine()})
	if err = s.checkUpdate(ctx, res, err); err != nil {
		return fmt.Errorf("cannot fetch the package lists: %w", err)
	}
	return nil
}

// wrongSigner is an error because a declared repository is not signed by its key. The
// lists of before would hide that.
type wrongSigner struct{ error }

func (e wrongSigner) Unwrap() error { return e.error }

// orOldLists returns an error of an update if the earlier lists cannot replace it. Any other error becomes a notice,
// which also names the alternative in instead: without a network the present lists are better than none.
func (s *sources) orOldLists(err error, instead string) error {
	var wrong wrongSigner
	var locked *tool.LockedError
	if errors.As(err, &locked) {
		return locked
	}
	if err == nil || errors.As(err, &wrong) {
		return err
	}
	s.SendNotice("%v%s", err, instead)
	return nil
}

// checkUpdate keeps the complaints of apt-get update, and returns its error if it failed as
// a whole, or if a declared repository is not signed by its key: apt then uses the earlier
// lists, and may end with 0.
func (s *sources) checkUpdate(ctx context.Context, res tool.Result, err error) error {
	if err != nil {
		return err
	}
	said := nameSigners(s.Tree, updateWarnings(res))
	s.trouble.setComplaint(said, res.Status != 0 || strings.Contains(res.Stdout+res.Stderr, someFailed))
	if said == "" && res.Status == 0 {
		return nil
	}
	if s.checkSigned != nil {
		if err := s.checkSigned(ctx); err != nil {
			return wrongSigner{err}
		}
	}
	switch {
	case res.Status == 0:
		s.SendNotice("not all package lists could be fetched, so earlier ones are used where there are any: %s", said)
		return nil
	case said != "":
		return errors.New(said)
	}
	return errors.New(firstErrors(res))
}

// firstErrors returns a failed program's error message in one line.
func firstErrors(res tool.Result) string {
	if res.Signal != 0 {
		return "a signal ended the program: " + res.Signal.String()
	}
	var list []string
	for line := range strings.Lines(res.Stdout + "\n" + res.Stderr) {
		if msg, ok := strings.CutPrefix(strings.TrimSpace(line), "E: "); ok {
			list = append(list, msg)
		}
	}
	if len(list) > 0 {
		return strings.Join(list, "; ")
	}
	if t := tool.LastLines(res.Stderr+res.Stdout, 3); t != "" {
		return strings.ReplaceAll(t, "\n", "; ")
	}
	return fmt.Sprintf("status %d and no word", res.Status)
}
