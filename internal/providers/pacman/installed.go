package pacman

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"converge/internal/providers/packages"
)

// maxDesc bounds the bytes read of a description, and maxFiles of a list of files.
const (
	maxDesc  = 4 << 20
	maxFiles = 64 << 20
)

// ReadInstalled implements [packages.Database].
func (m *Manager) ReadInstalled(ctx context.Context) ([]packages.Package, error) {
	c, err := m.readConf()
	if err != nil {
		return nil, err
	}
	interrupted := m.interruptedPackage()
	entries, half, err := m.readLocal(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]packages.Package, 0, len(entries)+len(half))
	for i := range entries {
		e := &entries[i]
		p := packages.Package{
			Name: e.name, Version: e.version, Arch: e.arch, Automatic: e.reason == "1",
			Held: c.holds(e.name), Essential: c.keeps(e.name),
		}
		for _, v := range e.provides {
			p.Provides = append(p.Provides, packages.Provided{Name: v.name, Version: v.version})
		}
		switch {
		case e.half:
			p.Broken = "pacman was killed while it installed it"
		case e.name == interrupted:
			p.Broken = "pacman was killed while its script ran"
		}
		list = append(list, p)
	}
	for _, dir := range half {
		name, v := splitName(dir)
		list = append(list, packages.Package{Name: name, Version: v, Held: c.holds(name), Broken: "pacman was killed while it installed it"})
	}
	return list, nil
}

// readLocal reads the descriptions of all installed packages. half are the folders
// without one: a killed pacman leaves them. While pacman is at work it is no fault.
func (m *Manager) readLocal(ctx context.Context) (entries []entry, half []string, err error) {
	dirs, err := m.Tree.ReadDir(localDir)
	if errors.Is(err, fs.ErrNotExist) && m.Present() {
		return nil, nil, nil // pacman makes it when it first runs
	}
	if err != nil {
		return nil, nil, err
	}
	entries = make([]entry, 0, len(dirs))
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		data, err := m.Tree.ReadFile(path.Join(localDir, d.Name(), "desc"), maxDesc)
		if errors.Is(err, fs.ErrNotExist) {
			half = append(half, d.Name())
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		e := readEntry(data)
		if e.name == "" || e.version == "" {
			return nil, nil, fmt.Errorf("%s describes no package", path.Join(localDir, d.Name(), "desc"))
		}
		entries = append(entries, e)
	}
	if len(half) > 0 && m.isAtWork() {
		half = nil
	}
	return entries, half, nil
}

// isAtWork reports whether a pacman runs that has the lock.
func (m *Manager) isAtWork() bool {
	for _, l := range locksIn(m.Tree) {
		if _, held, err := l.Holder(); err != nil || held {
			return true
		}
	}
	return false
}

// splitName parts the name of a folder or file into the package's name and version:
// NAME-VERSION-REL.
func splitName(dir string) (name, version string) {
	parts := strings.Split(dir, "-")
	if len(parts) < 3 {
		return dir, ""
	}
	n := len(parts) - 2
	return strings.Join(parts[:n], "-"), strings.Join(parts[n:], "-")
}

// ListContents implements [packages.Files].
func (m *Manager) ListContents(_ context.Context, ps ...packages.Package) (c packages.Contents, err error) {
	for _, p := range ps {
		if err := m.addContents(&c, p); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (m *Manager) addContents(c *packages.Contents, p packages.Package) error {
	data, err := m.Tree.ReadFile(path.Join(localDir, p.Name+"-"+p.Version, "files"), maxFiles)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a package without files
	}
	if err != nil {
		return err
	}
	parseDesc(data, func(section, v string) {
		switch section {
		case "FILES":
			if !strings.HasSuffix(v, "/") {
				c.Paths = append(c.Paths, "/"+v)
			}
		case "BACKUP":
			file, _, _ := strings.Cut(v, "\t")
			c.Config = append(c.Config, "/"+file)
		}
	})
	return nil
}

// maxLog is how much of pacman's log is read, from its end.
const maxLog = 256 << 10

// interruptedPackage is the package at which pacman was killed after it had installed
// it, while its script ran: the last one in the log, if the lock is still there and
// nobody has it. "": none.
func (m *Manager) interruptedPackage() string {
	if _, err := m.Tree.Stat(lockFile); err != nil || m.isAtWork() {
		return ""
	}
	f, err := m.Tree.Open(logFile)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	at := max(0, info.Size()-maxLog)
	data := make([]byte, info.Size()-at)
	n, _ := f.ReadAt(data, at)
	return lastUnfinished(string(data[:n]))
}

// lastUnfinished is the last package that a log has as installed in a transaction
// that has not ended.
func lastUnfinished(log string) string {
	done := regexp.MustCompile(`^\[[^]]*\] \[ALPM\] (?:installed|upgraded|downgraded|reinstalled) (\S+) \(`)
	name := ""
	for line := range strings.Lines(log) {
		if m := done.FindStringSubmatch(line); m != nil {
			name = m[1]
		} else if strings.Contains(line, "[ALPM] transaction ") {
			name = ""
		}
	}
	return name
}
