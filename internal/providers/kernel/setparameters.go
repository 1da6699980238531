package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// ApplyAll implements [resource.Transactor]: each file is written once.
func (p *Provider) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	errs := make([]error, len(cs))
	typed := make([]resource.TypedChange[resources.SysctlWant], len(cs))
	for i, c := range cs {
		typed[i], errs[i] = resource.TypeChange[resources.SysctlWant](c)
	}
	p.parameters.applyAll(ctx, typed, errs)
	return resource.Outcome{Errs: errs}
}

// Apply implements [resource.TypedProvider].
func (p *parameters) Apply(ctx context.Context, c resource.TypedChange[resources.SysctlWant]) error {
	errs := []error{nil}
	p.applyAll(ctx, []resource.TypedChange[resources.SysctlWant]{c}, errs)
	return errs[0]
}

// applyAll makes the changes that have no error yet. It sets values before it saves
// them, so that none is saved that the kernel refuses.
func (p *parameters) applyAll(ctx context.Context, cs []resource.TypedChange[resources.SysctlWant], errs []error) {
	defer p.forget()
	var paths []string
	lines := map[string][]line{} // by the file that they are in
	for i := range cs {
		c := &cs[i]
		if errs[i] == nil {
			errs[i] = ctx.Err()
		}
		if errs[i] == nil && c.Differs("live_value") {
			errs[i] = p.setLive(ctx, c.Want)
		}
		if errs[i] == nil && (c.Differs("saved_value") || c.Differs("line") || c.Action == resource.Delete) {
			for _, want := range []*resources.SysctlWant{p.elsewhere(c.Want), &c.Want} { // a later file would count more
				if want == nil {
					continue
				}
				at := want.Path()
				if lines[at] == nil {
					paths = append(paths, at)
				}
				lines[at] = append(lines[at], line{i, *want})
			}
		}
	}
	for _, at := range paths {
		p.applyLines(ctx, at, lines[at], errs)
	}
}

// line is the line of a parameter, wanted by a change of an index.
type line struct {
	index int
	want  resources.SysctlWant
}

// applyLines writes lines of one file, except those of failed changes.
func (p *parameters) applyLines(ctx context.Context, at string, lines []line, errs []error) {
	var wants []resources.SysctlWant
	for _, l := range lines {
		if errs[l.index] == nil {
			wants = append(wants, l.want)
		}
	}
	if len(wants) == 0 {
		return
	}
	err := rewrite(ctx, p.FS, at, func(text []byte) []byte { return setLines(text, wants) })
	for _, l := range lines {
		if errs[l.index] == nil {
			errs[l.index] = err
		}
	}
}

// setLines returns text with the wanted lines of parameters. Lines that a rollback restores are restored byte by byte,
// unless they were edited since.
func setLines(text []byte, wants []resources.SysctlWant) []byte {
	var hunks [][]edit.Hunk
	for _, w := range wants {
		if past := pastOf(w); past != nil && len(past.Hunks) > 0 {
			hunks = append(hunks, past.Hunks)
		}
	}
	if len(hunks) > 0 {
		text, _ = edit.Restore(text, hunks)
	}
	now := saved(parse("", text)).index()
	var left []*assignment
	for _, w := range wants {
		value := w.Line.Or(w.AtBoot.Value)
		if past := pastOf(w); past == nil || !now.has(resources.SysctlPath(w.Key), value) {
			left = append(left, &assignment{key: w.Key, value: value})
		}
	}
	return assign(text, left)
}

// pastOf returns a rollback's record of the lines of a parameter; nil if there is none.
func pastOf(w resources.SysctlWant) *resources.PartPast {
	return (&resources.PartPlace{Was: w.Was}).Past()
}

// has reports whether a file has that value for the parameter; "" means no line.
func (x *savedIndex) has(key, value string) bool {
	own, ok := x.findIn("", key)
	return ok && value != "" && own.value == value || !ok && value == ""
}

func (p *parameters) setLive(ctx context.Context, want resources.SysctlWant) error {
	at := livePath(want.Key)
	txn := p.FS.Begin("sysctl")
	defer txn.Abort()
	live, err := txn.Look(at)
	if err != nil {
		return err
	}
	step := txn.WriteVirtual(at, live, []byte(want.Now.Value+"\n"))
	if err := errors.Join(txn.Commit(ctx), step.Err()); err != nil {
		return fmt.Errorf("cannot set %s to %q: %w", want.Key, want.Now.Value, err)
	}
	return nil
}

// checkFile returns why a file cannot be written: its folder does not exist, or it is not a file, like one that a link
// to /dev/null masks.
func checkFile(f *fsys.FS, at string) error {
	if info, err := f.Stat(at); err == nil && info.Type != fsys.Regular {
		link := ""
		if to, err := f.Readlink(at); err == nil {
			link = "it leads to " + to + ": "
		}
		return fmt.Errorf("cannot write %s: %sit is %s; remove it first", at, link, info.Type)
	}
	if _, err := f.Stat(path.Dir(at)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot write %s: there is no directory %q", at, path.Dir(at))
	}
	return nil
}

// rewrite replaces a file by the result of edit.
func rewrite(ctx context.Context, f *fsys.FS, at string, edit func(text []byte) []byte) error {
	return f.Rewrite(ctx, fsys.Rewriting{Tag: "kernel", Path: at, Max: maxFile, Edit: func(text []byte) ([]byte, error) { return edit(text), nil }})
}
