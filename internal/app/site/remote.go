package site

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"

	"converge/internal/app/environ"
	"converge/internal/app/statedir"
	"converge/internal/bundle"
	"converge/internal/journal"
)

// Locate returns the path of the manifest that the command line names: of a URL,
// the folder of the archive there. The site is then known by the URL, because the
// folder is another one for every version of the archive.
func (f *Options) Locate(ctx context.Context, env *environ.Env, path string) (string, error) {
	remote := isRemote(path)
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
	f.Origin = PublicPath(path)
	return dir, nil
}

// PublicPath is the PATH of a command line, of a URL without what may be secret in
// it.
func PublicPath(path string) string {
	if !isRemote(path) {
		return path
	}
	u, err := url.Parse(path)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

func isRemote(path string) bool {
	return strings.HasPrefix(path, "https://") || strings.HasPrefix(path, "http://")
}

// fetchModule returns a function that fetches modules into the state folder, which
// is searched only if a manifest names one by URL.
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
