package kernel

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/resources"
)

// moduleLine is one line of a file of modprobe.d or modules-load.d.
type moduleLine struct {
	file    string
	line    int    // its beginning, from 1
	command string // options, install, blacklist, alias; "load" in modules-load.d
	name    string // of the module, with underscores; may be a pattern
	rest    string
	text    string // the whole line
}

// isOfResource reports whether a line describes what a resource declares. Other lines in converge's own file (alias,
// softdep, remove) stay.
func (l moduleLine) isOfResource() bool {
	return l.command == "options" || l.command == "install" || l.command == "blacklist" || l.command == "load"
}

func (l moduleLine) String() string { return fmt.Sprintf("%s:%d", l.file, l.line) }

// moduleConfig is the lines of all files about modules, in their effective order.
type moduleConfig []moduleLine

// readModuleConfig reads the files of modprobe.d and modules-load.d, each once, and /etc/modules if the init system is
// not systemd, which only reads that file through a link in a folder.
func readModuleConfig(ctx context.Context, f *fsys.FS, systemd bool) (out moduleConfig, err error) {
	err = readConfig(ctx, f, "modprobe.d", func(file string, text []byte) { out = append(out, parseModprobe(file, text)...) })
	if err != nil {
		return nil, err
	}
	add := func(file string, text []byte) { out = append(out, parseModulesLoad(file, text)...) }
	if err := readConfig(ctx, f, "modules-load.d", add); err != nil || systemd {
		return out, err
	}
	text, err := readFile(f, "/etc/modules")
	add("/etc/modules", text)
	return out, err
}

// parseModprobe returns the lines of a file by the rules of modprobe.d(5).
func parseModprobe(file string, text []byte) (out []moduleLine) {
	n, began, joined := 0, 0, ""
	for line := range bytes.Lines(text) {
		n++
		l := strings.TrimRight(string(line), "\r\n")
		if joined == "" {
			began = n
		}
		if head, ok := strings.CutSuffix(l, "\\"); ok {
			joined += head + " "
			continue
		}
		l, joined = joined+l, ""
		fields := strings.Fields(l)
		if len(fields) < 2 || fields[0][0] == '#' {
			continue
		}
		_, rest, _ := strings.Cut(strings.TrimSpace(l), fields[0])
		_, rest, _ = strings.Cut(strings.TrimSpace(rest), fields[1])
		out = append(out, moduleLine{file, began, fields[0], resources.ModuleName(fields[1]), strings.TrimSpace(rest), l})
	}
	return out
}

// parseModulesLoad returns the lines of a file by the rules of modules-load.d(5). Words
// behind the name are options for other programs that read /etc/modules.
func parseModulesLoad(file string, text []byte) (out []moduleLine) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		fields := strings.Fields(string(line))
		if len(fields) > 0 && fields[0][0] != '#' && fields[0][0] != ';' {
			out = append(out, moduleLine{file, n, "load", resources.ModuleName(fields[0]), "", strings.TrimRight(string(line), "\r\n")})
		}
	}
	return out
}

// moduleNames finds the lines about a module without a search through all others.
type moduleNames struct {
	all      moduleConfig
	byName   map[string][]int // in order
	patterns []int            // commands of install for several modules
}

func (c moduleConfig) index() *moduleNames {
	x := &moduleNames{all: c, byName: make(map[string][]int, len(c))}
	for i := range c {
		x.byName[c[i].name] = append(x.byName[c[i].name], i)
		if c[i].command == "install" && strings.ContainsAny(c[i].name, "*?[\\") {
			x.patterns = append(x.patterns, i)
		}
	}
	return x
}

// about returns the lines that concern a module, in order.
func (x *moduleNames) about(name string) moduleConfig {
	at := slices.Clone(x.byName[name])
	for _, i := range x.patterns {
		if x.all[i].name != name && matches(x.all[i].name, name) {
			at = append(at, i)
		}
	}
	slices.Sort(at)
	out := make(moduleConfig, len(at))
	for i, line := range at {
		out[i] = x.all[line]
	}
	return out
}

// find returns the first line of that command for a module. That of an install command
// may have a pattern, and only the first one counts.
func (c moduleConfig) find(command, name string) (moduleLine, bool) {
	for _, l := range c {
		if l.command == command && (l.name == name || command == "install" && matches(l.name, name)) {
			return l, true
		}
	}
	return moduleLine{}, false
}

// own returns the lines of one file about a module.
func (c moduleConfig) own(file, name string) (out moduleConfig) {
	for _, l := range c {
		if l.file == file && l.name == name && l.isOfResource() {
			out = append(out, l)
		}
	}
	return out
}

// disabling returns the line that keeps every program from loading a module:
// blacklist alone prevents no modprobe of its name.
func (c moduleConfig) disabling(name string) (moduleLine, bool) {
	l, ok := c.find("install", name)
	command, _, _ := strings.Cut(l.rest, " ")
	return l, ok && slices.Contains([]string{"false", "true", "nologin"}, path.Base(command))
}

// option is one option of a module, with the line that sets it.
type option struct {
	value string
	line  moduleLine
}

// options returns the options that a module gets: of all lines, the last one counts.
func (c moduleConfig) options(name string) map[string]option {
	out := map[string]option{}
	for _, l := range c {
		if l.command != "options" || l.name != name {
			continue
		}
		for _, word := range splitOptions(l.rest) {
			key, value, _ := strings.Cut(word, "=")
			out[key] = option{strings.ReplaceAll(value, `"`, ""), l}
		}
	}
	return out
}

// splitOptions splits at blanks that are not quoted.
func splitOptions(text string) (words []string) {
	quoted, began := false, -1
	for i := 0; i <= len(text); i++ {
		blank := i == len(text) || !quoted && (text[i] == ' ' || text[i] == '\t')
		switch {
		case blank && began >= 0:
			words, began = append(words, text[began:i]), -1
		case !blank && began < 0:
			began = i
		}
		if i < len(text) && text[i] == '"' {
			quoted = !quoted
		}
	}
	return words
}

// replaceModuleLines returns text with other lines about a module, at the place of its first one, before those of a
// module with a later name, or at the end. So a rollback restores the lines in any order of modules. All comments and
// lines of other modules stay.
func replaceModuleLines(text []byte, parse func(string, []byte) []moduleLine, name string, lines []string) []byte {
	old, next := map[int]bool{}, 0
	for _, l := range parse("", text) {
		switch {
		case !l.isOfResource():
		case l.name == name:
			old[l.line] = true
		case l.name > name && next == 0:
			next = l.line
		}
	}
	var out []byte
	put := func() {
		for _, l := range lines {
			out = append(out, l+"\n"...)
		}
		lines = nil
	}
	n, dropped := 0, false
	for line := range bytes.Lines(text) {
		n++
		if old[n] || len(old) == 0 && n == next {
			put()
		}
		if old[n] || dropped {
			dropped = bytes.HasSuffix(bytes.TrimRight(line, "\r\n"), []byte{'\\'})
			continue
		}
		out = append(out, line...)
	}
	if len(lines) > 0 && len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	put()
	return out
}
