// Package reboot reboots the host after a run (the kind reboot).
//
// Start with [Provider.Request], which the engine calls during the run, and then [Provider.Prepare] and
// [Provider.Reboot], which follow when the run is recorded. required.go determines whether the host itself requires a
// reboot, moment.go identifies this boot, memory.go keeps the causes of the last reboot, and resume.go makes the run
// continue after it.
//
// It decides neither when a reboot is requested nor whether one follows a run: package engine does.
package reboot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// Options configure [New].
type Options struct {
	FS      *fsys.FS
	Live    bool   // the root of FS is this host's
	State   string // the state folder
	Run     string // "": no reboot is made or recorded
	Booted  bool   // an init system runs the host
	Systemd bool   // the init system is systemd
	Root    bool   // converge runs as root
	Now     func() resource.Instant

	// InContainer reports whether the host runs on the kernel of another host.
	InContainer func() bool

	// Never explains in a clause why no reboot follows this run; "": one may.
	Never string

	// Resume describes how the run continues after the reboot.
	Resume Resume

	proc string // /proc; tests set another one
}

// Provider is the provider of the kind reboot.
type Provider struct {
	Options

	clock  *clock
	wanted *requirements

	mu       sync.Mutex
	past     keeper
	asked    bool // a reboot is declared, and its turn has come
	required []string
	causes   []string
	delay    time.Duration
	messages []string
}

// New returns the provider of the reboots of a host.
func New(o Options) *Provider {
	if o.proc == "" {
		o.proc = "/proc"
	}
	if o.Resume.WhyNot == "" {
		o.Resume.WhyNot = o.Resume.whyUnwritable()
	}
	c := &clock{o.Now, o.proc}
	return &Provider{
		Options: o, clock: c, wanted: &requirements{o.FS, o.proc, o.InContainer}, past: keeper{state: o.State, run: o.Run, site: o.Resume.Site, clock: c},
	}
}

// Observe implements [resource.Provider]: a reboot has no state.
func (p *Provider) Observe(_ context.Context, want cty.Value) (cty.Value, error) { return want, nil }

// Apply implements [resource.Provider].
func (p *Provider) Apply(context.Context, resource.Change) error {
	return errors.New("a reboot changes nothing")
}

// Act implements [resource.Actor].
func (p *Provider) Act(context.Context, cty.Value, string) error {
	return errors.New("a reboot is requested, and follows the run")
}

// Satisfied implements [resource.Actor]: the host has booted since or, for a reboot only on the host's own
// requirement, does not require it.
func (p *Provider) Satisfied(_ context.Context, v cty.Value, _ string, since resource.Instant) (bool, error) {
	want, err := resource.Decode[resources.RebootWant](v)
	switch {
	case err != nil:
		return false, err
	case p.isTree(), p.clock.hasBootedSince(since):
		return true, nil
	case !want.WhenRequired.Value:
		return false, nil
	}
	found, err := p.wanted.list()
	return err == nil && len(found) == 0, err
}

// Review implements [resource.Reviewer].
func (p *Provider) Review(ctx context.Context, c resource.Change, o resource.Outlook) resource.Review {
	if o.Ask != resource.AskAction {
		return resource.Review{}
	}
	want, err := resource.Decode[resources.RebootWant](c.Want)
	if err != nil {
		return resource.Review{Blocked: err}
	}
	if p.isTree() {
		return resource.Review{Satisfied: true, Notes: []string{"nothing runs in " + p.FS.Root()}}
	}
	satisfied := len(o.Owed) > 0
	for _, since := range o.Owed {
		done, err := p.Satisfied(ctx, c.Want, o.Verb, since)
		if err != nil {
			return resource.Review{Blocked: err}
		}
		satisfied = satisfied && done
	}
	if satisfied {
		return resource.Review{Satisfied: true}
	}
	p.mu.Lock()
	err = p.findBlock(&want)
	p.mu.Unlock()
	if err != nil {
		return resource.Review{Blocked: err}
	}
	return resource.Review{Notes: p.describe(&want)}
}

