package mounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// swapChange is a change of swap space.
type swapChange struct {
	resource.TypedChange[resources.SwapWant]
	*host
	view  *swapView
	isNew bool   // there was no file, and this change has made one
	off   []area // that this change has taken out of use
}

func (h *host) prepareSwap(ctx context.Context, c resource.Change) (*swapChange, error) {
	t, err := resource.TypeChange[resources.SwapWant](c)
	if err != nil {
		return nil, err
	}
	v, err := h.lookSwap(ctx, t.Want)
	return &swapChange{TypedChange: t, host: h, view: v}, err
}

func (s *swapChange) isGoing() bool { return s.Action == resource.Delete }

// free implements [work].
func (s *swapChange) free(ctx context.Context) error {
	if s.Live && len(s.view.areas) > 0 && (s.isGoing() || s.Differs("live") || s.Differs("size")) {
		if err := s.disuse(ctx, s.view.areas); err != nil {
			return err
		}
	}
	if !s.Differs("size") {
		return nil
	}
	err := s.makeFile(ctx)
	s.isNew = err == nil && !s.view.isFile
	return err
}

// takeBack implements [work]: it removes a file that cannot be used, which would occupy space for good, and uses again
// what was in use.
func (s *swapChange) takeBack(ctx context.Context) error {
	var errs []error
	if s.isNew {
		if err := s.removeFile(ctx, s.Want.Path.Bytes()); err != nil {
			errs = append(errs, fmt.Errorf("the new swap file stays, because it cannot be removed: %w", err))
		}
	}
	return errors.Join(append(errs, s.reuse(ctx))...)
}

// reuse uses what disuse took out of use and nothing has used since.
func (s *swapChange) reuse(ctx context.Context) error {
	if len(s.off) == 0 {
		return nil
	}
	now, err := s.swaps()
	if err != nil {
		return err
	}
	var errs []error
	for _, a := range s.off {
		if slices.ContainsFunc(now, func(b area) bool { return b.path == a.path }) {
			continue
		}
		if err := s.useArea(ctx, a.path, strconv.FormatInt(a.priority, 10)); err != nil {
			errs = append(errs, fmt.Errorf("what was in use stays out of use: %w", err))
		}
	}
	return errors.Join(errs...)
}

// lines implements [work].
func (s *swapChange) lines() (l lineChange) {
	switch {
	case !s.isGoing() && !s.Differs("saved"):
		return l
	case !s.Want.IsAll():
		l.parts = []edit.Part{s.view.line}
	case s.Want.IsAbsent():
		l.parts = []edit.Part{edit.NoSwap{}}
	} // otherwise a rollback restores the lines byte by byte
	l.takeBack(s.Want.Was)
	return l
}

// found implements [work].
func (s *swapChange) found() []edit.FstabEntry { return s.view.found }

// use implements [work].
func (s *swapChange) use(ctx context.Context) error {
	switch {
	case s.isGoing() && s.Want.IsAll():
		return s.mask(ctx, s.view.units)
	case s.isGoing():
		return s.removeFile(ctx, s.Want.Path.Bytes())
	case s.Want.IsAll() && s.Differs("units"):
		if err := s.unmask(ctx, s.Want.Units.Value); err != nil || !s.Live || !s.Differs("live") {
			return err
		}
	case !s.Live:
		return nil
	case s.Differs("size") && !s.Want.Live.Set && len(s.view.areas) > 0: // a rollback of the size alone
		a := s.view.areas[0]
		return s.useArea(ctx, a.path, strconv.FormatInt(a.priority, 10))
	case !s.Differs("live") && !s.Differs("size") || s.Want.Live.Value == "":
		return nil
	}
	return s.useSwap(ctx)
}

// made implements [work].
func (s *swapChange) made(context.Context, resource.Change) resource.Change { return resource.Change{} }

// blocked explains why a change of swap space is certain to fail.
func (s *swapChange) blocked(pending resource.Pending) error {
	switch {
	case !s.Live || !s.isGoing() && !s.Differs("live") && !s.Differs("size"):
		return nil
	case !s.MayMount():
		return errors.New("cannot change which swap space is in use: converge may not do so here")
	case s.isGoing() || s.Want.Size.Set || s.Want.Live.Value == "" || s.Want.IsAll() || pending != resource.NothingPending:
		return nil
	}
	if _, err := s.FS.Stat(s.Want.Path.Bytes()); isMissing(err) {
		return fmt.Errorf("cannot use the swap space %q: there is no such file or device; with size converge makes a file", s.Want.Path.Bytes())
	}
	return nil
}

