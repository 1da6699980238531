package apt

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/zclconf/go-cty/cty"

	"converge/resources"
)

// Options are what a [Provider] works on, and with.
type Options struct {
	// Root is the tree to work on, "" or "/" for the machine itself. A tree is
	// worked on with its own apt and dpkg, by chroot, so it must have them.
	Root string

	// LockTimeout is how long another program's lock is waited for; 0 stands
	// for 10 minutes, less than 0 for not at all.
	LockTimeout time.Duration

	// Progress is told what goes on, one line at a time; nil: nobody. It may
	// be called from any goroutine.
	Progress func(msg string)

	// Waiting is told who holds a lock that is being waited for, and Notice
	// what a person should know though the work goes on; nil: nobody. As above.
	Waiting, Notice func(msg string)

	run runner // what runs outside programs; nil: for real
}

// Provider makes Debian packages what they are wanted to be. It serves the
// kind "package", and is safe for concurrent use.
type Provider struct {
	root     string // "" is the machine itself
	tree     tree
	patience time.Duration
	progress func(string)
	waiting  func(string)
	notice   func(string)
	exec     runner

	cache      cache
	candidates candidates
	debs       debs
	last       lastChange

	transaction sync.Mutex // one at a time
}

// New returns a provider for the machine or for a tree. The error is that the
// tree cannot be opened.
func New(o Options) (*Provider, error) {
	t, err := openTree(o.Root)
	if err != nil {
		return nil, err
	}
	p := &Provider{tree: t, patience: o.LockTimeout, exec: o.run}
	p.progress, p.waiting, p.notice = orNobody(o.Progress), orNobody(o.Waiting), orNobody(o.Notice)
	if t.root != nil {
		p.root = t.root.Name()
	}
	if p.patience == 0 {
		p.patience = 10 * time.Minute
	}
	if p.exec == nil {
		p.exec = &system{root: p.root, grace: 5 * time.Second}
	}
	return p, nil
}

func orNobody(tell func(string)) func(string) {
	if tell == nil {
		return func(string) {}
	}
	return tell
}

// say tells what goes on.
func (p *Provider) say(format string, args ...any) { p.progress(fmt.Sprintf(format, args...)) }

// note tells what a person should know.
func (p *Provider) note(format string, args ...any) { p.notice(fmt.Sprintf(format, args...)) }

// Observe implements [resources.Provider]. Of a package that is wholly as
// wanted it answers with the wanted value itself. Of any other it says, beside
// the attributes of the kind, what is "installed": the version in full, which
// "version" is not where the wanted constraint is met.
func (p *Provider) Observe(ctx context.Context, want cty.Value) (cty.Value, error) {
	db, err := p.database()
	if err != nil {
		return cty.NilVal, err
	}
	have, _ := db.get(resources.StringAttr(want, "name"))
	ensure := resources.StringAttr(want, "ensure")
	switch {
	case ensure == "purged" && (have.state == "" || have.state == "not-installed"):
		return resources.Absent, nil
	case ensure != "purged" && have.gone():
		return resources.Absent, nil
	case ensure == "purged" || ensure == "absent":
		return cty.ObjectVal(describe(want, have)), nil
	}
	return p.inWantedWords(ctx, want, ensure, have)
}

// describe is a package in its own words.
func describe(want cty.Value, have pkg) map[string]cty.Value {
	version := cty.StringVal(have.version)
	return map[string]cty.Value{
		"name": want.GetAttr("name"), "ensure": cty.StringVal(ensureWord(have)),
		"version": version, "installed": version, "hold": cty.BoolVal(have.held()),
	}
}

// ensureWord is "present" for a package that is wholly there, and otherwise
// the state it is in: "half-configured", "unpacked", "config-files", …
func ensureWord(have pkg) string {
	switch {
	case have.broken:
		return "broken"
	case have.state == "installed":
		return "present"
	}
	return have.state
}

// inWantedWords describes a package that is wanted, with the wanted words
// wherever it is as they say.
func (p *Provider) inWantedWords(ctx context.Context, want cty.Value, ensure string, have pkg) (cty.Value, error) {
	version, err := parseVersionSet(resources.StringAttr(want, "version"))
	if err != nil {
		return cty.NilVal, err
	}
	source := resources.StringAttr(want, "source")
	hold := boolAttr(want, "hold")
	inState, inVersion, inHold, fromSource := have.installed(), version.allows(have.version), hold == nil || *hold == have.held(), true
	if source != "" {
		deb, err := p.deb(ctx, source)
		if err != nil {
			return cty.NilVal, err
		}
		fromSource = compareVersions(deb.version, have.version) == 0
	}
	if ensure == "latest" && inState {
		if inState, err = p.isNewest(ctx, resources.StringAttr(want, "name"), have); err != nil {
			return cty.NilVal, err
		}
	}
	if inState && inVersion && inHold && fromSource {
		return want, nil
	}
	out := describe(want, have)
	if inState {
		out["ensure"] = want.GetAttr("ensure")
	}
	if inVersion && len(version) > 0 {
		out["version"] = want.GetAttr("version")
	}
	if fromSource && source != "" {
		out["source"] = want.GetAttr("source")
	}
	return cty.ObjectVal(out), nil
}

// Apply implements [resources.Provider]: a transaction of its own, which may
// remove nothing but the package itself.
func (p *Provider) Apply(ctx context.Context, c resources.Change) error {
	planned := resources.Forecast{Changes: []resources.Change{c}}
	for _, err := range p.ApplyBatch(ctx, []resources.Change{c}, planned) {
		if err != nil {
			return err
		}
	}
	return nil
}
