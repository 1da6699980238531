package mounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"converge/internal/edit"
	"converge/internal/process"
	"converge/resources"
)

// patience is how long a mount may take: a server that is down must not hold the run.
const patience = 90 * time.Second

// maxLayers is how many mounts on one point are unmounted.
const maxLayers = 64

// run runs a program of util-linux. Its error is what the program prints.
func (h *host) run(ctx context.Context, argv ...string) error {
	r, err := h.Run(ctx, process.Command{Argv: argv, Timeout: patience})
	if err != nil || r.OK() {
		return err
	}
	text := strings.TrimSpace(r.Stdout)
	for _, noise := range []string{argv[0] + ": ", "       dmesg(1) may have more information after failed mount system call."} {
		text = strings.ReplaceAll(text, noise, "")
	}
	lines := strings.FieldsFunc(text, func(c rune) bool { return c == '\n' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if text = strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "; "); text == "" {
		text = r.How()
	}
	return errors.New(text)
}

// mountAnew mounts what the line names, or where there is none, what was mounted once.
func (h *host) mountAnew(ctx context.Context, w *work) error {
	v, err := h.look(ctx, w.Want) // the line was just written
	if err != nil {
		return err
	}
	want := v.wantedState()
	if v.entry != nil {
		f := v.entry.Fields
		want = resources.MountState{Device: f[edit.FstabDevice], Type: f[edit.FstabType], Options: f[edit.FstabOptions]}
	}
	options := edit.SplitOptions(want.Options)
	if err := h.checkPoint(v.point, options); err != nil {
		return err
	}
	if slices.Contains(options, "x-systemd.automount") && h.Reload != nil {
		return wrap("mount", v.point, h.run(ctx, "systemctl", "start", "--", resources.MountUnit(v.point, "automount")))
	}
	return mountState(ctx, h.run, v.point, want)
}

// mountState mounts a device, with a type and options that may be any.
func mountState(ctx context.Context, run func(context.Context, ...string) error, point string, want resources.MountState) error {
	argv := []string{"mount"}
	if want.Type != "" && want.Type != edit.FstabAny {
		argv = append(argv, "-t", want.Type)
	}
	if want.Options != "" && want.Options != edit.FstabAny {
		argv = append(argv, "-o", want.Options)
	}
	return wrap("mount", point, run(ctx, append(argv, "--", want.Device, point)...))
}

// checkPoint explains a mount point that is missing.
func (h *host) checkPoint(point string, options []string) error {
	if slices.ContainsFunc(options, func(o string) bool {
		return strings.HasPrefix(o, "x-mount.mkdir") || strings.HasPrefix(o, "X-mount.mkdir")
	}) {
		return nil
	}
	if _, err := h.FS.Lstat(point); isMissing(err) {
		return fmt.Errorf("cannot mount %q: there is no such directory; declare it: directory %q {}", point, point)
	}
	return nil
}

// remount gives a mount the full list of the wanted options. Options of the file system
// that are in effect are left out: some cannot be given again.
func (h *host) remount(ctx context.Context, w *work) error {
	v := w.view
	want, have := v.wantedState(), effectiveOptions(v.live)
	bind := v.table.bound(v.live) != "" || resources.IsBind(edit.SplitOptions(want.Options))
	options := []string{"remount"}
	if bind {
		options = append(options, "bind")
	}
	for _, o := range edit.SplitOptions(want.Options) {
		if o != edit.FstabAny && !resources.IsFstabOnly(o) && (isFlag(o) || !slices.Contains(have, o)) {
			options = append(options, o)
		}
	}
	argv := []string{"mount", "-o", strings.Join(options, ",")}
	if bind {
		argv = append(argv, "--", v.point)
	} else {
		argv = append(argv, "-t", v.live.FSType, "--", v.live.Source, v.point)
	}
	if err := h.run(ctx, argv...); err != nil {
		return fmt.Errorf("cannot remount %q: %w%s", v.point, err, hintReplace(w))
	}
	h.forget()
	after, err := h.look(ctx, w.Want)
	if err != nil {
		return err
	}
	if after.live == nil {
		return fmt.Errorf("cannot remount %q: nothing is mounted there any more", v.point)
	}
	// What the file system shows in its own words is taken on trust right after it took it.
	if left := missing(after.live, want.Options, true); len(left) > 0 {
		return fmt.Errorf("cannot remount %q: %s did not take effect%s", v.point, strings.Join(left, ","), hintReplace(w))
	}
	return nil
}

func hintReplace(w *work) string {
	if w.Want.Remount.Value == "replace" {
		return ""
	}
	return "; with remount = \"replace\" it is unmounted and mounted again"
}

// unmountAll unmounts every layer at the point.
func (h *host) unmountAll(ctx context.Context, w *work) error {
	v := w.view
	if h.Release != nil {
		h.Release()
	}
	for range maxLayers {
		h.forget()
		t, err := h.mounts(ctx)
		if err != nil {
			return err
		}
		m := t.mounted(v.point)
		if m == nil {
			return nil
		}
		switch {
		case m.FSType == "autofs" && h.Reload != nil:
			err = h.run(ctx, "systemctl", "stop", "--", resources.MountUnit(v.point, "automount"))
		case v.isRecursive():
			err = unmountTree(ctx, h.run, v.point)
		default:
			err = h.run(ctx, "umount", "--", v.point)
		}
		if err != nil {
			return fmt.Errorf("cannot unmount %q: %w%s", v.point, err, processes{h.FS}.inUse(ctx, t, m))
		}
	}
	return fmt.Errorf("cannot unmount %q: more than %d mounts are on it", v.point, maxLayers)
}

// isRecursive reports whether the line shows a folder with all that is mounted in it.
func (v *view) isRecursive() bool {
	return v.entry != nil && slices.Contains(edit.SplitOptions(v.entry.Fields[edit.FstabOptions]), "rbind")
}

// unmountTree unmounts a mount with all that is mounted on it. Its mounts are cut off
// first from those that they show: where these are shared, as systemd has them, they
// would be unmounted as well.
func unmountTree(ctx context.Context, run func(context.Context, ...string) error, point string) error {
	if err := run(ctx, "mount", "--make-rslave", "--", point); err != nil {
		return err
	}
	return run(ctx, "umount", "-R", "--", point)
}

func wrap(verb, point string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("cannot %s %q: %w", verb, point, err)
}
