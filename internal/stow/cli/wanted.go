package cli

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"converge/internal/fsys"
	"converge/internal/stow/store"
	"converge/internal/stow/views"
	"converge/internal/stow/wanted"
	"converge/internal/userdb"
)

// unmetError reports that a required package is not available.
type unmetError struct{ answers []wanted.Answer }

func (e *unmetError) Error() string {
	var names []string
	for _, a := range e.answers {
		names = append(names, a.Want.Names.String())
	}
	return "nothing is stowed: required, and not to be had: " + strings.Join(names, ", ")
}

// ExitCode implements the interface of [store.ExitCode].
func (*unmetError) ExitCode() int { return wanted.ExitUnmet }

// answerWanted answers a requirement file from the stow directory, and stows the
// packages that it needs.
func (r *run) answerWanted(ctx context.Context) error {
	path := r.cmd.Wanted
	if path != "-" {
		path = r.absPath(path)
	}
	file, err := wanted.ReadFile(path, r.Stdin)
	if err != nil {
		return &store.UsageError{Text: err.Error()}
	}
	answers, err := r.findAnswers(ctx, file.Wants)
	if err != nil {
		return err
	}
	if err := r.printAnswers(answers); err != nil {
		return err
	}
	d := wanted.Decide(answers, r.cmd.WithOptional)
	if !r.cmd.OnlyCheck && !r.cmd.Simulate && len(d.Ask) > 0 && isTerminal(r.Stdin) {
		d = wanted.Decide(answers, r.askForOptional(d.Ask))
	}
	if len(d.Unmet) > 0 {
		return &unmetError{d.Unmet}
	}
	var changes []store.Change
	for _, a := range d.Install {
		changes = append(changes, store.Change{Action: store.Stow, Arg: store.Arg{Package: a.Name.Name, Part: a.Version}})
	}
	if r.cmd.OnlyCheck || len(changes) == 0 {
		return nil
	}
	return r.changer().makeChanges(ctx, changes)
}

// answered is an answer in JSON.
type answered struct {
	Status  wanted.Status `json:"status"`
	Want    string        `json:"want"`
	Package string        `json:"package,omitempty"` // FOO/N.N
	Why     string        `json:"why,omitempty"`
}

// printAnswers prints the answers.
func (r *run) printAnswers(answers []wanted.Answer) error {
	list := []answered{}
	for _, a := range answers {
		to := answered{Status: a.Status, Want: a.Want.Names.String(), Why: a.Why}
		if a.Status != wanted.Unknown {
			to.Package = a.Name.Name + "/" + a.Version
		}
		list = append(list, to)
		if a.Status == wanted.Refused {
			r.warnOf(fmt.Errorf("%s is refused: %s", a.Name, a.Why))
		}
		if !r.cmd.JSON {
			fmt.Fprintln(r.Stdout, a)
		}
	}
	if r.cmd.JSON {
		return r.writeJSON(list)
	}
	return nil
}

// findAnswers answers from the stow directory. The installed packages are those that the target, or the view, shows.
func (r *run) findAnswers(ctx context.Context, wants []wanted.Want) ([]wanted.Answer, error) {
	root, err := fsys.Open("/")
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }() // only read through
	shown, err := views.Shown(ctx, r.st)
	if err != nil {
		return nil, err
	}
	sudoUID, _ := r.Lookup("SUDO_UID")
	dirs := []wanted.Store{{Dir: r.at.stow, Target: r.at.target}}
	all := wanted.OpenStores(root, userdb.New("/"), dirs, wanted.Requester(sudoUID), r.warnOf)
	locals, err := all.Locals(ctx)
	if err != nil {
		return nil, err
	}
	for i, l := range locals {
		locals[i].Installed = shown[l.Package] == l.Version
	}
	return (&wanted.Asker{Locals: locals}).Answer(ctx, wants)
}

// askForOptional prompts the person at the terminal for optional packages.
func (p *printer) askForOptional(list []wanted.Answer) bool {
	var names []string
	for _, a := range list {
		names = append(names, a.Name.Name+"/"+a.Version)
	}
	fmt.Fprintf(p.err, "Optional, and not installed: %s. Stow that too? [y/N] ", strings.Join(names, ", "))
	if p.err.Flush() != nil {
		return false
	}
	line, _ := bufio.NewReader(p.Stdin).ReadString('\n')
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "y" || line == "yes"
}
