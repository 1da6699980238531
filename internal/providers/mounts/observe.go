package mounts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"

	"converge/internal/edit"
	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// observer is the [resource.TypedProvider] of mounts.
type observer struct{ *host }

// view is the present and the wanted state of a mount point.
type view struct {
	want  resources.MountWant
	point string // physical
	line  edit.FstabLine
	found []edit.FstabEntry // its lines; several only if they are to be removed
	table *table            // nil: the live mount is not managed
	live  *mountinfo.Info   // nil: nothing is mounted
	saved bool              // the line is as wanted
	stays []string          // fields of a restored line that others have changed since
}

// Observe implements [resource.TypedProvider].
func (o observer) Observe(ctx context.Context, want resources.MountWant) (*resources.MountWant, error) {
	v, err := o.look(ctx, want)
	if err != nil {
		return nil, err
	}
	if err := v.refuseUntyped(); err != nil {
		return nil, err
	}
	managed := v.table != nil
	if len(v.found) == 0 && v.live == nil && (managed || !want.IsLiveManaged() || want.IsAbsent() || !o.Live) {
		return nil, nil
	}
	have := &resources.MountWant{Path: want.Path, Ensure: resource.Some("present"), State: want.State, Saved: resource.Some("")}
	if len(v.found) > 0 {
		have.Saved = resource.Some(resource.EncodeText(edit.JoinFstab(v.found)))
	}
	if v.saved && want.Saved.Set {
		have.Saved = want.Saved
	}
	switch {
	case !want.IsLiveManaged():
	case !managed:
		have.Live = want.Live // with another root the kernel's mounts are not its own
	default:
		have.Live = resource.Some("")
		if v.live != nil {
			have.Live = resource.Some(resource.EncodeText(v.table.state(v.live).String()))
		}
		met, err := o.isLiveMet(v)
		if err != nil {
			return nil, err
		}
		if met {
			have.Live = want.Live
		}
	}
	return have, nil
}

// Apply implements [resource.TypedProvider]; [Provider.Apply] serves instead.
func (observer) Apply(context.Context, resource.TypedChange[resources.MountWant]) error {
	return errors.New("internal error: mounts are changed together")
}

// refuseUntyped refuses a new line without a type or device, which the machine does not show.
func (v *view) refuseUntyped() error {
	if v.line.Absent || len(v.found) > 0 || v.live != nil || !v.want.Saved.Set {
		return nil
	}
	var missing []string
	if v.line.Want[edit.FstabDevice] == edit.FstabAny {
		missing = append(missing, "device")
	}
	if v.line.Want[edit.FstabType] == edit.FstabAny {
		missing = append(missing, "type")
	}
	if len(missing) == 0 {
		return nil
	}
	example := ""
	if missing[0] == "type" {
		example = `, such as type = "ext4"`
	}
	return fmt.Errorf("cannot mount at %q: there is no line for it in %s, and nothing is mounted there; set %s%s", v.point, resources.Fstab, strings.Join(missing, " and "), example)
}

// look observes both sides of a mount point.
func (h *host) look(ctx context.Context, want resources.MountWant) (*view, error) {
	f, err := h.lines(ctx)
	if err != nil {
		return nil, err
	}
	v := &view{want: want}
	if h.Live && want.IsLiveManaged() && !h.isForeign(want) {
		if v.table, err = h.mounts(ctx); err != nil {
			return nil, err
		}
	}
	if v.point, err = h.physical(v.table, want.Path.Bytes()); err != nil {
		return nil, err
	}
	v.line = wantedLine(want, v.point)
	if v.found, err = v.line.Check(f.lines); err != nil {
		return nil, place(f.path, err)
	}
	v.stays = takeBack(&v.line, pastOf(want.Was), v.found)
	v.saved = v.line.IsMet(v.found)
	if v.table != nil {
		v.live = v.table.mounted(v.point)
	}
	return v, nil
}

// isForeign reports whether prune asks for the removal of a mount that converge did not
// mount. Prune does not know the state that was declared.
func (h *host) isForeign(want resources.MountWant) bool {
	if !want.IsAbsent() || want.State.Set || h.Ledger == nil {
		return false
	}
	_, known := h.Ledger.Wrote("mount:"+string(want.Path), "")
	return !known
}

