package zypper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// Preview implements [packages.PreviewIndex]: by the options --reposd-dir and --cache-dir.
func (x index) Preview(ctx context.Context, planned map[string][]byte, all bool) (end func(), err error) {
	dir, err := x.MakeFolder("converge-zypper-", "cache", "cache/raw", "cache/solv", "repos")
	if err != nil {
		return nil, err
	}
	ids, err := rpm.LayRepos(x.Host, []string{reposFolder}, planned, filepath.Join(dir, "repos"))
	before := x.view.Now()
	if err == nil && !all {
		from := cacheFolder
		if before.Cache != "" {
			from = before.Cache
		}
		for _, part := range []string{"raw", "solv"} {
			err = errors.Join(err, rpm.Borrow(x.Host, from+"/"+part, filepath.Join(dir, "cache", part), func(name string) bool {
				return name != "@System" && !slices.Contains(ids, name)
			}))
		}
	}
	inside := strings.TrimPrefix(dir, x.Root)
	x.view.Set(tool.View{Cache: inside + "/cache", Repos: inside + "/repos"})
	end = func() {
		x.view.Set(before)
		_ = os.RemoveAll(dir) // it is in a folder that is cleaned at boot
	}
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
