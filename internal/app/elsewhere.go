package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/zclconf/go-cty/cty/gocty"

	"converge/internal/app/environ"
	"converge/internal/app/machine"
	"converge/internal/app/site"
	"converge/internal/emptyhost"
	"converge/internal/event"
	"converge/internal/facts"
	"converge/internal/fsys"
	"converge/internal/process"
)

// elsewhere is the tree with which a plan of another machine is compared: one that the command line names, or an empty
// host, to which a folder may have been copied.
type elsewhere struct {
	scratch *fsys.Scratch // nil: the command line names the tree
}

// checkElsewhere refuses options that make no sense for another machine.
func (f *RunOptions) checkElsewhere(out string) error {
	switch {
	case out != "":
		return errors.New("cannot save a plan with --facts: it is of a machine that is not this one, and apply would make it here")
	case f.Site.Tree && f.Site.Root == "/":
		return errors.New("--root / is this machine, and --facts describes another one: name the tree of that, or leave --root out to compare with an empty host")
	case !f.Site.Tree && f.State.Dir != "":
		return errors.New("--state has no meaning with --facts: an empty host has no state; --root DIR compares with a tree that may have one")
	case !f.Site.Tree && f.Prune.Value:
		return errors.New("--prune has no meaning with --facts: converge has made nothing on an empty host; --root DIR compares with a tree")
	}
	return nil
}

// openElsewhere makes the tree with which the site is compared, and sets it as the root. live is a folder that is
// copied into it; "": none. The caller closes it. Running programs is forbidden from then on.
func (f *RunOptions) openElsewhere(ctx context.Context, env *environ.Env, live string) (context.Context, *elsewhere, error) {
	e := &elsewhere{}
	ctx = process.Forbid(ctx)
	if f.Site.Tree {
		return ctx, e, nil
	}
	f.Site.Root = "/"
	node, err := site.ReadNode(ctx, env, &f.Site)
	if err != nil {
		return ctx, e, err
	}
	if e.scratch, err = fsys.NewScratch(); err != nil {
		return ctx, e, err
	}
	f.Site.Root = e.scratch.Dir()
	err = emptyhost.Fill(e.scratch, emptyhost.Options{
		Family: node.Text("os.family"), Init: node.Text("init"), Root: os.Geteuid(), RootGroup: os.Getegid(),
		Users: accountsOf(node, "users", emptyUser), Groups: accountsOf(node, "groups", emptyGroup),
	})
	if err == nil && live != "" {
		if err = e.scratch.Copy(live); err != nil {
			err = fmt.Errorf("cannot copy the tree %s: %w", live, err)
		}
	}
	return ctx, e, err
}

// close removes the tree, if it was made for the plan.
func (e *elsewhere) close() error {
	if e.scratch == nil {
		return nil
	}
	return e.scratch.Remove()
}

// describe describes the machine of the plan, and what the plan cannot know.
func (e *elsewhere) describe(f *RunOptions) event.Event {
	with := "an empty host"
	if e.scratch == nil {
		with = "the tree " + f.Site.Root
	}
	return event.Event{Type: event.Warning, Message: "this is no plan of this machine, but of the one whose facts are in " + f.Site.Facts + ", compared with " + with +
		"; no program and no secret of it is known: guards and checks were not asked, and packages are taken to be available"}
}

// describeElsewhere returns the known facts of another machine; nil: the site is of this one.
func describeElsewhere(s *site.Site, o *site.Options) *machine.Elsewhere {
	if !o.IsElsewhere() {
		return nil
	}
	node := s.Node
	return &machine.Elsewhere{Managers: node.Texts("package_managers"), Family: node.Text("os.family"), Init: node.Text("init")}
}

// accountsOf returns the accounts that the facts list under a name.
func accountsOf[F, T any](node *site.Node, name string, convert func(name string, f F) T) (out []T) {
	v, ok := node.Known(name)
	if !ok || v.IsNull() {
		return nil
	}
	for account, one := range v.AsValueMap() {
		var f F
		if err := gocty.FromCtyValue(one, &f); err == nil { // incomplete facts make no account
			out = append(out, convert(account, f))
		}
	}
	return out
}

func emptyUser(name string, u facts.User) emptyhost.User {
	return emptyhost.User{Name: name, UID: u.UID, GID: u.GID, Comment: u.Comment, Home: u.Home, Shell: u.Shell}
}

func emptyGroup(name string, g facts.Group) emptyhost.Group {
	return emptyhost.Group{Name: name, GID: g.GID, Members: g.Members}
}
