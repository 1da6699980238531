// Package debconf gives debconf the answers to the questions of packages (the kind debconf).
//
// Start with [New]. config.go finds the files of debconf's database, database.go reads them; observe.go compares,
// apply.go makes debconf's own library change them (script.go), once for all answers. act.go configures a package
// again. It asks nothing and installs nothing; [Options.Configured] knows which packages are installed.
package debconf

import (
	"sync"
	"time"

	"converge/internal/providers/packages/tool"
	"converge/internal/resource"
	"converge/resources"
)

// Options of [New].
type Options struct {
	tool.Options

	// Configured returns when the present version of a package was unpacked, if its scripts have configured the
	// package.
	Configured func(name string) (unpacked time.Time, configured bool, err error)

	// Recorded returns the states of a package's questions before converge first answered any. known reports whether
	// it did; without a record it may have answered each. nil: that is so for all.
	Recorded func(name string) (pasts resources.DebconfPasts, known bool)
}

// Provider is the provider of the kind debconf.
type Provider struct {
	resource.Provider
	resource.AsAsked
	answers *answers
}

// New returns the provider of the answers of a root. The error is that the root cannot be
// opened.
func New(o Options) (*Provider, error) {
	h, err := tool.NewHost(o.Options, tool.Family{
		Manager: "debconf", Env: []string{"DEBIAN_FRONTEND=noninteractive", "DEBCONF_NONINTERACTIVE_SEEN=true"},
		Programs: []string{"perl", "dpkg-reconfigure"},
	})
	if err != nil {
		return nil, err
	}
	a := &answers{host: h, configured: o.Configured, recorded: o.Recorded}
	return &Provider{Provider: resource.Typed[resources.DebconfWant](a), answers: a}, nil
}

// Invalidate implements [resource.Invalidator].
func (p *Provider) Invalidate([]resource.Change) { p.answers.forget() }

// answers observes and changes answers. It reads the database once for all of them.
type answers struct {
	host       *tool.Host
	configured func(name string) (unpacked time.Time, configured bool, err error)
	recorded   func(name string) (resources.DebconfPasts, bool)

	mu  sync.Mutex
	now *database
}

func (a *answers) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = nil
}

// read returns the database.
func (a *answers) read() (*database, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now != nil {
		return a.now, nil
	}
	db, err := readDatabase(a.host.Tree)
	if err == nil {
		a.now = db
	}
	return db, err
}
