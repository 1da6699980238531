package initd

import (
	"context"
	"fmt"
	"path"
	"slices"

	"converge/internal/fsys"
)

// runlevelDir is the folder of OpenRC's runlevels: folders with links to scripts.
const runlevelDir = "/etc/runlevels"

// runlevels are those of OpenRC.
type runlevels struct {
	fs    *fsys.FS
	links rcLinks
}

// isEnabled implements levels: a runlevel that OpenRC enters on the way up has the
// service.
func (r *runlevels) isEnabled(s script, _ bool) (bool, error) {
	links, err := r.list(s.name)
	return len(links) > 0, err
}

// list returns the links of a service in the runlevels of the boot, including those that are stacked on them.
func (r *runlevels) list(name string) ([]string, error) {
	var out []string
	todo := []string{"sysinit", "boot", "default"}
	for i := 0; i < len(todo); i++ {
		dir := runlevelDir + "/" + todo[i]
		names, err := r.fs.Names(dir)
		if isMissing(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot list what runlevel %s starts: %w", todo[i], err)
		}
		for _, n := range names {
			if n == name {
				out = append(out, dir+"/"+n)
				continue
			}
			if info, err := r.fs.Stat(runlevelDir + "/" + n); err == nil && info.Type == fsys.Directory && !slices.Contains(todo, n) {
				todo = append(todo, n)
			}
		}
	}
	return out, nil
}

// enable implements levels, as rc-update(8) does: by a link. When Debian's packages are upgraded, they use the links
// of sysvinit, so existing ones are changed, too.
func (r *runlevels) enable(ctx context.Context, s script) error {
	if err := r.fs.MakeLink(ctx, "service", r.linkFor(s), scripts+"/"+s.name); err != nil {
		return err
	}
	return r.links.toggle(ctx, s.name, s.header.starts, true)
}

// linkFor returns the link that enables a service.
func (r *runlevels) linkFor(s script) string {
	level := "default"
	if !s.native && slices.Contains(s.header.starts, "S") {
		level = "sysinit"
	}
	return path.Join(runlevelDir, level, s.name)
}

// disable implements levels.
func (r *runlevels) disable(ctx context.Context, s script) error {
	links, err := r.list(s.name)
	if err != nil {
		return err
	}
	if err := r.fs.RemoveLinks(ctx, "service", links...); err != nil {
		return err
	}
	if !s.isThere() {
		return r.links.remove(ctx, s.name)
	}
	return r.links.toggle(ctx, s.name, []string{"S", "2", "3", "4", "5"}, false)
}

// foresee implements levels.
func (r *runlevels) foresee(s script, on bool) (before, after bootLinks, told bool, err error) {
	own, err := r.list(s.name)
	if err != nil {
		return nil, nil, false, err
	}
	before, after, err = r.links.foresee(s, on)
	if err != nil {
		return nil, nil, false, err
	}
	for _, l := range own {
		target, err := r.fs.Readlink(l)
		if err != nil {
			return nil, nil, false, err
		}
		before[l] = target
		if on {
			after[l] = target
		}
	}
	if on {
		after[r.linkFor(s)] = scripts + "/" + s.name
	}
	return before, after, true, nil
}
