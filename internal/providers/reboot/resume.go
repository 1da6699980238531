package reboot

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"converge/internal/fsys"
	"converge/resources"
)

// Resume describes how a run continues after the reboot.
type Resume struct {
	WhyNot string // why it does not continue; "": it does

	Site    string   // the site of the run
	Partial bool     // it covers a part of the site: the unit that continues the whole stays
	Unit    string   // the unit to start, if that unit started the run; otherwise:
	Argv    []string // the program and its arguments
	Dir     string   // the working directory
	Env     []string // "NAME=value", the variables on which the run depends
}

const (
	unitDir  = "/etc/systemd/system"
	wantsDir = unitDir + "/multi-user.target.wants"
	runDir   = "/run/systemd/system"
)

// unitName is the name of the unit that continues the runs of a site.
func (r *Resume) unitName() string {
	sum := sha256.Sum256([]byte(r.Site))
	return fmt.Sprintf("converge-resume-%x.service", sum[:4])
}

// unitText is the text of that unit. It starts after the boot, so that it delays nothing and may wait for any service,
// and not at all if a run of the site was begun before. First it removes itself for good: a run that ends the host
// must not be repeated in every boot. A copy in /run stays as long as the run: as soon as systemd reads its units
// again, it would give a unit without a file the default timeout.
func (r *Resume) unitText() string {
	name := r.unitName()
	var b strings.Builder
	fmt.Fprintf(&b, "# converge has rebooted the host in the course of a run, which goes on by this unit once.\n\n"+
		"[Unit]\nDescription=Go on with a run of converge after the reboot\nDocumentation=man:converge-apply(1)\n"+
		"ConditionPathExists=%[2]s/%[1]s\nWants=network-online.target\nAfter=network-online.target multi-user.target\n\n"+
		"[Service]\nType=oneshot\nTimeoutStartSec=infinity\n"+
		"ExecStartPre=-/bin/cp %[2]s/%[1]s %[4]s/%[1]s\nExecStartPre=/bin/rm -f %[3]s/%[1]s %[2]s/%[1]s\nExecStartPre=-/bin/sync %[3]s %[2]s\n"+
		"ExecStopPost=-/bin/rm -f %[4]s/%[1]s\n", name, unitDir, wantsDir, runDir)
	if r.Unit != "" {
		fmt.Fprintf(&b, "ExecStart=/bin/systemctl start %s\n", resources.CommandWord(r.Unit))
		return b.String()
	}
	for _, kv := range r.Env {
		fmt.Fprintf(&b, "Environment=%s\n", resources.UnitWord(kv))
	}
	words := make([]string, len(r.Argv))
	for i, w := range r.Argv {
		words[i] = resources.CommandWord(w)
	}
	fmt.Fprintf(&b, "WorkingDirectory=%s\nExecStart=%s\n", strings.ReplaceAll(r.Dir, "%", "%%"), strings.Join(words, " "))
	b.WriteString("# 2: there were changes, if --detailed-exitcode was given.\nSuccessExitStatus=2\n" +
		"LimitCORE=0\nOOMPolicy=continue\nIgnoreSIGPIPE=no\nUMask=0022\n")
	return b.String()
}

// whyUnwritable returns why no unit can have such a run, in a clause; "": one can. systemd uses the path of a folder
// literally, without quotes, and passes on no variable that its own rules do not permit.
func (r *Resume) whyUnwritable() string {
	if strings.ContainsFunc(r.Dir, unicode.IsControl) || !utf8.ValidString(r.Dir) || strings.TrimRight(r.Dir, " \\") != r.Dir {
		return fmt.Sprintf("the name of its working directory cannot be written into a unit of systemd: %q", r.Dir)
	}
	isControl := func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }
	valid := regexp.MustCompile("^[A-Za-z_][A-Za-z0-9_]*$")
	for _, kv := range r.Env {
		name, value, _ := strings.Cut(kv, "=")
		if !valid.MatchString(name) || !utf8.ValidString(value) || strings.ContainsFunc(value, isControl) {
			return fmt.Sprintf("systemd does not pass on such a variable of the environment: %q", name)
		}
	}
	return ""
}

// install durably makes the unit that continues the run.
func (p *Provider) install(ctx context.Context) error {
	name := p.Resume.unitName()
	file := unitDir + "/" + name
	if _, err := p.FS.Lstat(file); err == nil && p.Resume.Partial {
		return nil // the unit of the whole continues it
	}
	err := fsys.ReplacePath(p.FS.HostPath(file), []byte(p.Resume.unitText()), fsys.Replacement{Mode: 0o600, Exact: true, Sync: true})
	if err == nil {
		err = p.FS.MakeLink(ctx, "reboot", wantsDir+"/"+name, file)
	}
	if err == nil {
		err = syncFolder(p.FS.HostPath(unitDir))
	}
	if err != nil {
		return fmt.Errorf("cannot have the run go on after the reboot, which is not made therefore: %w", err)
	}
	return nil
}

// TakeUp removes the unit by which an earlier run of the site was to continue: the run that begins does that, unless
// the reboot is still to come.
func (p *Provider) TakeUp(ctx context.Context) error {
	if !p.isResumable() {
		return nil
	}
	m, err := p.past.recall()
	if err != nil || m.isPending(p.clock.boot()) {
		return err
	}
	return p.removeUnit(ctx)
}

// Complete notes that a run of the site has succeeded, and that no reboot follows it.
func (p *Provider) Complete(ctx context.Context) error {
	if p.Resume.Partial {
		return nil
	}
	if p.asked {
		if err := p.past.forgetCauses(); err != nil {
			return err
		}
	}
	if !p.isResumable() {
		return nil
	}
	return p.removeUnit(ctx)
}

// isResumable reports whether a unit exists that this run replaces.
func (p *Provider) isResumable() bool {
	if p.Resume.Site == "" || p.Resume.Partial || p.isTree() || !p.Root || !p.Systemd {
		return false
	}
	_, err := p.FS.Lstat(unitDir + "/" + p.Resume.unitName())
	return err == nil
}

func (p *Provider) removeUnit(ctx context.Context) error {
	name := p.Resume.unitName()
	err := p.FS.RemoveLinks(ctx, "reboot", wantsDir+"/"+name)
	if err == nil {
		err = os.Remove(p.FS.HostPath(unitDir + "/" + name))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove the unit by which an earlier run was to go on: %w", err)
	}
	return nil
}

func syncFolder(dir string) error {
	f, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
