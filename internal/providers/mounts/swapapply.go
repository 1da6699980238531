package mounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Apply implements [resource.Provider].
func (p *Swap) Apply(ctx context.Context, c resource.Change) error {
	return p.ApplyAll(ctx, []resource.Change{c}, resource.Forecast{}).Err(0)
}

// ApplyAll implements [resource.Transactor], one area after the other.
func (p *Swap) ApplyAll(ctx context.Context, cs []resource.Change, _ resource.Forecast) resource.Outcome {
	defer p.forget()
	errs := make([]error, len(cs))
	for i, c := range cs {
		p.forget()
		t, err := resource.TypeChange[resources.SwapWant](c)
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = p.change(ctx, t)
		}
		errs[i] = err
	}
	return resource.Outcome{Errs: errs}
}

// change takes out of use what is to go or to be made anew, makes the file, writes the
// line, and uses the area. What cannot be used leaves no line.
func (p *Swap) change(ctx context.Context, c resource.TypedChange[resources.SwapWant]) error {
	v, err := p.lookSwap(ctx, c.Want)
	if err != nil {
		return err
	}
	gone := c.Action == resource.Delete
	if p.Live && len(v.areas) > 0 && (gone || c.Differs("live") || c.Differs("size")) {
		if err := p.disuse(ctx, v.areas); err != nil {
			return err
		}
	}
	if c.Differs("size") {
		if err := p.makeFile(ctx, c.Want, v); err != nil {
			return err
		}
	}
	before, err := p.lines(ctx)
	if err != nil {
		return err
	}
	if gone || c.Differs("saved") {
		if err := p.write(ctx, before, p.swapParts(c.Want, v), pastHunks(c.Want)); err != nil {
			return err
		}
	}
	switch {
	case gone && c.Want.IsAll():
		return p.mask(ctx, v.units)
	case gone:
		return p.removeFile(ctx, c.Want.Path.Bytes())
	case !p.Live || !c.Differs("live") && !c.Differs("size") || c.Want.Live.Value == "":
		return nil
	}
	if err := p.use(ctx, c.Want); err != nil {
		return errors.Join(err, p.restoreLines(context.WithoutCancel(ctx), before))
	}
	return nil
}

// swapParts are the parts of fstab that a change edits.
func (p *Swap) swapParts(want resources.SwapWant, v *swapView) []edit.Part {
	if !want.IsAll() {
		return []edit.Part{v.line}
	}
	if want.IsAbsent() {
		return []edit.Part{edit.NoSwap{}}
	}
	return nil // a rollback puts the lines back byte by byte
}

func pastHunks(want resources.SwapWant) []edit.Hunk {
	if past := (&resources.PartPlace{Was: want.Was}).Past(); past != nil {
		return past.Hunks
	}
	return nil
}

// write edits fstab and has the init system read it.
func (p *Swap) write(ctx context.Context, f *fstab, parts []edit.Part, hunks []edit.Hunk) error {
	src := f.bytes
	if len(hunks) > 0 {
		if restored, done := edit.Restore(src, [][]edit.Hunk{hunks}); done[0] {
			src = restored
		} else if len(parts) == 0 {
			return fmt.Errorf("cannot put the lines of swap space back into %s: it was edited since", resources.Fstab)
		}
	}
	text, err := edit.Edit(src, parts)
	if err != nil {
		return place(f.path, err)
	}
	return p.replaceLines(ctx, f, text)
}

func (p *Swap) restoreLines(ctx context.Context, before *fstab) error {
	p.forget()
	now, err := p.lines(ctx)
	if err != nil || string(now.bytes) == string(before.bytes) {
		return err
	}
	return p.replaceLines(ctx, now, before.bytes)
}

func (p *Swap) replaceLines(ctx context.Context, f *fstab, text []byte) error {
	if string(text) == string(f.bytes) {
		return nil
	}
	txn := p.FS.Begin(p.RunID)
	defer txn.Abort()
	step, err := p.stage(txn, f, text)
	if err == nil {
		err = errors.Join(txn.Commit(ctx), step.Err())
	}
	if err == nil {
		err = p.reload(ctx)
	}
	p.forget()
	return err
}

// disuse takes swap space out of use, unless the memory is short for what it holds.
func (p *Swap) disuse(ctx context.Context, areas []area) error {
	all, err := p.swaps()
	if err != nil {
		return err
	}
	need, room := int64(0), int64(0)
	for _, a := range areas {
		need += a.used
	}
	for _, a := range all {
		room += a.size - a.used
	}
	for _, a := range areas {
		room -= a.size - a.used
	}
	memory, err := p.availableMemory()
	if err != nil {
		return err
	}
	if need > 0 && need > memory+room {
		return fmt.Errorf("cannot take swap space out of use: it holds %d MiB, and only %d MiB of memory are available", need>>20, (memory+room)>>20)
	}
	for _, a := range areas {
		if err := p.run(ctx, "swapoff", "--", a.path); err != nil {
			return fmt.Errorf("cannot take the swap space %q out of use: %w", a.path, err)
		}
	}
	return nil
}