// describe describes the purpose of a reboot, and what follows.
func (p *Provider) describe(want *resources.RebootWant) (notes []string) {
	if want.WhenRequired.Value {
		found, err := p.wanted.list()
		switch {
		case err != nil: // it is reported where it matters
		case len(found) > 0:
			notes = append(notes, "the host requires it: "+strings.Join(found, "; "))
		default:
			notes = append(notes, "if the host requires it then")
		}
	}
	if d := delayOf(want); d > 0 {
		notes = append(notes, fmt.Sprintf("%d min after the run", d/time.Minute))
	}
	if why := p.Resume.WhyNot; why != "" {
		notes = append(notes, "the run does not go on by itself after it: "+why)
	}
	return notes
}

// findBlock returns why no reboot can follow this run.
func (p *Provider) findBlock(want *resources.RebootWant) error {
	switch {
	case !p.Booted:
		return errors.New("no init system runs this host, so nothing would boot it again")
	case !p.Root:
		return resource.Unprivilegedf("only root may reboot the host")
	case p.Never != "":
		return errors.New(p.Never)
	case p.clock.boot() == "":
		return errors.New("it could not be seen later whether the host has booted: /proc is not mounted")
	}
	m, err := p.past.recall()
	if err != nil {
		return err
	}
	if every := durationOf(want.AtMostEvery); !m.isPending(p.clock.boot()) && p.sinceReboot(m.At) < every {
		return fmt.Errorf("converge rebooted the host at %s, and at_most_every is %s", m.At.Local().Format(time.DateTime), want.AtMostEvery.Value)
	}
	return nil
}

// sinceReboot returns how long ago converge has rebooted the host, at that time of its clock. The clock may have been
// ahead then: the host has certainly run since it was booted.
func (p *Provider) sinceReboot(at time.Time) time.Duration {
	return max(p.Now().Wall.Sub(at), p.clock.uptime())
}

// Require implements [resource.Ender].
func (p *Provider) Require(_ context.Context, v cty.Value) (why string, err error) {
	if p.isTree() || !p.Booted {
		return "", nil
	}
	want, err := resource.Decode[resources.RebootWant](v)
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = true
	if !want.WhenRequired.Value {
		return "", nil
	}
	found, err := p.wanted.list()
	if err != nil {
		return "", err
	}
	left, err := p.past.listStillRequired(found)
	if err != nil {
		return "", err
	}
	if len(left) > 0 {
		list, at := left.describe("; ")
		return "", fmt.Errorf("the host still requires a reboot, although converge rebooted it for that at %s: %s", at, list)
	}
	p.required = found
	return strings.Join(found, "; "), nil
}

// Request implements [resource.Ender].
func (p *Provider) Request(_ context.Context, v cty.Value, causes []string) error {
	want, err := resource.Decode[resources.RebootWant](v)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	left, err := p.past.listSurvivors(causes)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		list, at := left.describe(", ")
		return fmt.Errorf("no second reboot is made for the change of %s: it was made again after converge rebooted the host for it at %s; a reboot by hand settles what is owed, and so does converge owed --drop %s", list, at, want.Address)
	}
	if err := p.findBlock(&want); err != nil {
		return resource.NotYet(err)
	}
	p.causes = append(p.causes, causes...)
	p.delay = max(p.delay, delayOf(&want))
	if text := want.Message.Value; text != "" {
		p.messages = append(p.messages, text)
	}
	return nil
}

// isTree reports whether the root is a tree that does not run.
func (p *Provider) isTree() bool { return !p.Live }

func delayOf(want *resources.RebootWant) time.Duration { return durationOf(want.Delay) }

// durationOf parses a duration that the kind has checked; 0 if it is not set.
func durationOf(text resource.Opt[string]) time.Duration {
	d, err := time.ParseDuration(text.Value)
	if err != nil {
		return 0
	}
	return d
}
