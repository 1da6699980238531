// Package mounts makes mount points and swap space as declared (the kinds mount and swap): the line in /etc/fstab, and
// the live mount or swap space.
//
// Start with [New]. fstab.go reads fstab, and table.go all live mounts from mountinfo; options.go compares these with
// the declared ones (ignored.go: after a remount); observe.go joins both sides of a mount, and swap.go those of swap
// space. apply.go changes both: one writing of fstab, one check, one reload of systemd (lines.go, putback.go), and
// around it mount(8) and umount(8) (change.go, command.go), swapon(8) and swapoff(8) (swapchange.go). review.go
// forecasts failures, record.go saves what undoing needs.
//
// Observing never accesses a mount point, because a server that is down would block it.
package mounts

import (
	"context"
	"sync"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sys/unix"

	"converge/internal/fsys"
	"converge/internal/process"
	"converge/internal/resource"
	"converge/resources"
)

// Ledger knows what converge wrote last. A key is the key of a resource.
type Ledger interface {
	// Wrote reports whether converge wrote a content with that SHA-256 (hex)
	// last; known is false if it never wrote one.
	Wrote(key, digest string) (same, known bool)
}

// Options of [New].
type Options struct {
	FS     *fsys.FS
	RunID  string // part of the names of staged files
	Live   bool   // the root is that of the running kernel
	Ledger Ledger // nil: options that the kernel rewrites are not recognised

	// Reload makes the init system read fstab again, if it caches it. nil: it caches nothing.
	Reload func(ctx context.Context) error

	// Release closes directories that other providers keep open, so that their file systems can be unmounted. nil:
	// there are none.
	Release func()

	// RunsCommands reports whether the site may run commands that no change of a plan shows: something notifies them in
	// the middle of the run. nil: it does not.
	RunsCommands func() bool

	// Run runs a program; nil is [process.Run].
	Run func(ctx context.Context, c process.Command) (process.Result, error)

	// MayMount reports whether this process may mount; nil asks the kernel.
	MayMount func() bool
}

// Provider is the provider of the kinds mount and swap, whose lines are in one file: it is read once and written once
// for all of them.
type Provider struct {
	*host
	mounts, swap resource.Provider
	planned      planned
	brings       brings
}

// New returns the provider of the mounts and the swap space of a root.
func New(o Options) *Provider {
	h := newHost(o)
	return &Provider{host: h, mounts: resource.Typed[resources.MountWant](observer{h}), swap: resource.Typed[resources.SwapWant](swapObserver{h})}
}

// Observe implements [resource.Provider].
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	if isSwap(want) {
		return p.swap.Observe(ctx, want)
	}
	return p.mounts.Observe(ctx, want)
}

// served distinguishes the kinds.
type served struct {
	Part resource.Opt[string] `attr:"part"`
}

func isSwap(want cty.Value) bool {
	return resource.Part[served](want).Part.Value == resources.PartSwap
}

func newHost(o Options) *host {
	if o.Run == nil {
		o.Run = process.Run
	}
	if o.MayMount == nil {
		o.MayMount = mayMount
	}
	return &host{Options: o, kept: map[string]string{}}
}

// host is the common data of mounts and swap space: fstab and the kernel's tables, each read once until something
// changes.
type host struct {
	Options

	mu    sync.Mutex
	saved *fstab
	live  *table
	kept  map[string]string // by mount point: the kernel's form of our own change in this run
}

// Invalidate implements [resource.Invalidator].
func (h *host) Invalidate([]resource.Change) { h.forget() }

func (h *host) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.saved, h.live = nil, nil
	h.FS.Forget()
}

// forgetMounts forgets the mounts, but not the lines.
func (h *host) forgetMounts() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.live = nil
	h.FS.Forget()
}

func (h *host) devices() devices { return devices{h.FS} }

// HasPaths reports that things are identified by paths, in which links count.
func (h *host) HasPaths() bool { return true }

// mayMount reports whether this process has CAP_SYS_ADMIN.
func mayMount() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return true // the mount itself reports that
	}
	return data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}
