package dnf

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// Names of the file of dnf's history and of its cache. The history, a database of SQLite, records why a package is
// installed. Its tables are internal to dnf; asking dnf costs ten times as much as reading all packages. But only dnf
// writes it, so the answer is kept, with a digest of the database's files, until they change.
const (
	historyFile = "/var/lib/dnf/history.sqlite"
	marksFile   = "dnf-automatic"
)

// marks are the packages that count as dependencies of others, by NAME.ARCH.
type marks struct {
	mu        sync.Mutex
	stamp     string
	automatic map[string]bool
}

func (c *marks) read(ctx context.Context, m *machine) (map[string]bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp := m.stampHistory()
	if stamp == "" {
		return nil, nil // dnf has installed nothing
	}
	if c.stamp == stamp {
		return c.automatic, nil
	}
	if text, err := rpm.ReadFile(m.Host, tool.KeptFile(marksFile)); err == nil {
		if kept, rest, ok := strings.Cut(text, "\n"); ok && kept == stamp {
			c.stamp, c.automatic = stamp, parseNames(rest)
			return c.automatic, nil
		}
	}
	list, err := m.askReasons(ctx)
	if err != nil {
		return nil, err
	}
	c.keep(m, stamp, list)
	return c.automatic, nil
}

// keep keeps an answer, for later runs too.
func (c *marks) keep(m *machine, stamp, list string) {
	c.stamp, c.automatic = stamp, parseNames(list)
	m.KeepFile(marksFile, []byte(stamp+"\n"+list))
}

// reasonsLine is a command of `dnf shell` that answers as askReasons does, with "M" before
// each line: at the end of a transaction it costs no process of its own.
const reasonsLine = "repoquery --installed --qf 'M\t%{name}.%{arch}\t%{reason}'"

// learn keeps the answer to reasonsLine in the output of a transaction.
func (c *marks) learn(m *machine, out string) {
	var lines strings.Builder
	for line := range strings.Lines(out) {
		if text, ok := strings.CutPrefix(plainLine(line), "M\t"); ok {
			lines.WriteString(text + "\n")
		}
	}
	list, err := parseReasons(lines.String())
	if err != nil || lines.Len() == 0 {
		return // it will be asked for
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(m, m.stampHistory(), list)
}

// stampHistory changes whenever dnf writes its history; "" without one. It is a digest of the bytes: a dnf that only
// reads copies pages of the log to the database once more, which only changes the file's time. The bytes are read if
// size or time differ.
func (m *machine) stampHistory() string {
	files := []string{historyFile, historyFile + "-wal"}
	times := rpm.StampFiles(m.Host, files...)
	digest, err := m.history.Get(times, "", func() (string, error) { return m.digestFiles(files) })
	if err != nil {
		return strings.ReplaceAll(times, "\n", ";")
	}
	return digest
}

// digestFiles returns a digest of the existing files; "" if there are none.
func (m *machine) digestFiles(files []string) (string, error) {
	sum, found := sha256.New(), false
	for _, name := range files {
		f, err := m.Tree.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		size, err := io.Copy(sum, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "\n%s %d\n", name, size)
		found = true
	}
	if !found {
		return "", nil
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// askReasons returns the automatically installed packages, one a line.
func (m *machine) askReasons(ctx context.Context) (string, error) {
	argv := m.argv("-q", "--disablerepo=*", "repoquery", "--installed", "--qf", "%{name}.%{arch}\t%{reason}")
	res, err := m.RunLocked(ctx, m.indexLocks(), lostRace, tool.Command{Argv: argv})
	if err == nil && res.Status != 0 {
		err = errors.New(firstError(res))
	}
	if err != nil {
		return "", fmt.Errorf("cannot read why packages are installed: %w", err)
	}
	list, err := parseReasons(res.Stdout)
	if err != nil {
		return "", fmt.Errorf("cannot read why packages are installed: %w", err)
	}
	return list, nil
}

func parseReasons(out string) (string, error) {
	var list strings.Builder
	for line := range strings.Lines(out) {
		name, reason, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			return "", fmt.Errorf("dnf answers in an unknown form: %.80q", line)
		}
		if reason == "dependency" || reason == "weak-dependency" {
			list.WriteString(name + "\n")
		}
	}
	return list.String(), nil
}

func parseNames(text string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		names[strings.TrimSpace(line)] = true
	}
	return names
}
