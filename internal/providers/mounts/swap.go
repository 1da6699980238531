package mounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// area is swap space in use.
type area struct {
	path     string
	used     int64 // bytes
	size     int64
	priority int64
}

// parseSwaps reads /proc/swaps.
func parseSwaps(text []byte) (out []area) {
	for i, line := range strings.Split(string(text), "\n") {
		f := strings.Fields(line)
		if i == 0 || len(f) < 5 {
			continue
		}
		size, err1 := strconv.ParseInt(f[2], 10, 50)
		used, err2 := strconv.ParseInt(f[3], 10, 50)
		priority, err3 := strconv.ParseInt(f[4], 10, 32)
		if errors.Join(err1, err2, err3) == nil {
			out = append(out, area{strings.TrimSuffix(edit.UnescapeFstab(f[0]), " (deleted)"), used << 10, size << 10, priority})
		}
	}
	return out
}

// swapView is the present state of swap space.
type swapView struct {
	found  []edit.FstabEntry // its lines
	areas  []area            // those in use; nil if that is not managed
	units  []string          // of systemd, that provide other swap space; for all swap space
	info   fsys.Info         // of its file
	isFile bool
	marked bool // the file has the mark of mkswap
	line   edit.FstabLine
	stays  []string // fields of a restored line that others have changed since
	saved  bool
}

type swapObserver struct{ *host }

// Apply implements [resource.TypedProvider]; [Provider.Apply] serves instead.
func (swapObserver) Apply(context.Context, resource.TypedChange[resources.SwapWant]) error {
	return errors.New("internal error: swap space is changed together")
}

// Observe implements [resource.TypedProvider].
func (o swapObserver) Observe(ctx context.Context, want resources.SwapWant) (*resources.SwapWant, error) {
	v, err := o.lookSwap(ctx, want)
	if err != nil {
		return nil, err
	}
	isOurs := v.isFile && (want.Size.Set || want.IsLineless() && v.marked)
	// A prepared file of another origin exists, so that prune leaves it.
	if len(v.found) == 0 && len(v.areas) == 0 && len(v.units) == 0 && !isOurs && !v.marked {
		return nil, nil
	}
	have := &resources.SwapWant{Path: want.Path, Ensure: resource.Some("present"), Saved: resource.Some("")}
	if isOurs {
		have.Size = resource.Some(strconv.FormatInt(v.info.Size, 10))
		if n, err := resources.SwapSize(want.Size.Value); err == nil && n == v.info.Size {
			have.Size = want.Size
		}
	}
	if want.IsAll() {
		have.Units = resource.Some(encodeAll(v.units))
	}
	have.Saved = resource.Some(resource.EncodeText(edit.JoinFstab(v.found)))
	if v.saved && want.Saved.Set {
		have.Saved = want.Saved
	}
	if have.Live.Set = o.Live; len(v.areas) > 0 {
		if have.Live.Value = describeAreas(want, v.areas); want.Live.Value == resources.SwapState(nil) {
			have.Live = want.Live
		}
	}
	return have, nil
}

func encodeAll(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = resource.EncodeText(name)
	}
	return out
}

// describeAreas describes swap space in use; all of it with its paths.
func describeAreas(want resources.SwapWant, areas []area) string {
	if !want.IsAll() {
		return resources.SwapState(&areas[0].priority)
	}
	words := make([]string, len(areas))
	for i, a := range areas {
		words[i] = resource.EncodeText(edit.EscapeFstab(a.path))
		if a.priority >= 0 { // otherwise the kernel has chosen it
			words[i] += fmt.Sprintf(",pri=%d", a.priority)
		}
	}
	return strings.Join(words, " ")
}

