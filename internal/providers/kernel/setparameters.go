package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"

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
	lines := map[string][]int{} // indexes of changes, by the file that they change
	for i := range cs {
		c := &cs[i]
		if errs[i] == nil {
			errs[i] = ctx.Err()
		}
		if errs[i] == nil && c.Differs("live_value") {
			errs[i] = p.setLive(ctx, c.Want)
		}
		if errs[i] == nil && (c.Differs("saved_value") || c.Differs("line") || c.Action == resource.Delete) {
			at := c.Want.Path()
			if lines[at] == nil {
				paths = append(paths, at)
			}
			lines[at] = append(lines[at], i)
		}
	}
	for _, at := range paths {
		err := rewrite(ctx, p.FS, at, func(text []byte) []byte {
			for _, i := range lines[at] {
				text = edit(text, cs[i].Want.Key, cs[i].Want.Line.Or(cs[i].Want.AtBoot.Value))
			}
			return text
		})
		for _, i := range lines[at] {
			errs[i] = err
		}
	}
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

// checkFolder returns why a file cannot be written: its folder does not exist.
func checkFolder(f *fsys.FS, at string) error {
	if _, err := f.Stat(path.Dir(at)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot write %s: there is no directory %q", at, path.Dir(at))
	}
	return nil
}

// rewrite replaces a file by what edit makes of it.
func rewrite(ctx context.Context, f *fsys.FS, at string, edit func(text []byte) []byte) error {
	return f.Rewrite(ctx, fsys.Rewriting{Tag: "kernel", Path: at, Max: maxFile, Edit: func(text []byte) ([]byte, error) { return edit(text), nil }})
}
