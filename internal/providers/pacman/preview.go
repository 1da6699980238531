package pacman

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages/tool"
)

// Preview implements [packages.PreviewIndex], with the options --config and --dbpath. pacman itself fetches only
// databases that have changed.
func (m index) Preview(ctx context.Context, planned map[string][]byte, _ bool) (end func(), err error) {
	text, ok := planned[confFile]
	if !ok {
		return nil, errors.New("pacman.conf does not change")
	}
	now, err := m.Tree.ReadFile(confFile, maxConf)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	dir, end, err := m.MakeStandin(&m.standin, "converge-pacman-")
	if err != nil {
		return nil, err
	}
	inside := strings.TrimPrefix(dir, m.Root)
	m.standin.Set(tool.Standin{Cache: inside, Repos: inside + "/pacman.conf"})
	err = fsys.ReplacePath(filepath.Join(dir, "pacman.conf"), []byte(withoutChecks(string(text), string(now))), fsys.Replacement{Mode: 0o600, Exact: true})
	if err == nil {
		err = m.fillPrivate(ctx, dir)
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("cannot make private databases: %w", err)
	}
	return end, nil
}

// withoutChecks is a pacman.conf that does not check repositories which another one lacks, or has in another form: the
// keyring lacks their keys.
func withoutChecks(text, now string) string {
	known := sections(now)
	var b strings.Builder
	for _, s := range sections(text) {
		if slices.Contains(known, s) || !strings.HasPrefix(s, "[") || strings.HasPrefix(s, "[options]") {
			b.WriteString(s)
			continue
		}
		for line := range strings.Lines(s) {
			key, _, _ := strings.Cut(line, "=")
			if strings.TrimSpace(key) == "SigLevel" {
				continue
			}
			b.WriteString(line)
			if strings.HasPrefix(line, "[") {
				b.WriteString("SigLevel = Never\n")
			}
		}
	}
	return b.String()
}

// sections splits a pacman.conf before its headers, without empty lines and comments.
func sections(text string) []string {
	var out []string
	one := ""
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "[") {
			out, one = append(out, one), ""
		} else if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		one += strings.TrimSpace(line) + "\n"
	}
	return append(out, one)
}
