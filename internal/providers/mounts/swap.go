package mounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Swap is the provider of the kind swap.
type Swap struct {
	resource.AsAsked
	resource.Provider
	*host
}

// NewSwap returns the provider of the swap space of a root.
func NewSwap(o Options) *Swap {
	h := newHost(o)
	return &Swap{Provider: resource.Typed[resources.SwapWant](swapObserver{h}), host: h}
}

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

// swapView is swap space as it is.
type swapView struct {
	entries []edit.FstabEntry // its lines
	areas   []area            // what is in use; nil where that is not managed
	units   []string          // of systemd, that bring other swap space; for all swap space
	info    fsys.Info         // of its file
	isFile  bool
	line    edit.FstabLine
	saved   bool
}

type swapObserver struct{ *host }

// Apply implements [resource.TypedProvider]; [Swap.Apply] serves instead.
func (swapObserver) Apply(context.Context, resource.TypedChange[resources.SwapWant]) error {
	return errors.New("internal error: swap space is changed together")
}

// Observe implements [resource.TypedProvider].
func (o swapObserver) Observe(ctx context.Context, want resources.SwapWant) (*resources.SwapWant, error) {
	v, err := o.lookSwap(ctx, want)
	if err != nil {
		return nil, err
	}
	// A rollback may want the file without its line, as a killed run had left it.
	lineless := want.IsAbsent() || want.Saved.Set && want.Saved.Value == ""
	isOurs := v.isFile && (want.Size.Set || lineless && isSwapFile(o.FS, want.Path.Bytes()))
	if len(v.entries) == 0 && len(v.areas) == 0 && len(v.units) == 0 && !isOurs {
		return nil, nil
	}
	have := &resources.SwapWant{Path: want.Path, Ensure: resource.Some("present"), Saved: resource.Some(""), Live: resource.Some("")}
	if isOurs {
		have.Size = resource.Some(strconv.FormatInt(v.info.Size, 10))
		if n, err := resources.SwapSize(want.Size.Value); err == nil && n == v.info.Size {
			have.Size = want.Size
		}
	}
	have.Saved = resource.Some(resource.EncodeText(joinLines(v.entries)))
	if v.saved && want.Saved.Set {
		have.Saved = want.Saved
	}
	switch {
	case !o.Live && want.Live.Set:
		have.Live = want.Live
	case len(v.areas) > 0:
		if have.Live = resource.Some(describeAreas(want, v.areas)); want.Live.Value == resources.SwapState(nil) {
			have.Live = want.Live
		}
	}
	return have, nil
}

func joinLines(entries []edit.FstabEntry) string {
	lines := make([]string, len(entries))
	for i, e := range entries {
		lines[i] = e.Text
	}
	return strings.Join(lines, "\n")
}

// describeAreas describes swap space in use; all of it with its paths.
func describeAreas(want resources.SwapWant, areas []area) string {
	if !want.IsAll() {
		return resources.SwapState(&areas[0].priority)
	}
	words := make([]string, len(areas))
	for i, a := range areas {
		words[i] = resource.EncodeText(edit.EscapeFstab(a.path))
		if a.priority >= 0 { // else the kernel has chosen it
			words[i] += fmt.Sprintf(",pri=%d", a.priority)
		}
	}
	return strings.Join(words, " ")
}

// lookSwap finds all sides of swap space.
func (h *host) lookSwap(ctx context.Context, want resources.SwapWant) (*swapView, error) {
	f, err := h.lines(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", resources.Fstab, err)
	}
	areas, err := h.swaps()
	if err != nil {
		return nil, err
	}
	v := &swapView{}
	if want.IsAll() {
		v.areas, v.units = areas, findSwapUnits(h.FS)
		for _, e := range f.entries {
			if e.IsSwap() {
				v.entries = append(v.entries, e)
			}
		}
		v.saved = want.Saved.Set && resource.DecodeBytes(want.Saved.Value) == joinLines(v.entries)
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
	v.isFile = err == nil && v.info.Type == fsys.Regular
	if want.Size.Set && err == nil && !v.isFile {
		return nil, fmt.Errorf("cannot make the swap file %q: it is %s, whose size is not converge's", path, v.info.Type)
	}
	v.line = wantedSwapLine(want)
	e, err := v.line.One(f.entries)
	switch {
	case err != nil:
		return nil, place(f.path, err)
	case e != nil:
		v.entries = []edit.FstabEntry{*e}
		v.saved = !v.line.Absent && e.Fields.Meets(v.line.Want) && (v.line.Exact == "" || v.line.Exact == e.Text)
	default:
		v.saved = v.line.Absent
	}
	return v, nil
}

// wantedSwapLine is the line of swap space as the edit room takes it.
func wantedSwapLine(want resources.SwapWant) edit.FstabLine {
	l := edit.FstabLine{Name: want.Path.Bytes(), Swap: true}
	f, ok := edit.ParseWantedFstab(resource.DecodeBytes(want.Saved.Value))
	if l.Absent = want.IsAbsent() || want.Saved.Set && !ok; l.Absent {
		return l
	}
	if l.Want = f; !ok {
		l.Want = edit.FstabFields{"*", "*", "*", "*", "*", "*"}
	}
	if past := (&resources.PartPlace{Was: want.Was}).Past(); past != nil && past.Present && past.Value != nil {
		l.Exact = *past.Value
	}
	return l
}

// swaps returns the swap space that is in use; none where the root is not that of the
// running kernel, or the kernel has none.
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

// findSwapUnits returns the units that generators made of other things than fstab: of a
// partition of that type, of zram. One that is masked is left out.
func findSwapUnits(tree *fsys.FS) (out []string) {
	const dir = "/run/systemd/generator"
	for _, dir := range []string{dir, dir + ".late", dir + ".early"} {
		names, err := tree.Names(dir)
		if err != nil {
			continue // there is none
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
	return out
}

// unitDir is where an administrator's units and masks are.
const unitDir = "/etc/systemd/system/"

// isSwapFile reports whether a file has the mark of mkswap, so that it holds nothing else.
func isSwapFile(tree *fsys.FS, path string) bool {
	f, err := tree.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	mark := make([]byte, 10)
	for _, page := range []int64{4096, 8192, 16384, 65536} {
		if _, err := f.ReadAt(mark, page-10); err == nil && string(mark) == "SWAPSPACE2" {
			return true
		}
	}
	return false
}
