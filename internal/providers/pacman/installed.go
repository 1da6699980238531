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

// maxDesc bounds the bytes that are read of a description, and maxFiles those of a list of files.
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
	local, err := m.readLocal(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]packages.Package, 0, len(local.entries)+len(local.half))
	for i := range local.entries {
		e := &local.entries[i]
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
		case e.damage != "":
			p.Broken = e.damage
			if _, told := m.told.LoadOrStore(e.damage, true); !told {
				m.SendNotice("%s: %s", e.name, e.damage)
			}
		case e.name == interrupted:
			p.Broken = "pacman was killed while its script ran"
		}
		list = append(list, p)
	}
	for _, dir := range local.half {
		name, v := splitName(dir)
		list = append(list, packages.Package{Name: name, Version: v, Held: c.holds(name), Broken: "pacman was killed while it installed it"})
	}
	return list, nil
}

// local is the content of pacman's own database.
type local struct {
	dir     string
	entries []entry
	half    []string // folders without a description, which a killed pacman leaves
}

// readLocal reads the descriptions of all installed packages. A missing or torn one is no fault while pacman runs.
// Otherwise a damaged one counts as broken, because pacman itself continues with the others.
func (m *Manager) readLocal(ctx context.Context) (l local, err error) {
	c, err := m.readConf()
	if err != nil {
		return l, err
	}
	l.dir = c.localDir()
	dirs, err := m.Tree.ReadDir(l.dir)
	if errors.Is(err, fs.ErrNotExist) && m.Present() {
		return l, nil // pacman makes it on its first run
	}
	if err != nil {
		return l, err
	}
	l.entries = make([]entry, 0, len(dirs))
	var damaged []entry
	for _, d := range dirs {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		if _, v := splitName(d.Name()); v == "" || !d.IsDir() {
			continue // it is not of a package
		}
		switch e, err := m.readDesc(l.dir, d.Name()); {
		case errors.Is(err, fs.ErrNotExist):
			l.half = append(l.half, d.Name())
		case e.damage != "":
			damaged = append(damaged, e)
		default:
			l.entries = append(l.entries, e)
		}
	}
	if len(l.half)+len(damaged) > 0 && m.isAtWork() {
		l.half, damaged = nil, nil
	}
	l.entries = append(l.entries, damaged...)
	return l, nil
}

// readDesc reads the description of a package. Its error means that there is none.
func (m *Manager) readDesc(localDir, dir string) (e entry, err error) {
	file := path.Join(localDir, dir, "desc")
	data, err := m.Tree.ReadFile(file, maxDesc)
	if errors.Is(err, fs.ErrNotExist) {
		return e, err
	}
	if err == nil {
		if e = readEntry(data); e.name == "" || e.version == "" || e.name+"-"+e.version != dir {
			err = errors.New("it does not describe the package")
		}
	}
	if err != nil {
		e = entry{damage: fmt.Sprintf("its description %s in pacman's database is damaged: %v", file, err)}
		e.name, e.version = splitName(dir)
	}
	return e, nil
}

// isAtWork reports whether a running pacman holds the lock.
func (m *Manager) isAtWork() bool {
	for _, l := range m.locks() {
		if _, held, err := l.Holder(); err != nil || held {
			return true
		}
	}
	return false
}

// splitName splits the name of a folder or file into the package's name and version: NAME-VERSION-REL.
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
	conf, err := m.readConf()
	if err != nil {
		return c, err
	}
	for _, p := range ps {
		if err := m.addContents(&c, conf.localDir(), p); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (m *Manager) addContents(c *packages.Contents, localDir string, p packages.Package) error {
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

// maxLog is the number of bytes that are read from the end of pacman's log.
const maxLog = 256 << 10

// interruptedPackage is the package whose script ran when pacman was killed, after installing the package: the last
// one of a transaction without an end in the log, if no pacman is running. "": none.
func (m *Manager) interruptedPackage() string {
	c, err := m.readConf()
	if err != nil || m.isAtWork() {
		return ""
	}
	f, err := m.Tree.Open(c.logFile())
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

// lastUnfinished returns the last package that a log shows as installed in a transaction that has not ended.
func lastUnfinished(log string) string {
	at := strings.LastIndex(log, "[ALPM] transaction ")
	if at < 0 || !strings.HasPrefix(log[at:], "[ALPM] transaction started") {
		return ""
	}
	done := regexp.MustCompile(`^\[[^]]*\] \[ALPM\] (?:installed|upgraded|downgraded|reinstalled) (\S+) \(`)
	name := ""
	for line := range strings.Lines(log[at:]) {
		if m := done.FindStringSubmatch(line); m != nil {
			name = m[1]
		}
	}
	return name
}
