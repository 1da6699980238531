package zypper

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// Preview implements [packages.PreviewIndex], with the options --reposd-dir and --cache-dir.
func (x index) Preview(ctx context.Context, planned map[string][]byte, all bool) (end func(), err error) {
	dir, end, err := x.MakeStandin(&x.standin, "converge-zypper-", "cache", "cache/raw", "cache/solv", "repos")
	if err != nil {
		return nil, err
	}
	ids, err := rpm.LayRepos(x.Host, []string{reposFolder}, planned, filepath.Join(dir, "repos"))
	if err == nil && !all {
		from := cacheFolder
		if now := x.standin.Now().Cache; now != "" {
			from = now
		}
		for _, part := range []string{"raw", "solv"} {
			err = errors.Join(err, rpm.Borrow(x.Host, from+"/"+part, filepath.Join(dir, "cache", part), func(name string) bool {
				return name != "@System" && !slices.Contains(ids, name)
			}))
		}
	}
	inside := strings.TrimPrefix(dir, x.Root)
	x.standin.Set(tool.Standin{Cache: inside + "/cache", Repos: inside + "/repos"})
	switch {
	case err != nil:
	case all:
		err = x.makeCache(ctx)
	case len(ids) > 0:
		err = x.makeCache(ctx, ids...)
	}
	if err != nil {
		end()
		return nil, fmt.Errorf("cannot make a private index: %w", err)
	}
	return end, nil
}
