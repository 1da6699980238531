package repository

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// othersUseKey reports whether something else needs the file of the repository's key: the definition of another
// repository names it, or a package shipped it.
func (r *tree) othersUseKey(w resources.RepositoryWant) (bool, error) {
	file := w.KeyPath()
	if file == "" {
		return false, nil
	}
	if w.Provider.Value == "apk" {
		if ships, err := r.apkShips(file); ships || err != nil {
			return ships, err
		}
	}
	others, err := r.otherDefinitions(w)
	return slices.ContainsFunc(others, func(text string) bool { return slices.Contains(keyFilesIn(w.Provider.Value, text), file) }), err
}

// definitionFolders lists the folders with the definitions of a package manager's repositories. dnf and zypper have
// their keys in the same folder and in the same database.
func definitionFolders(manager string) (folders []string, extension string) {
	switch manager {
	case "apt":
		return []string{aptListFolder}, ""
	case "dnf", "zypper":
		return []string{"/etc/yum.repos.d", "/etc/zypp/repos.d"}, ".repo"
	case "apk":
		return []string{"/etc/apk/repositories.d"}, ""
	}
	return nil, "" // the key of a section of pacman.conf is in the keyring
}

// definitionFiles lists the files with the definitions of a package manager's repositories, in their order.
func (r *tree) definitionFiles(manager string) (files []string, err error) {
	folders, extension := definitionFolders(manager)
	if manager == "apt" {
		files = append(files, aptList)
	}
	for _, dir := range folders {
		names, err := r.namesIn(dir)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.HasSuffix(name, extension) {
				files = append(files, path.Join(dir, name))
			}
		}
	}
	return files, nil
}

// otherDefinitions returns the texts of all definitions of the package manager except the repository's own.
func (r *tree) otherDefinitions(w resources.RepositoryWant) ([]string, error) {
	files, err := r.definitionFiles(w.Provider.Value)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, file := range files {
		text, err := r.readIfFile(file)
		if err != nil {
			return nil, err
		}
		if text != nil && file != w.DefinitionPath() {
			out = append(out, string(text))
		}
	}
	return out, nil
}

// readIfFile reads a file, also through links; nil if it does not exist, or is something else.
func (r *tree) readIfFile(file string) ([]byte, error) {
	info, err := r.fs.Stat(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Type != fsys.Regular {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if file, err = r.fs.Resolve(file); err != nil {
		return nil, err
	}
	return r.fs.ReadFile(file, maxText)
}

// keyFilesIn lists the key files that a definition names.
func keyFilesIn(manager, definition string) []string {
	if manager == "apk" {
		return []string{resources.ApkKeyPath(definition)}
	}
	var out []string
	for line := range strings.Lines(definition) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, word := range strings.FieldsFunc(line, func(c rune) bool { return strings.ContainsRune(" \t\r\n,=[]", c) }) {
			at, ok := strings.CutPrefix(word, "file://")
			if strings.HasPrefix(at, "/") && (ok || manager == "apt") {
				out = append(out, at)
			}
		}
	}
	return out
}

// apkShips reports whether an installed package of apk contains the file, as alpine-keys
// contains the keys of the distribution.
func (r *tree) apkShips(file string) (bool, error) {
	for _, db := range []string{"/lib/apk/db/installed", "/usr/lib/apk/db/installed"} {
		text, err := r.readIfFile(db)
		if err != nil {
			return false, err
		}
		folder := ""
		for line := range strings.Lines(string(text)) {
			field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			switch {
			case field == "F":
				folder = "/" + value
			case field == "R" && path.Join(folder, value) == file:
				return true, nil
			}
		}
	}
	return false, nil
}
