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

// configDirs are the folders of files that are read at boot for the name "sysctl.d", "modules-load.d" or "modprobe.d".
// A file in an earlier folder hides those with its name in later ones.
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

// saved are the settings of all files, in the order of the boot.
type saved []setting

// readSaved reads the files of all folders, each once, and sysctl.conf if the init system is not systemd.
func readSaved(ctx context.Context, f *fsys.FS, systemd bool) (saved, error) {
	var out saved
	err := readConfig(ctx, f, "sysctl.d", func(file string, text []byte) { out = append(out, parse(file, text)...) })
	if err != nil || systemd {
		return out, err
	}
	text, err := readFile(f, sysctlConf)
	return append(out, parse(sysctlConf, text)...), err
}

// readConfig calls add for each effective file of the folders of configDirs, in reading order.
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

// savedIndex finds the settings of a parameter without a search through all others.
type savedIndex struct {
	all      saved
	byKey    map[string][]int // in order
	patterns []int            // that may match other keys than their own text
}

func (s saved) index() *savedIndex {
	x := &savedIndex{all: s, byKey: make(map[string][]int, len(s))}
	for i := range s {
		if x.byKey[s[i].key] = append(x.byKey[s[i].key], i); s[i].isPattern() && !s[i].none {
			x.patterns = append(x.patterns, i)
		}
	}
	return x
}

func (s setting) isPattern() bool { return strings.ContainsAny(s.key, "*?[\\") }

// find returns the effective setting of the parameter at that path below /proc/sys: the last that names it, or else
// the last pattern that matches, unless a line excludes it from patterns.
func (x *savedIndex) find(key string) (setting, bool) {
	named := x.byKey[key]
	for _, i := range slices.Backward(named) {
		if !x.all[i].none {
			return x.all[i], true
		}
	}
	if len(named) > 0 { // it is excluded from patterns
		return setting{}, false
	}
	for _, i := range slices.Backward(x.patterns) {
		if matches(x.all[i].key, key) {
			return x.all[i], true
		}
	}
	return setting{}, false
}

// findIn returns the last setting of one file that names the parameter.
func (x *savedIndex) findIn(file, key string) (setting, bool) {
	for _, i := range slices.Backward(x.byKey[key]) {
		if l := x.all[i]; l.file == file && !l.none && !strings.ContainsAny(l.key, "*?[") {
			return l, true
		}
	}
	return setting{}, false
}

func matches(pattern, key string) bool {
	ok, err := path.Match(pattern, key)
	return err == nil && ok
}

// assignment is the wanted setting of a parameter in a file.
type assignment struct {
	key, value string // "": there is to be none
	done       bool
}

// assign returns text with each value as the only setting of its parameter, at the
// place of its first one or at the end. A text that did not end with a newline does not end
// with one afterwards either.
func assign(text []byte, all []*assignment) []byte {
	open := len(text) > 0 && text[len(text)-1] != '\n'
	if open {
		text = append(text[:len(text):len(text)], '\n')
	}
	of := make(map[string]*assignment, len(all))
	for _, a := range all {
		of[resources.SysctlPath(a.key)], a.done = a, a.value == ""
	}
	out := make([]byte, 0, len(text))
	for line := range bytes.Lines(text) {
		s := parse("", line)
		if len(s) == 0 || of[s[0].key] == nil || s[0].none {
			out = append(out, line...)
			continue
		}
		if a := of[s[0].key]; !a.done {
			if s[0].dash {
				out = append(out, '-')
			}
			out = a.appendTo(out)
		}
	}
	for _, a := range all {
		if !a.done {
			out = a.appendTo(out)
		}
	}
	if open && len(out) > 0 {
		out = out[:len(out)-1]
	}
	return out
}

func (a *assignment) appendTo(out []byte) []byte {
	a.done = true
	return append(out, a.key+" = "+a.value+"\n"...)
}
