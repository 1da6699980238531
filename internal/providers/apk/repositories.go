package apk

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // the name of a file in apk's cache
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"converge/resources"
)

// maxConfig bounds a file of configuration.
const maxConfig = 1 << 20

const (
	repositoriesFile = "/etc/apk/repositories"
	keysDir          = "/etc/apk/keys"
	archFile         = "/etc/apk/arch"
	ownCache         = "/etc/apk/cache" // a link, to a folder that also keeps packages
	staticCache      = "/var/cache/apk"
)

// repositoryDirs are the folders of more such files, "*.list".
func repositoryDirs() []string {
	return []string{"/etc/apk/repositories.d", "/lib/apk/repositories.d"}
}

// repository is a line of apk-repositories(5): [@TAG] URL, a folder with a folder for
// each architecture.
type repository struct{ tag, url string }

// local is the folder of a repository whose index apk reads in place; "" if apk fetches it.
func (r repository) local() string {
	if rest, ok := strings.CutPrefix(r.url, "file:"); ok {
		return path.Clean("/" + rest)
	}
	if strings.HasPrefix(r.url, "/") {
		return r.url
	}
	return ""
}

func (r repository) String() string {
	if r.tag != "" {
		return "@" + r.tag + " " + r.url
	}
	return r.url
}

// parseRepositories parses a file. Lines that begin with a word which no URL begins
// with are of a later apk, and passed over.
func parseRepositories(data []byte) []repository {
	var list []repository
	for line := range bytes.Lines(data) {
		words := strings.Fields(string(line))
		r := repository{}
		if len(words) > 0 && strings.HasPrefix(words[0], "@") {
			r.tag, words = words[0][1:], words[1:]
		}
		if len(words) == 0 || !strings.HasPrefix(words[0], "/") && !strings.Contains(words[0], ":/") {
			continue
		}
		r.url = strings.TrimRight(words[0], "/")
		list = append(list, r)
	}
	return list
}

// readRepositories reads the package sources, each once.
func (x *index) readRepositories() ([]repository, error) {
	files, err := x.repositoryFiles()
	if err != nil {
		return nil, err
	}
	var list []repository
	for _, file := range files {
		data, err := x.Tree.ReadFile(file, maxConfig)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read the package sources: %w", err)
		}
		for _, r := range parseRepositories(data) {
			if !slices.Contains(list, r) {
				list = append(list, r)
			}
		}
	}
	return list, nil
}

// repositoryFiles are the files that name package sources. A file is not read if an earlier folder has one with the
// same name.
func (x *index) repositoryFiles() ([]string, error) {
	if planned := x.standin.Now().Repos; planned != "" {
		return []string{planned + "/repositories"}, nil
	}
	files, seen := []string{repositoriesFile}, map[string]bool{}
	for _, dir := range repositoryDirs() {
		entries, err := x.Tree.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read the package sources: %w", err)
		}
		for _, e := range entries {
			if path.Ext(e.Name()) == ".list" && !seen[e.Name()] {
				seen[e.Name()] = true
				files = append(files, path.Join(dir, e.Name()))
			}
		}
	}
	return files, nil
}

// arch is the architecture of the packages: the first that the tree names, or this
// machine's.
func (x *index) arch() string {
	if data, err := x.Tree.ReadFile(archFile, maxConfig); err == nil {
		if words := strings.Fields(string(data)); len(words) > 0 {
			return words[0]
		}
	}
	names := map[string]string{"amd64": "x86_64", "arm64": "aarch64", "386": "x86", "arm": "armv7", "ppc64le": "ppc64le", "s390x": "s390x", "riscv64": "riscv64", "loong64": "loongarch64"}
	return names[runtime.GOARCH]
}

// cacheDir is the folder of fetched indexes.
func (x *index) cacheDir() string {
	if own := x.standin.Now().Cache; own != "" {
		return own
	}
	if info, err := x.Tree.Stat(ownCache); err == nil && info.IsDir() {
		return ownCache
	}
	return staticCache
}

// indexFiles are the possible files of a repository's index: in place, or in the cache under a digest of the
// repository's URL (apk 2) or of the index's (apk 3).
func (x *index) indexFiles(r repository) []string {
	const file = "/APKINDEX.tar.gz"
	if dir := r.local(); dir != "" {
		return []string{dir + "/" + x.arch() + file}
	}
	index := r.url + "/" + x.arch() + file
	old := sha1.Sum([]byte(r.url)) //nolint:gosec // see above
	now := sha256.Sum256([]byte(index))
	name := func(digest []byte) string {
		return path.Join(x.cacheDir(), "APKINDEX."+hex.EncodeToString(digest[:4])+".tar.gz")
	}
	return []string{name(old[:]), name(now[:])}
}

// pins are the packages that apk should prefer from repositories by their tags; the first match counts.
type pins []resources.ApkPin

// readPins reads the pins in the files of repositories.
func (x *index) readPins() (pins, error) {
	files, err := x.repositoryFiles()
	if err != nil {
		return nil, err
	}
	var out pins
	for _, file := range files {
		data, err := x.Tree.ReadFile(file, maxConfig)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read the package sources: %w", err)
		}
		out = append(out, resources.ApkPins(string(data))...)
	}
	return out, nil
}

// tagOf returns the tag of the repository from which a package should come, "" for any: the tag in world takes
// precedence.
func (p pins) tagOf(name string, c constraint) string {
	if c.tag != "" {
		return c.tag
	}
	for _, pin := range p {
		if ok, err := path.Match(pin.Pattern, name); ok && err == nil {
			return pin.Tag
		}
	}
	return ""
}
