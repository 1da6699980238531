package dnf

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// Preview implements [packages.PreviewIndex]: by the options reposdir and cachedir.
func (x index) Preview(ctx context.Context, planned map[string][]byte, all bool) (end func(), err error) {
	dir, end, err := x.MakeStandin(&x.standin, "converge-dnf-", "cache", "repos")
	if err != nil {
		return nil, err
	}
	s, err := x.readSettings()
	var ids []string
	if err == nil {
		ids, err = rpm.LayRepos(x.Host, s.folders, planned, filepath.Join(dir, "repos"))
	}
	if err == nil && !all {
		err = rpm.Borrow(x.Host, s.cache, filepath.Join(dir, "cache"), func(name string) bool {
			id, ok := cutFolder(name)
			return ok && !slices.Contains(ids, id)
		})
	}
	inside := strings.TrimPrefix(dir, x.Root)
	x.standin.Set(tool.Standin{Cache: inside + "/cache", Repos: inside + "/repos"})
	if err == nil {
		s, err = x.readSettings()
	}
	switch {
	case err != nil:
	case len(s.repos) == 0: // dnf calls it an error
	case all:
		err = x.makeCache(ctx, nil)
	case len(ids) > 0:
		err = x.makeCache(ctx, nil, ids...)
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("cannot make a private index: %w", err)
	}
	return end, nil
}

// cutFolder returns the section of the repository that has a folder in the cache: sixteen
// digits behind it change with its address.
func cutFolder(name string) (id string, ok bool) {
	at := strings.LastIndexByte(name, '-')
	if at < 0 {
		return "", false
	}
	id, digits := name[:at], name[at+1:]
	return id, len(digits) == 16 && strings.Trim(digits, "0123456789abcdef") == ""
}
