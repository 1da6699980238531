package verify

import (
	"errors"
	"path"
	"slices"
	"strings"

	"converge/internal/process"
	"converge/internal/resource"
)

// ForecastProgram explains that a check is certain to fail, because its program is not there and no
// change of the plan makes it. So it answers for a change that comes after others whose effects are known, and
// that cannot be checked before they are made.
func (k *Checker) ForecastProgram(c Check) error {
	if k.idle || len(c.Argv) == 0 {
		return nil
	}
	name := resource.DecodeBytes(c.Argv[0])
	if err := k.seek(name, c.Env); errors.Is(err, resource.ErrMissing) && !slices.ContainsFunc(k.listNames(name), k.plans.makes) {
		return c.errorOf(answer{err: err})
	}
	return nil
}

// seek looks for the program of a check where it would be run.
func (k *Checker) seek(name string, env []string) error {
	if k.inside {
		_, err := k.findInside(name)
		return err
	}
	if err := process.Seek(name, process.With(process.Environment(), env...)); err != nil {
		return resource.Missing(err)
	}
	return nil
}

// maxLinks is how many links in a row the kernel follows.
const maxLinks = 40

// listNames returns the name of a program, and where links lead that have the name and are dangling now.
func (k *Checker) listNames(name string) []string {
	out := []string{name}
	if !strings.Contains(name, "/") {
		for dir := range strings.SplitSeq(process.DefaultPath, ":") {
			out = append(out, dir+"/"+name)
		}
	}
	for i := 0; i < len(out) && i < maxLinks; i++ {
		if !path.IsAbs(out[i]) {
			continue
		}
		if text, err := k.fs.Readlink(out[i]); err == nil && path.IsAbs(text) {
			out = append(out, text)
		} else if err == nil {
			out = append(out, path.Join(path.Dir(out[i]), text))
		}
	}
	return out
}

// makes reports whether the plan makes a program of a name. /sbin may be /usr/sbin by another name, so
// the last folder has to do.
func (p *plans) makes(name string) bool {
	return slices.ContainsFunc(p.viewAll(), func(v *view) bool {
		return slices.ContainsFunc(v.changes, func(c resource.Change) bool {
			dir, file := path.Split(resource.DecodeBytes(c.Path()))
			if c.Action == resource.Delete || file != path.Base(name) {
				return false
			}
			if !strings.Contains(name, "/") {
				return strings.HasSuffix(dir, "bin/")
			}
			return path.Base(dir) == path.Base(path.Dir(name))
		})
	})
}