// physical returns a mount point without links. It asks no server that is mounted there.
func (h *host) physical(t *table, p string) (string, error) {
	if t != nil && t.mounted(p) != nil {
		return p, nil
	}
	dir, name := path.Split(p)
	real, err := h.FS.Resolve(path.Clean(dir))
	switch {
	case isMissing(err):
		return p, nil // the folder is still to be made
	case err != nil:
		return "", err
	}
	real = path.Join(real, name)
	if t != nil && t.mounted(real) != nil {
		return real, nil
	}
	info, err := h.FS.Lstat(real)
	if err == nil && info.Type == fsys.Symlink {
		return "", fmt.Errorf("cannot manage the mount at %q: it is a symbolic link; name the directory that it leads to", p)
	}
	if err != nil && !isMissing(err) {
		return "", err
	}
	return real, nil
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// wantedLine is the line of a mount as the edit room takes it.
func wantedLine(want resources.MountWant, point string) edit.FstabLine {
	fields, exact, absent := wantedText(resource.DecodeBytes(want.Saved.Value), pastOf(want.Was))
	if want.IsAbsent() || want.Saved.Set && absent {
		return edit.FstabLine{Name: point, Absent: true}
	}
	l := edit.FstabLine{Name: point, Want: fields, Exact: exact} // without a line: only the live mount is wanted
	l.Want[edit.FstabPoint] = point
	return l
}

// pastOf returns a rollback's record of lines; nil if there is none.
func pastOf(was *resource.Blob) *resources.PartPast {
	return (&resources.PartPlace{Was: was}).Past()
}

// isLiveMet reports whether the live mount is as wanted.
func (h *host) isLiveMet(v *view) (bool, error) {
	if !v.want.Live.Set {
		return false, nil
	}
	want := v.wantedState()
	if want == (resources.MountState{}) || v.live == nil {
		return (want == resources.MountState{}) == (v.live == nil), nil
	}
	if v.live.FSType == "autofs" && v.isAutomount() {
		return true, nil
	}
	same, err := h.devices().isSameThing(v.table, v.live, want)
	return same && len(missing(v.live, want.Options, h.isTrusted(v))) == 0, err
}

// wantedState is the wanted mount. Options that its line loses must also be removed live: it wants their opposites.
func (v *view) wantedState() resources.MountState {
	want := resources.ParseMountState(resource.DecodeBytes(v.want.Live.Value))
	if back := v.droppedOptions(edit.SplitOptions(want.Options)); want != (resources.MountState{}) && len(back) > 0 {
		want.Options = strings.Join(append(edit.SplitOptions(want.Options), back...), ",")
	}
	return want
}

// droppedOptions are the opposites of the options that the line loses, as far as they have one.
func (v *view) droppedOptions(want []string) (back []string) {
	if v.saved || v.live == nil || v.line.Absent || len(v.found) != 1 || v.line.Want[edit.FstabOptions] == edit.FstabAny {
		return nil
	}
	declared := append(want, edit.SplitOptions(v.line.Want[edit.FstabOptions])...)
	have := effectiveOptions(v.live)
	for _, o := range resources.DroppedOptions(edit.SplitOptions(v.found[0].Fields[edit.FstabOptions]), declared) {
		name, _, _ := strings.Cut(o, "=")
		isThere := slices.ContainsFunc(have, func(h string) bool { return h == name || strings.HasPrefix(h, name+"=") })
		if opposite := resources.OppositeOption(o, v.live.FSType); opposite != "" && isThere {
			back = append(back, opposite)
		}
	}
	return back
}

// isAutomount reports whether systemd should mount it at its first use.
func (v *view) isAutomount() bool {
	options := v.line.Want[edit.FstabOptions]
	if options == edit.FstabAny && len(v.found) > 0 {
		options = v.found[0].Fields[edit.FstabOptions]
	}
	return slices.Contains(edit.SplitOptions(options), "x-systemd.automount")
}

// isTrusted reports whether the kernel shows its form of the wanted options since converge set them, so that nothing
// has changed. These are the options of the line; a rollback may want earlier ones.
func (h *host) isTrusted(v *view) bool {
	if !v.saved || !v.areOptionsOfLine() {
		return false
	}
	text := v.table.state(v.live).String()
	h.mu.Lock()
	kept := h.kept[v.point]
	h.mu.Unlock()
	if kept != "" {
		return kept == text
	}
	if h.Ledger == nil {
		return false
	}
	sum := sha256.Sum256([]byte(resource.EncodeText(text)))
	same, known := h.Ledger.Wrote("mount:"+string(v.want.Path), hex.EncodeToString(sum[:]))
	return same && known
}

// areOptionsOfLine reports whether the line has all of the wanted options.
func (v *view) areOptionsOfLine() bool {
	var line []string
	if len(v.found) > 0 {
		line = edit.SplitOptions(v.found[0].Fields[edit.FstabOptions])
	}
	for _, o := range edit.SplitOptions(v.wantedState().Options) {
		if o != edit.FstabAny && !resources.IsFstabOnly(o) && !slices.Contains(line, o) {
			return false
		}
	}
	return true
}
