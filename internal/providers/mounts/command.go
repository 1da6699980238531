package mounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/moby/sys/mountinfo"

	"converge/internal/edit"
	"converge/internal/process"
	"converge/resources"
)

// patience is how long a mount may take: a server that is down must not hold the run.
const patience = 90 * time.Second

// maxLayers is how many mounts on one point are unmounted.
const maxLayers = 64

// run runs a program of util-linux that ends soon or hangs. Its error is the output of the program.
func (h *host) run(ctx context.Context, argv ...string) error {
	return h.runWithin(ctx, patience, argv)
}

// runLong runs a program that may take as long as it takes: swap space is read back into
// memory, or a file is filled. Only the run's context ends it.
func (h *host) runLong(ctx context.Context, argv ...string) error {
	return h.runWithin(ctx, 0, argv)
}

func (h *host) runWithin(ctx context.Context, limit time.Duration, argv []string) error {
	r, err := h.Run(ctx, process.Command{Argv: argv, Timeout: limit})
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

// mountAnew mounts what the line names or, without a line, what was mounted before.
func (m *mountChange) mountAnew(ctx context.Context) error {
	v, err := m.look(ctx, m.Want) // the line was just written
	if err != nil {
		return err
	}
	want := v.wantedState()
	if len(v.found) > 0 {
		f := v.found[0].Fields
		want = resources.MountState{Device: f[edit.FstabDevice], Type: f[edit.FstabType], Options: f[edit.FstabOptions]}
	}
	options := edit.SplitOptions(want.Options)
	if err := m.checkPoint(v.point, options); err != nil {
		return err
	}
	if slices.Contains(options, "x-systemd.automount") && m.Reload != nil {
		return wrap("mount", v.point, m.run(ctx, "systemctl", "start", "--", resources.MountUnit(v.point, "automount")))
	}
	return mountState(ctx, m.run, v.point, want)
}

// checkMounted refuses a mount that mount(8) reports as made, and that does not exist: one that it retries in the
// background, such as bg of nfs.
func (m *mountChange) checkMounted(ctx context.Context) error {
	t, err := m.host.mounts(ctx)
	if err == nil && t.mounted(m.view.point) == nil {
		err = fmt.Errorf("cannot mount %q: mount reports no error, and nothing is mounted there; remove options by which it does not wait (bg)", m.view.point)
	}
	return err
}

// mountState mounts a device, with a type and options that may be any.
func mountState(ctx context.Context, run func(context.Context, ...string) error, point string, want resources.MountState) error {
	argv := []string{"mount"}
	if want.Type != "" && want.Type != edit.FstabAny {
		argv = append(argv, "-t", want.Type)
	}
	// With nofail mount(8) would not report a missing device.
	options := slices.DeleteFunc(edit.SplitOptions(want.Options), func(o string) bool { return o == "nofail" || o == "" || o == edit.FstabAny })
	if len(options) > 0 {
		argv = append(argv, "-o", strings.Join(options, ","))
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

// remount passes a mount the full list of the wanted options, and its undeclared flags: mount(2) removes each flag
// that is not named. It omits options of the file system that are in effect: some cannot be given again.
func (m *mountChange) remount(ctx context.Context) error {
	v := m.view
	want, have := v.wantedState(), effectiveOptions(v.live)
	bind := v.table.bound(v.live) != "" || resources.IsBind(edit.SplitOptions(want.Options))
	options, flags := []string{"remount"}, have
	if bind {
		options, flags = append(options, "bind"), edit.SplitOptions(v.live.Options)
	}
	options = append(options, resources.KeptMountFlags(flags, edit.SplitOptions(want.Options))...)
	for _, o := range edit.SplitOptions(want.Options) {
		if o != edit.FstabAny && !resources.IsFstabOnly(o) && (resources.IsMountFlag(o) || !slices.Contains(have, o)) {
			options = append(options, ownSize(v.live.FSType, o))
		}
	}
	argv := []string{"mount", "-o", strings.Join(options, ",")}
	if bind {
		argv = append(argv, "--", v.point)
	} else {
		argv = append(argv, "-t", v.live.FSType, "--", v.live.Source, v.point)
	}
	if err := m.run(ctx, argv...); err != nil {
		return fmt.Errorf("cannot remount %q: %w%s", v.point, err, hintReplace(m))
	}
	m.forgetMounts()
	after, err := m.look(ctx, m.Want)
	if err != nil {
		return err
	}
	if after.live == nil {
		return fmt.Errorf("cannot remount %q: nothing is mounted there any more", v.point)
	}
	// Trust what the file system shows in its own words right after it accepted the options.
	left := append(missing(after.live, want.Options, true), ignored(m.FS, v.live, after.live, want.Options)...)
	if len(left) > 0 {
		return fmt.Errorf("cannot remount %q: %s did not take effect%s", v.point, strings.Join(left, ","), hintReplace(m))
	}
	return nil
}

func hintReplace(m *mountChange) string {
	if m.Want.Remount.Value == "replace" {
		return ""
	}
	return "; with remount = \"replace\" it is unmounted and mounted again"
}

// unmountAll unmounts every layer at the point. It reads the table again only if there is more than one, or another
// program was faster: of many mounts each has only one.
func (m *mountChange) unmountAll(ctx context.Context) error {
	v := m.view
	if m.Release != nil {
		m.Release()
	}
	for range maxLayers {
		t, err := m.host.mounts(ctx)
		if err != nil {
			return err
		}
		top := t.mounted(v.point)
		if top == nil {
			return nil
		}
		last := len(t.at[v.point]) == 1 && !v.isRecursive() && top.FSType != "autofs"
		err = m.unmount(ctx, top)
		if last && err == nil {
			return nil
		}
		m.forgetMounts()
		if err != nil {
			if now, again := m.host.mounts(ctx); again == nil && now.mounted(v.point) == nil {
				return nil // another one took it along
			}
			return fmt.Errorf("cannot unmount %q: %w%s", v.point, err, processes{m.FS}.inUse(ctx, t, top))
		}
	}
	return fmt.Errorf("cannot unmount %q: more than %d mounts are on it", v.point, maxLayers)
}

// unmount unmounts the topmost layer at a point.
func (m *mountChange) unmount(ctx context.Context, top *mountinfo.Info) error {
	switch {
	case top.FSType == "autofs" && m.Reload != nil:
		return m.run(ctx, "systemctl", "stop", "--", resources.MountUnit(m.view.point, "automount"))
	case m.view.isRecursive():
		return unmountTree(ctx, m.run, m.view.point)
	}
	return m.run(ctx, "umount", "--", m.view.point)
}

// isRecursive reports whether the line shows a folder with all that is mounted in it.
func (v *view) isRecursive() bool {
	return len(v.found) > 0 && slices.Contains(edit.SplitOptions(v.found[0].Fields[edit.FstabOptions]), "rbind")
}

// unmountTree unmounts a mount with all mounts on it. Its mounts are first made slaves: if they stayed shared, as under
// systemd, their peers would be unmounted as well.
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