// availableMemory returns MemAvailable in bytes.
func (p *Swap) availableMemory() (int64, error) {
	text, err := p.FS.ReadFile("/proc/meminfo", 1<<20)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) >= 2 && f[0] == "MemAvailable:" {
			n, err := strconv.ParseInt(f[1], 10, 50)
			return n << 10, err
		}
	}
	return 0, errors.New("/proc/meminfo does not tell how much memory is available")
}

// use uses swap space.
func (p *Swap) use(ctx context.Context, want resources.SwapWant) error {
	live := resource.DecodeBytes(want.Live.Value)
	if !want.IsAll() {
		_, priority, _ := strings.Cut(live, "priority ")
		return p.useArea(ctx, want.Path.Bytes(), priority)
	}
	var errs []error
	for word := range strings.FieldsSeq(live) {
		path, priority, _ := strings.Cut(word, ",pri=")
		errs = append(errs, p.useArea(ctx, edit.UnescapeFstab(path), priority))
	}
	return errors.Join(errs...)
}

func (p *Swap) useArea(ctx context.Context, path, priority string) error {
	argv := []string{"swapon"}
	if priority != "" && priority[0] != '-' { // else the kernel chooses it
		argv = append(argv, "-p", priority)
	}
	if err := p.run(ctx, append(argv, "--", path)...); err != nil {
		return fmt.Errorf("cannot use the swap space %q: %w", path, err)
	}
	return nil
}

// makeFile makes a file without holes, which the kernel requires, and prepares it.
// With another root it is prepared as well: its program writes into the file alone.
func (p *Swap) makeFile(ctx context.Context, want resources.SwapWant, v *swapView) error {
	size, err := resources.SwapSize(want.Size.Value)
	if err != nil {
		return err
	}
	path := want.Path.Bytes()
	txn := p.FS.Begin(p.RunID)
	defer txn.Abort()
	live := v.info
	if !v.isFile {
		live = fsys.Info{}
	} else if live, err = txn.Look(path); err != nil {
		return err
	}
	perm, err := txn.Inherited(path)
	if err != nil {
		return err
	}
	perm.Mode = 0o600
	step := txn.File(path, live, fsys.File{Perm: perm})
	if err := step.Err(); err != nil {
		return err
	}
	if err := p.fill(ctx, txn.Candidate(step), size); err != nil {
		return fmt.Errorf("cannot make the swap file %q: %w", path, err)
	}
	if err := p.run(ctx, "mkswap", "--", txn.Candidate(step)); err != nil {
		return fmt.Errorf("cannot prepare the swap file %q: %w", path, err)
	}
	return errors.Join(txn.Commit(ctx), step.Err())
}

// fill gives a file its size. Where the file system cannot allocate without writing,
// zeros are written.
func (p *Swap) fill(ctx context.Context, file string, size int64) error {
	if err := p.run(ctx, "fallocate", "-l", strconv.FormatInt(size, 10), "--", file); err == nil || ctx.Err() != nil {
		return err
	}
	return p.run(ctx, "dd", "if=/dev/zero", "of="+file, "bs=4096", "count="+strconv.FormatInt(size/4096, 10), "conv=notrunc,fsync")
}

// removeFile removes a file that holds nothing but swap space.
func (p *Swap) removeFile(ctx context.Context, path string) error {
	info, err := p.FS.Lstat(path)
	if isMissing(err) || err == nil && (info.Type != fsys.Regular || !isSwapFile(p.FS, path)) {
		return nil
	}
	if err != nil {
		return err
	}
	txn := p.FS.Begin(p.RunID)
	defer txn.Abort()
	step := txn.Remove(path, info)
	return errors.Join(txn.Commit(ctx), step.Err())
}

// mask masks units, so that nothing starts them.
func (p *Swap) mask(ctx context.Context, units []string) error {
	if len(units) == 0 {
		return nil
	}
	txn := p.FS.Begin(p.RunID)
	defer txn.Abort()
	var steps []*fsys.Step
	for _, unit := range units {
		steps = append(steps, txn.Symlink(unitDir+unit, "/dev/null", fsys.Info{}))
	}
	if err := txn.CommitAll(ctx, steps...); err != nil {
		return err
	}
	return p.reload(ctx)
}

// Record implements [resource.Recorder]: it saves the lines as they were.
func (p *Swap) Record(ctx context.Context, c resource.Change) (resource.Change, []resource.Change, error) {
	t, err := resource.TypeChange[resources.SwapWant](c)
	if err != nil {
		return c, nil, err
	}
	v, err := p.lookSwap(ctx, t.Want)
	if err != nil || c.Action != resource.Delete && !c.Differs("saved") {
		return c, nil, err
	}
	f, err := p.lines(ctx)
	if err != nil {
		return c, nil, err
	}
	past := resources.PartPast{Created: f.missing, Present: len(v.entries) > 0}
	if len(v.entries) == 1 && !t.Want.IsAll() {
		past.Value = &v.entries[0].Text
	}
	if all, err := edit.Record(f.bytes, p.swapParts(t.Want, v)); err == nil && len(all) == 1 {
		past.Hunks = all[0]
	}
	text, err := json.Marshal(past)
	if err != nil {
		return c, nil, err
	}
	was := cty.StringVal(resource.EncodeText(string(text)))
	if c.Have.IsNull() {
		c.Want = resource.With(c.Want, "was", was)
	} else {
		c.Have = resource.With(c.Have, "was", was)
	}
	return c, nil, nil
}
