package service

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/godbus/dbus/v5"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/resources"
)

// systemd is the backend for a machine that systemd runs. It knows which part answers which query.
type systemd struct {
	client   *client
	followed *followed
	loader   *loader
	reader   *unitReader
	enabler  *enabler
	left     *leftJobs
	starts   *startLog
	judge    *startJudge
	jobs     *jobRunner
	sockets  *socketRestarter
	own      *ownAction
	expected map[string]bool // units that an earlier run queued
}

func newSystemd(f *followed, files *unitFiles, expected map[string]bool, notice func(string)) *systemd {
	s := &systemd{client: &client{}, followed: f, left: &leftJobs{}, starts: &startLog{}, expected: expected}
	s.loader = &loader{client: s.client, followed: f}
	s.reader = &unitReader{client: s.client, loader: s.loader, left: s.left, files: unitLinks{files}}
	s.enabler = &enabler{reader: s.reader, files: unitLinks{files}}
	s.judge = &startJudge{client: s.client, followed: f, starts: s.starts}
	s.jobs = &jobRunner{client: s.client, left: s.left, starts: s.starts, notice: notice}
	s.sockets = &socketRestarter{client: s.client, followed: f, starts: s.starts, jobs: s.jobs}
	s.own = &ownAction{client: s.client, left: s.left}
	return s
}

func (s *systemd) observe(ctx context.Context, w wanted) (cty.Value, error) {
	st, err := s.read(ctx, w)
	if err != nil {
		return cty.NilVal, err
	}
	if !isFalse(w.running) {
		s.starts.name(st.id, w.unit)
	}
	if isTrue(w.running) {
		s.starts.watch(st.id, w)
	}
	if s.expected[st.id] && !isFalse(w.running) {
		if st, err = s.readExpected(ctx, w, st.id); err != nil {
			return cty.NilVal, err
		}
	}
	switch {
	case !isTrue(w.running):
	case st.isUp():
		s.starts.noteUp(st.id)
	case st.isDown():
		if err := s.judge.judgeEarly(ctx, st.id); err != nil {
			return cty.NilVal, err
		}
	}
	return w.judge(st)
}

func (s *systemd) read(ctx context.Context, w wanted) (status, error) {
	st, err := s.reader.readUnit(ctx, w)
	if err == nil {
		st.restored, err = s.reader.files.isRestored(w)
	}
	return st, err
}

// readExpected reads a unit that an earlier run queued, once it has been up for a second.
func (s *systemd) readExpected(ctx context.Context, w wanted, unit string) (status, error) {
	b, err := s.client.connect(ctx)
	if err != nil {
		return status{}, err
	}
	if err := s.judge.settleExpected(ctx, b, unit); err != nil {
		return status{}, err
	}
	s.client.forgetListing()
	return s.read(ctx, w)
}

// finish makes systemd read changes of this run that it has not read, at the end of a run. It asks systemd nothing if
// no such file was changed.
func (s *systemd) finish(ctx context.Context) error {
	found := scan(resources.UnitDirs())
	began := s.followed.began()
	if !s.loader.wasLoaded() && found.newest.Before(began) && !s.followed.isReadByUnknown() {
		return nil
	}
	b, err := s.client.connect(ctx)
	if err != nil {
		return err
	}
	if err := s.loader.ensureLoaded(ctx, b, nil); err != nil {
		return err
	}
	if err := restartElapsedTimers(ctx, s.client, began); err != nil || found.newest.Before(began) {
		return err
	}
	return s.sockets.renew(ctx, b, began)
}

// close runs the pending action of the unit that contains this run, and ends the connections.
func (s *systemd) close() {
	s.own.run(context.Background())
	s.client.close()
}

func (s *systemd) notes(ctx context.Context, w wanted, _ resource.Change) []string {
	if !isTrue(w.running) || ownUnit() == "" {
		return nil
	}
	b, err := s.client.connect(ctx)
	if err != nil || !isStarting(ctx, b) {
		return nil
	}
	return []string{"the machine is still starting up: if the unit has to wait for " + ownUnit() + ", its start is queued and not waited for"}
}

// isStarting reports whether the boot is still going on.
func isStarting(ctx context.Context, b *bus) bool {
	var v dbus.Variant
	err := b.call(ctx, managerPath, "org.freedesktop.DBus.Properties.Get", []any{managerFace, "SystemState"}, &v)
	state, _ := v.Value().(string)
	return err == nil && (state == "initializing" || state == "starting")
}

// isBooted reports whether systemd runs this machine, as sd_booted(3) does, and this process is not in a chroot: in a
// chroot with /run, the systemd that answers belongs to another root. A folder that an image has kept proves no
// systemd: a running one has a socket.
func isBooted() bool {
	fi, err := os.Lstat("/run/systemd/system")
	return err == nil && fi.IsDir() && existsAny("/run/systemd/private", "/run/dbus/system_bus_socket") &&
		!inChroot("/proc/1/root", "/")
}

func existsAny(paths ...string) bool {
	for _, p := range paths {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// inChroot compares the root of the first process with ours, as systemctl does. Without /proc the answer is yes;
// without permission to read the first process it is no.
func inChroot(first, own string) bool {
	a, err := os.Stat(first)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	b, err := os.Stat(own)
	return err == nil && !os.SameFile(a, b)
}
