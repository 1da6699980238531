package app

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/engine"
	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/versiondir"
	"converge/internal/stow/wanted"
	"converge/internal/userdb"
	"converge/internal/view"
)

func AnswerWanted(ctx context.Context, env *environ.Env, path string, f *WantedOptions) error {
	file, err := wanted.ReadFile(path, env.In)
	if err != nil {
		return err
	}
	if err := f.Run.Site.Clean(); err != nil {
		return err
	}
	fs, err := fsys.Open(f.Run.Site.Root)
	if err != nil {
		return err
	}
	defer func() { _ = fs.Close() }() // it wrote nothing
	asker, err := openAsker(ctx, env, fs, f)
	if err != nil {
		return err
	}
	answers, err := asker.Answer(ctx, file.Wants)
	if err != nil {
		return err
	}
	if err := showAnswers(env, answers, f.JSON); err != nil {
		return err
	}
	d := wanted.Decide(answers, f.WithOptional)
	if !f.Check && len(d.Ask) > 0 && environ.TerminalWidth(env.In) > 0 {
		yes, err := environ.AwaitAnswer(ctx, func() (bool, error) { return view.Ask(env.In, env.Err, askOptional(d.Ask)) })
		if err != nil {
			return err
		}
		d = wanted.Decide(answers, yes)
	}
	if !f.Check && len(d.Install) > 0 {
		return installWanted(ctx, env, path, d.Install, &f.Run)
	}
	if len(d.Unmet) > 0 {
		return exit.Silently(wanted.ExitUnmet)
	}
	return nil
}

// showAnswers prints the answers, and warns of refused packages.
func showAnswers(env *environ.Env, answers []wanted.Answer, asJSON bool) error {
	for _, a := range answers {
		if asJSON {
			name := a.Name.String()
			if a.Status == wanted.Unknown {
				name = a.Want.Names.String()
			}
			shown := view.Wanted{Status: string(a.Status), Name: name, Version: a.Version, Local: a.Local, Why: a.Why}
			if err := view.WriteJSON(env.Out, shown); err != nil {
				return err
			}
		} else {
			view.Line(env.Out, a.String())
		}
		if a.Status == wanted.Refused {
			env.Warn(fmt.Sprintf("%s is refused: %s.", a.Name, a.Why))
		}
	}
	return nil
}

func askOptional(list []wanted.Answer) string {
	s := "Optional, and not installed:"
	for _, answer := range list {
		s += " " + answer.Name.String() + " " + answer.Version + ","
	}
	return s[:len(s)-1] + ". Install that too?"
}

// openAsker opens an asker for the stow directories, and for apt if it exists.
func openAsker(ctx context.Context, env *environ.Env, fs *fsys.FS, f *WantedOptions) (*wanted.Asker, error) {
	dirs, err := wanted.FindStores(ctx, control.OnDisk(fs), f.StowDirs)
	if err != nil {
		return nil, err
	}
	warn := func(err error) { env.Warn(err.Error()) }
	users := userdb.New(f.Run.Site.Root)
	locals, err := wanted.OpenStores(fs, users, dirs, wanted.Requester(env.Getenv("SUDO_UID")), warn).Locals(ctx)
	if err != nil {
		return nil, err
	}
	k := &wanted.Asker{Locals: locals}
	manager, err := openApt(ctx, env, f)
	if manager != nil {
		k.Manager = manager
	}
	return k, err
}

// installWanted installs packages by a run of a manifest that declares them, so that it is journaled, and can be
// undone, like any other. Its output is on standard error: the answers are on standard output.
func installWanted(ctx context.Context, env *environ.Env, path string, list []wanted.Answer, f *RunOptions) (err error) {
	b := *env
	b.In, b.Out = strings.NewReader(wantedManifest(list)), env.Err
	s, err := beginSession(ctx, &b, "apply", "-", f, false)
	defer func() { err = s.end(err) }()
	if err != nil {
		return err
	}
	if path != "-" {
		if path, err = filepath.Abs(path); err != nil {
			return fmt.Errorf("cannot tell where %q is: %w", path, err)
		}
	}
	run, err := s.startRun(ctx, path, nil)
	if err != nil {
		return err
	}
	leaveSites(s)
	o := s.engineOptions(ctx)
	o.Journal, o.Run = run, run.ID
	p, err := engine.Plan(ctx, o)
	if err != nil {
		return err
	}
	return s.applyPlan(ctx, o, p, run)
}

// wantedManifest declares packages in the answered versions.
func wantedManifest(list []wanted.Answer) string {
	file := hclwrite.NewEmptyFile()
	for _, answer := range list {
		body := file.Body().AppendNewBlock("package", []string{answer.Name.Name}).Body()
		v := answer.Version
		if answer.Name.Space == control.Manager {
			body.SetAttributeValue("provider", cty.StringVal("stow2"))
			v = versiondir.VersionName(v)
		}
		body.SetAttributeValue("version", cty.StringVal(v))
	}
	return string(file.Bytes())
}

// leaveSites makes the session one without a site, and so without orphans.
func leaveSites(s *session) {
	s.chosen = make(map[int]bool, len(s.site.Resources))
	for i := range s.site.Resources {
		s.chosen[i] = true
	}
	s.ownerless = map[string]bool{}
	for _, e := range s.state.Orphans(func(string) bool { return false }) {
		s.ownerless[e.Key] = true
	}
}
