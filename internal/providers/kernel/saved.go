package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// maxFile is the largest configuration file that is read, in bytes.
const maxFile = 1 << 20

// sysctlConf is the file that sysctl --system of procps reads after all folders.
// systemd reads it only through a link in a folder.
const sysctlConf = "/etc/sysctl.conf"

// configDirs are the folders of files that are read at boot for the name "sysctl.d",
// "modules-load.d" or "modprobe.d". A file in an earlier one hides those of its name
// in later ones.
func configDirs(name string) []string {
	return []string{"/etc/" + name, "/run/" + name, "/usr/local/lib/" + name, "/usr/lib/" + name, "/lib/" + name}
}

// setting is one line of a file of sysctl.d.
type setting struct {
	file  string
	line  int    // from 1
	key   string // path below /proc/sys; may be a pattern
	value string
	none  bool // "-key": patterns do not set it
	dash  bool // "-key = value": it is no error if it cannot be set
}

func (s setting) String() string { return fmt.Sprintf("%s:%d", s.file, s.line) }

// saved are the settings of all files, in the order in which they are made at
// boot.
type saved []setting

// readSaved reads the files of all folders, each once, and sysctl.conf where the init
// system is not systemd.
func readSaved(ctx context.Context, f *fsys.FS, systemd bool) (saved, error) {
	var out saved
	err := readConfig(ctx, f, "sysctl.d", func(file string, text []byte) { out = append(out, parse(file, text)...) })
	if err != nil || systemd {
		return out, err
	}
	text, err := readFile(f, sysctlConf)
	return append(out, parse(sysctlConf, text)...), err
}

// readConfig calls add for each file of the folders of configDirs that counts at boot, in
// the order in which they are read.
func readConfig(ctx context.Context, f *fsys.FS, name string, add func(file string, text []byte)) error {
	at := map[string]string{}
	for _, dir := range configDirs(name) {
		names, err := f.Names(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, name := range names {
			if _, hidden := at[name]; !hidden && strings.HasSuffix(name, ".conf") {
				at[name] = dir + "/" + name
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(at)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		text, err := readFile(f, at[name])
		if err != nil {
			return err
		}
		add(at[name], text)
	}
	return nil
}

// readFile reads a file that may be a link, to /dev/null if it hides others. A
// link that leads nowhere is as good as an empty file.
func readFile(f *fsys.FS, p string) ([]byte, error) {
	p, err := f.Resolve(p)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	info, err := f.Lstat(p)
	if err != nil || info.Type != fsys.Regular {
		return nil, ignoreMissing(err)
	}
	return f.ReadFile(p, maxFile)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// parse returns the settings of a file; other lines are left out, as at boot.
func parse(file string, text []byte) []setting {
	var out []setting
	n := 0
	for line := range bytes.Lines(text) {
		n++
		l := strings.TrimSpace(string(line))
		if l == "" || l[0] == '#' || l[0] == ';' {
			continue
		}
		key, value, assigns := strings.Cut(l, "=")
		key, dash := strings.CutPrefix(strings.TrimSpace(key), "-")
		if key = strings.TrimSpace(key); key != "" && (assigns || dash) {
			out = append(out, setting{file, n, resources.SysctlPath(key), strings.TrimSpace(value), !assigns, assigns && dash})
		}
	}
	return out
}

// find returns the setting that counts for the parameter at that path below
// /proc/sys: the last that names it, or else the last pattern that matches,
// unless a line keeps patterns from it.
func (s saved) find(key string) (setting, bool) {
	var pattern *setting
	kept := false
	for i := len(s) - 1; i >= 0; i-- {
		switch {
		case s[i].key == key && !s[i].none:
			return s[i], true
		case s[i].key == key:
			kept = true
		case pattern == nil && !s[i].none && matches(s[i].key, key):
			pattern = &s[i]
		}
	}
	if pattern == nil || kept {
		return setting{}, false
	}
	return *pattern, true
}

// in returns the settings of one file that name their parameter.
func (s saved) in(file string) saved {
	return slices.DeleteFunc(slices.Clone(s), func(l setting) bool {
		return l.file != file || l.none || strings.ContainsAny(l.key, "*?[")
	})
}

func matches(pattern, key string) bool {
	ok, err := path.Match(pattern, key)
	return err == nil && ok
}

// edit returns text with the value as the only setting of the parameter, at the
// place of its first one or at the end. value "" removes it.
func edit(text []byte, key, value string) []byte {
	var out []byte
	done := value == ""
	for line := range bytes.Lines(text) {
		s := parse("", line)
		if len(s) == 0 || s[0].key != resources.SysctlPath(key) || s[0].none {
			out = append(out, line...)
			continue
		}
		if !done {
			if s[0].dash {
				out = append(out, '-')
			}
			out = append(out, key+" = "+value+"\n"...)
			done = true
		}
	}
	if !done {
		if len(out) > 0 && out[len(out)-1] != '\n' {
			out = append(out, '\n')
		}
		out = append(out, key+" = "+value+"\n"...)
	}
	return out
}
