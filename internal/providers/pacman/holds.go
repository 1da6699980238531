package pacman

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
	"converge/internal/providers/packages"
)

// SetHolds implements [packages.Holds]: it edits the lines IgnorePkg of pacman.conf.
func (m *Manager) SetHolds(ctx context.Context, holds map[string]bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := m.Tree.ReadFile(confFile, maxConf)
	if err != nil {
		return err
	}
	text := setIgnored(string(data), holds)
	if text != string(data) {
		info, err := m.Tree.Stat(confFile)
		if err != nil {
			return err
		}
		if err := fsys.ReplacePath(filepath.Join("/", m.Root, confFile), []byte(text), fsys.Replacement{Mode: info.Mode().Perm()}); err != nil {
			return err
		}
	}
	c, err := m.readConf()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(holds)) {
		if c.holds(name) != holds[name] {
			return c.heldElsewhere(name)
		}
	}
	return nil
}

// heldElsewhere is the error of a hold that is no line of converge's own.
func (c *conf) heldElsewhere(name string) error {
	return fmt.Errorf("%s is held by a pattern or in an included file: see IgnorePkg in %s", name, strings.Join(c.files, ", "))
}

// CheckRelease implements [packages.Releaser].
func (m *Manager) CheckRelease(p packages.Package) error {
	c, err := m.readConf()
	if err != nil || !c.holds(p.Name) {
		return err
	}
	data, err := m.Tree.ReadFile(confFile, maxConf)
	if err != nil {
		return err
	}
	own := setIgnored(string(data), map[string]bool{p.Name: false}) != string(data)
	pattern := slices.ContainsFunc(c.ignore, func(name string) bool { return name != p.Name && matchesAny([]string{name}, p.Name) })
	if pattern || !own {
		return c.heldElsewhere(p.Name)
	}
	return nil
}

// setIgnored adds names to the lines IgnorePkg of the section [options], and removes others.
func setIgnored(text string, holds map[string]bool) string {
	var out strings.Builder
	section, at := "", -1 // at is the end of the line "[options]"
	kept := map[string]bool{}
	for line := range strings.Lines(text) {
		plain := strings.TrimSpace(line)
		if strings.HasPrefix(plain, "[") {
			section = plain
		}
		key, value, _ := strings.Cut(plain, "=")
		if section != "[options]" || strings.TrimSpace(key) != "IgnorePkg" {
			out.WriteString(line)
			if plain == "[options]" && at < 0 {
				if !strings.HasSuffix(line, "\n") {
					out.WriteString("\n")
				}
				at = out.Len()
			}
			continue
		}
		var names []string
		for _, name := range strings.Fields(value) {
			if hold, asked := holds[name]; !asked || hold {
				names, kept[name] = append(names, name), true
			}
		}
		if len(names) > 0 {
			out.WriteString("IgnorePkg = " + strings.Join(names, " ") + "\n")
		}
	}
	var add []string
	for _, name := range slices.Sorted(maps.Keys(holds)) {
		if holds[name] && !kept[name] {
			add = append(add, name)
		}
	}
	if len(add) == 0 {
		return out.String()
	}
	text = out.String()
	line := "IgnorePkg = " + strings.Join(add, " ") + "\n"
	if at < 0 {
		return "[options]\n" + line + text
	}
	return text[:at] + line + text[at:]
}

// SetAutomatic implements [packages.Holds].
func (m *Manager) SetAutomatic(ctx context.Context, automatic map[string]bool) error {
	for _, auto := range []bool{false, true} {
		args := []string{"-D", "--asexplicit"}
		if auto {
			args[1] = "--asdeps"
		}
		for _, name := range slices.Sorted(maps.Keys(automatic)) {
			if automatic[name] == auto {
				args = append(args, name)
			}
		}
		if len(args) == 2 {
			continue
		}
		res, err := m.runWriting(ctx, "", args...)
		if err != nil {
			return err
		}
		if res.Status != 0 {
			return failure(res)
		}
	}
	return nil
}
