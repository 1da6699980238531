package site

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/statedir"
	"converge/internal/bundle"
	"converge/internal/journal"
)

// Locate returns the path of the manifest that the command line names: for a URL, the folder of its archive. The site
// is then identified by the URL, because every version of the archive has another folder.
func (f *Options) Locate(ctx context.Context, env *environ.Env, path string) (string, error) {
	remote := environ.IsURL(path)
	switch {
	case !remote && f.SHA256 != "":
		return "", errors.New("--sha256 is the digest of an archive that PATH names by its URL")
	case !remote:
		return path, nil
	case f.SHA256 == "":
		return "", errors.New("a manifest from a URL needs --sha256, the digest of the archive: without it, whoever can change the archive decides about this host")
	}
	if err := f.Clean(); err != nil {
		return "", err
	}
	dir, err := f.fetchModule(env)(ctx, path, f.SHA256)
	if err != nil {
		return "", err
	}
	f.Origin, f.Vague = environ.HideURL(path), strings.Contains(path, "?")
	return dir, nil
}

// fetchModule returns a function that fetches modules into the state folder, which is searched only if a manifest
// names a module by URL.
func (f *Options) fetchModule(env *environ.Env) func(ctx context.Context, url, sha256 string) (string, error) {
	return func(ctx context.Context, url, sha256 string) (string, error) {
		dir, err := statedir.Find(env, f.State, f.Root)
		if err != nil {
			return "", err
		}
		store := &bundle.Store{Dir: filepath.Join(dir, journal.ModulesDir)}
		return store.Folder(ctx, url, sha256)
	}
}