// disuse takes swap space out of use, unless the memory cannot hold its contents.
func (s *swapChange) disuse(ctx context.Context, areas []area) error {
	all, err := s.swaps()
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
	memory, err := s.availableMemory()
	if err != nil {
		return err
	}
	if need > 0 && need > memory+room {
		return fmt.Errorf("cannot take swap space out of use: it holds %d MiB, and only %d MiB of memory are available", need>>20, (memory+room)>>20)
	}
	for _, a := range areas {
		if err := s.runLong(ctx, "swapoff", "--", a.path); err != nil {
			return fmt.Errorf("cannot take the swap space %q out of use: %w", a.path, err)
		}
		s.off = append(s.off, a)
	}
	return nil
}

// availableMemory returns MemAvailable in bytes.
func (s *swapChange) availableMemory() (int64, error) {
	text, err := s.FS.ReadFile("/proc/meminfo", 1<<20)
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

// useSwap uses swap space.
func (s *swapChange) useSwap(ctx context.Context) error {
	live := resource.DecodeBytes(s.Want.Live.Value)
	if !s.Want.IsAll() {
		_, priority, _ := strings.Cut(live, "priority ")
		return s.useArea(ctx, s.Want.Path.Bytes(), priority)
	}
	var errs []error
	for word := range strings.FieldsSeq(live) {
		path, priority, _ := strings.Cut(word, ",pri=")
		errs = append(errs, s.useArea(ctx, edit.UnescapeFstab(path), priority))
	}
	return errors.Join(errs...)
}

func (s *swapChange) useArea(ctx context.Context, path, priority string) error {
	argv := []string{"swapon"}
	if priority != "" && priority[0] != '-' { // otherwise the kernel chooses it
		argv = append(argv, "-p", priority)
	}
	if err := s.runLong(ctx, append(argv, "--", path)...); err != nil {
		return fmt.Errorf("cannot use the swap space %q: %w", path, err)
	}
	return nil
}

// makeFile makes a file without holes, as the kernel requires, and prepares it. With another root it is prepared as
// well: the program only writes into the file.
func (s *swapChange) makeFile(ctx context.Context) error {
	size, err := resources.SwapSize(s.Want.Size.Value)
	if err != nil {
		return err
	}
	path := s.Want.Path.Bytes()
	txn := s.FS.Begin(s.RunID)
	defer txn.Abort()
	live := s.view.info
	if !s.view.isFile {
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
	if err := s.fill(ctx, txn.Candidate(step), size); err != nil {
		return fmt.Errorf("cannot make the swap file %q: %w", path, err)
	}
	if err := s.runLong(ctx, "mkswap", "--", txn.Candidate(step)); err != nil {
		return fmt.Errorf("cannot prepare the swap file %q: %w", path, err)
	}
	return errors.Join(txn.Commit(ctx), step.Err())
}

// fill gives a file its size. If the file system cannot allocate without writing, it writes zeros.
func (s *swapChange) fill(ctx context.Context, file string, size int64) error {
	if err := s.runLong(ctx, "fallocate", "-l", strconv.FormatInt(size, 10), "--", file); err == nil || ctx.Err() != nil {
		return err
	}
	return s.runLong(ctx, "dd", "if=/dev/zero", "of="+file, "bs=4096", "count="+strconv.FormatInt(size/4096, 10), "conv=notrunc,fsync")
}

// removeFile removes a file that holds nothing but swap space.
func (s *swapChange) removeFile(ctx context.Context, path string) error {
	info, err := s.FS.Lstat(path)
	if isMissing(err) || err == nil && info.Type != fsys.Regular {
		return nil
	}
	if err != nil {
		return err
	}
	if marked, err := isSwapFile(s.FS, path); err != nil || !marked {
		return err
	}
	txn := s.FS.Begin(s.RunID)
	defer txn.Abort()
	step := txn.Remove(path, info)
	return errors.Join(txn.Commit(ctx), step.Err())
}

// mask masks units, so that nothing starts them.
func (s *swapChange) mask(ctx context.Context, units []string) error {
	if len(units) == 0 {
		return nil
	}
	txn := s.FS.Begin(s.RunID)
	defer txn.Abort()
	var steps []*fsys.Step
	for _, unit := range units {
		steps = append(steps, txn.Symlink(unitDir+unit, "/dev/null", fsys.Info{}))
	}
	if err := txn.CommitAll(ctx, steps...); err != nil {
		return err
	}
	return s.reload(ctx)
}

// unmask takes back what mask did.
func (s *swapChange) unmask(ctx context.Context, units []string) error {
	txn := s.FS.Begin(s.RunID)
	defer txn.Abort()
	var steps []*fsys.Step
	for _, unit := range units {
		at := unitDir + resource.DecodeBytes(unit)
		if to, err := s.FS.Readlink(at); err != nil || to != "/dev/null" {
			continue // something else has done it
		}
		info, err := txn.Look(at)
		if err != nil {
			return err
		}
		steps = append(steps, txn.Remove(at, info))
	}
	if len(steps) == 0 {
		return nil
	}
	if err := txn.CommitAll(ctx, steps...); err != nil {
		return err
	}
	return s.reload(ctx)
}
