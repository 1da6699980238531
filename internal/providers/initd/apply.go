package initd

import (
	"context"
	"errors"
	"fmt"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/fsys"
)

// applyOne makes a service as wanted. It unmasks a service before starting it, and masks it last: a masked script
// cannot stop either.
func (p *Provider) applyOne(ctx context.Context, want cty.Value) error {
	w, s, err := p.prepare(want)
	if err != nil {
		return err
	}
	if isFalse(w.masked) && s.isMasked() {
		if s, err = p.setMask(ctx, s, false); err != nil {
			return err
		}
	}
	if err := p.check(w, s); err != nil {
		return err
	}
	if w.enabled != nil {
		if err := p.setEnabled(ctx, w, s); err != nil {
			return err
		}
	}
	if w.running != nil && p.runs {
		verb := "stop"
		if *w.running {
			verb = "start"
		}
		if err := p.operate(ctx, w, s, verb); err != nil {
			return err
		}
	}
	if isTrue(w.masked) && !s.isMasked() {
		_, err = p.setMask(ctx, s, true)
	}
	return err
}

// setEnabled enables or disables a service, and proves the result.
func (p *Provider) setEnabled(ctx context.Context, w wanted, s script) error {
	on := *w.enabled
	is, err := p.isEnabled(w, s)
	if err != nil || is == on {
		return err
	}
	verb, do := "disable", p.levels.disable
	if on {
		verb, do = "enable", p.levels.enable
	}
	if w.isExact() {
		do = func(ctx context.Context, s script) error { return restoreLinks(ctx, p.fs, w, s.name) }
	}
	err = do(ctx, s)
	if ends, _ := p.endings.has(s.name); ends && !on && err == nil {
		err = rcLinks{p.fs}.remove(ctx, s.name) // they would lead to nothing
	}
	if err == nil {
		is, err = p.isEnabled(w, s)
	}
	if err == nil && is != on {
		err = errors.New("its links are not as they should be")
	}
	if err != nil {
		return fmt.Errorf("cannot %s service %s: %w", verb, s.name, err)
	}
	return nil
}

// setMask takes the right to be executed from a script, or gives it to all that may read
// it. dpkg(1) keeps the mode of a script that it replaces.
func (p *Provider) setMask(ctx context.Context, s script, on bool) (script, error) {
	verb := "unmask"
	if on {
		verb = "mask"
	}
	if s.link {
		return s, fmt.Errorf("cannot %s service %s: its script is a link to %s, which may serve other services too", verb, s.name, s.path)
	}
	txn := p.fs.Begin("service")
	defer txn.Abort()
	live, err := txn.Look(s.path)
	if err == nil {
		mode := live.Mode | live.Mode&0o444>>2
		if on {
			mode = live.Mode &^ 0o111
		}
		err = txn.CommitAll(ctx, txn.Chperm(s.path, live, fsys.Perm{Mode: mode, UID: live.UID, GID: live.GID}))
	}
	if err != nil {
		return s, fmt.Errorf("cannot %s service %s: %w", verb, s.name, err)
	}
	return readScript(p.fs, s.name)
}
