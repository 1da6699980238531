package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"converge/internal/app/environ"
	"converge/internal/app/exit"
	"converge/internal/fsys"
	"converge/internal/stow/control"
	"converge/internal/stow/wanted"
	"converge/internal/userdb"
	"converge/internal/view"
)

func newWantedCommand(env *environ.Env) *cobra.Command {
	var f wantedOptions
	cmd := &cobra.Command{
		Use:   "wanted FILE",
		Short: "Answer a requirement file, and install what it asks for",
		Long: "Reads a requirement file, by which an application asks for packages without knowing the\n" +
			"package manager, and answers it with one line for each, on standard output:\n\n" +
			"    satisfied FOO/VERSION          installed from a stow directory\n" +
			"    satisfied NS/NAME VERSION      installed by the package manager\n" +
			"    would-install NS/NAME VERSION  can be installed; NS is converge for a stow directory\n" +
			"    unknown NAME...                nobody has it, or not in that version\n" +
			"    refused NAME...                it is there, but not for whoever asks; why is a warning\n\n" +
			"What is required and missing is then installed, in a run like that of apply, but only if\n" +
			"nothing required is unknown or refused. What is optional is installed with\n" +
			"--with-optional, or if a person at the terminal says so. FILE is usually called\n" +
			"APP-TIMESTAMP-SERIAL.requirements; - is standard input. A package installed so belongs to\n" +
			"no manifest, and is never pruned. converge --wanted FILE is the same: the flag is what\n" +
			"all package managers have in common (see stow2-protocol(7))." +
			describeStatuses(map[int]string{
				exit.OK:      "all that is required is there, was installed, or with --check could be",
				exit.Failure: "bad usage, requirement file or environment; nothing was touched",
				exit.Stale:   "something required is unknown or refused; nothing was touched (of apply, 5 says something else)",
			}, exit.OK, exit.Failure, exit.Incomplete, exit.Locked, exit.Stale, exit.Interrupted),
		Example: "  converge wanted --check autoconf2-201109212117-1.requirements",
		Args:    justOne("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return answerWanted(cmd.Context(), env, args[0], &f)
		},
	}
	fs := cmd.Flags()
	fs.BoolVar(&f.check, "check", false, "answer only; change nothing")
	fs.BoolVar(&f.withOptional, "with-optional", false, "install what is optional too")
	fs.StringArrayVar(&f.stowDirs, "stow-dir", nil, "look in stow directory `DIR` instead of those of "+control.MappingFile+"; may be repeated")
	fs.StringVar(&f.run.site.root, "root", "/", "work on the tree below `DIR` instead of the running system")
	addStateFlags(fs, &f.run.state)
	return cmd
}

func answerWanted(ctx context.Context, env *environ.Env, path string, f *wantedOptions) error {
	file, err := wanted.ReadFile(path, env.In)
	if err != nil {
		return err
	}
	if err := f.run.site.clean(); err != nil {
		return err
	}
	fs, err := fsys.Open(f.run.site.root)
	if err != nil {
		return err
	}
	defer func() { _ = fs.Close() }() // nothing was written through it
	asker, err := openAsker(ctx, env, fs, f)
	if err != nil {
		return err
	}
	answers, err := asker.Answer(ctx, file.Wants)
	if err != nil {
		return err
	}
	for _, answer := range answers {
		view.Line(env.Out, answer.String())
		if answer.Status == wanted.Refused {
			env.Warn(fmt.Sprintf("%s is refused: %s.", answer.Name, answer.Why))
		}
	}
	d := wanted.Decide(answers, f.withOptional)
	if !f.check && len(d.Ask) > 0 && environ.TerminalWidth(env.In) > 0 {
		yes, err := environ.AwaitAnswer(ctx, func() (bool, error) { return view.Ask(env.In, env.Err, optionalQuestion(d.Ask)) })
		if err != nil {
			return err
		}
		d = wanted.Decide(answers, yes)
	}
	if !f.check && len(d.Install) > 0 {
		return installWanted(ctx, env, path, d.Install, &f.run)
	}
	if code := d.Exit(); code != exit.OK {
		return exit.Silently(code)
	}
	return nil
}

func optionalQuestion(list []wanted.Answer) string {
	s := "Optional, and not installed:"
	for _, answer := range list {
		s += " " + answer.Name.String() + " " + answer.Version + ","
	}
	return s[:len(s)-1] + ". Install that too?"
}

// asker asks the stow directories, and apt where there is one.
func openAsker(ctx context.Context, env *environ.Env, fs *fsys.FS, f *wantedOptions) (*wanted.Asker, error) {
	dirs, err := wanted.FindStores(ctx, control.OnDisk(fs), f.stowDirs)
	if err != nil {
		return nil, err
	}
	warn := func(err error) { env.Warn(err.Error()) }
	users := userdb.New(f.run.site.root)
	k := &wanted.Asker{Locals: wanted.OpenStores(fs, users, dirs, wanted.Requester(env.Getenv("SUDO_UID")), warn)}
	manager, err := openApt(ctx, env, f)
	if manager != nil {
		k.Manager = manager
	}
	return k, err
}