// lookSwap finds all sides of swap space.
func (h *host) lookSwap(ctx context.Context, want resources.SwapWant) (*swapView, error) {
	f, err := h.lines(ctx)
	if err != nil {
		return nil, err
	}
	areas, err := h.swaps()
	if err != nil {
		return nil, err
	}
	v := &swapView{}
	if want.IsAll() {
		v.areas, v.units = areas, findSwapUnits(h.FS)
		for _, e := range f.lines.Entries {
			if e.IsSwap() {
				v.found = append(v.found, e)
			}
		}
		v.saved = want.Saved.Set && resource.DecodeBytes(want.Saved.Value) == edit.JoinFstab(v.found)
		return v, nil
	}
	path := want.Path.Bytes()
	for _, a := range areas {
		if a.path == path || h.devices().resolved(path) == a.path {
			v.areas = []area{a}
		}
	}
	if v.info, err = h.FS.Stat(path); err != nil && !isMissing(err) {
		return nil, err
	}
	if v.isFile = err == nil && v.info.Type == fsys.Regular; v.isFile {
		if v.marked, err = isSwapFile(h.FS, path); err != nil {
			return nil, err
		}
	} else if want.Size.Set && err == nil {
		return nil, fmt.Errorf("cannot make the swap file %q: it is %s, whose size is not converge's", path, v.info.Type)
	}
	if err := v.checkMark(want); err != nil {
		return nil, err
	}
	v.line = wantedSwapLine(want)
	if v.found, err = v.line.Check(f.lines); err != nil {
		return nil, place(f.path, err)
	}
	v.stays = takeBack(&v.line, pastOf(want.Was), v.found)
	v.saved = v.line.IsMet(v.found)
	return v, nil
}

// checkMark refuses a file that is not swap space: it may contain anything, so making swap space of it would destroy
// that, and naming it in fstab would be of no use. Without size an earlier program may prepare it.
func (v *swapView) checkMark(want resources.SwapWant) error {
	isUsed := want.Size.Set || !want.IsLineless() && want.Was == nil
	if !v.isFile || v.marked || !isUsed {
		return nil
	}
	what := fmt.Sprintf("it is a file of %d bytes without the mark of mkswap, so it is no swap space", v.info.Size)
	if want.Size.Set {
		return fmt.Errorf("cannot make the swap file %q: %s; name another file, or move that one away", want.Path.Bytes(), what)
	}
	return resource.Missing(fmt.Errorf("cannot use the swap space %q: %s; prepare it by mkswap, or move it away and have converge make one with size", want.Path.Bytes(), what))
}

// wantedSwapLine is the line of swap space as the edit room takes it.
func wantedSwapLine(want resources.SwapWant) edit.FstabLine {
	fields, exact, absent := wantedText(resource.DecodeBytes(want.Saved.Value), pastOf(want.Was))
	l := edit.FstabLine{Name: want.Path.Bytes(), Swap: true}
	if l.Absent = want.IsAbsent() || want.Saved.Set && absent; !l.Absent {
		l.Want, l.Exact = fields, exact
	}
	return l
}

// swaps returns the swap space in use; none if the root is not that of the running kernel, or the kernel has none.
func (h *host) swaps() ([]area, error) {
	if !h.Live {
		return nil, nil
	}
	text, err := h.FS.ReadFile("/proc/swaps", 1<<20)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot find out which swap space is in use: %w", err)
	}
	return parseSwaps(text), nil
}

// findSwapUnits returns the units that generators made from other sources than fstab: a partition of that type, zram.
// It omits masked ones.
func findSwapUnits(tree *fsys.FS) (out []string) {
	const dir = "/run/systemd/generator"
	for _, dir := range []string{dir, dir + ".late", dir + ".early"} {
		names, err := tree.Names(dir)
		if err != nil {
			continue // it does not exist
		}
		for _, name := range names {
			if !strings.HasSuffix(name, ".swap") {
				continue
			}
			text, err := tree.ReadFile(dir+"/"+name, 1<<20)
			if err != nil || bytes.Contains(text, []byte("SourcePath="+resources.Fstab)) {
				continue
			}
			if to, err := tree.Readlink(unitDir + name); err != nil || to != "/dev/null" {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// unitDir is the folder of an administrator's units and masks.
const unitDir = "/etc/systemd/system/"

// isSwapFile reports whether a file has the mark of mkswap, and therefore no other content. The mark is at the end of
// a page, whose size another machine may have chosen.
func isSwapFile(tree *fsys.FS, path string) (bool, error) {
	f, err := tree.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	mark := make([]byte, 10)
	for _, page := range []int64{4096, 8192, 16384, 65536} {
		_, err := f.ReadAt(mark, page-10)
		if err == nil && string(mark) == "SWAPSPACE2" {
			return true, nil
		}
		if err != nil {
			return false, ignoreEnd(err)
		}
	}
	return false, nil
}

// ignoreEnd drops the error about a file that is shorter than the buffer.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
