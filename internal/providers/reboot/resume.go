package reboot

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"converge/internal/fsys"
)

// Resume is how a run continues after the reboot.
type Resume struct {
	WhyNot string // why it does not; "": it does

	Site string   // whose run it is
	Unit string   // the unit to start, if the run is what that unit runs; else there are:
	Argv []string // the program and its arguments
	Dir  string   // the working directory
	Env  []string // "NAME=value", of what the run depends on
}

const (
	unitDir  = "/etc/systemd/system"
	wantsDir = unitDir + "/multi-user.target.wants"
)

// unitName is the name of the unit by which the runs of a site go on.
func (r *Resume) unitName() string {
	sum := sha256.Sum256([]byte(r.Site))
	return fmt.Sprintf("converge-resume-%x.service", sum[:4])
}

// unitText is the text of that unit. It comes when the boot is over, so that it delays
// nothing and may wait for any service. Before anything else it removes itself: if the run
// ends the host, it is not made in every boot.
func (r *Resume) unitText() string {
	name := r.unitName()
	var b strings.Builder
	fmt.Fprintf(&b, "# converge has rebooted the host in the course of a run, which goes on by this unit once.\n\n"+
		"[Unit]\nDescription=Go on with a run of converge after the reboot\nDocumentation=man:converge-apply(1)\n"+
		"Wants=network-online.target\nAfter=network-online.target multi-user.target\n\n"+
		"[Service]\nType=oneshot\nExecStartPre=/bin/rm -f %s/%s %s/%s\n", wantsDir, name, unitDir, name)
	if r.Unit != "" {
		fmt.Fprintf(&b, "ExecStart=/bin/systemctl start %s\n", quoteArg(r.Unit))
		return b.String()
	}
	for _, kv := range r.Env {
		fmt.Fprintf(&b, "Environment=%s\n", quoteText(kv))
	}
	words := make([]string, len(r.Argv))
	for i, w := range r.Argv {
		words[i] = quoteArg(w)
	}
	fmt.Fprintf(&b, "WorkingDirectory=%s\nExecStart=%s\n", strings.ReplaceAll(r.Dir, "%", "%%"), strings.Join(words, " "))
	b.WriteString("# 2: there were changes, if --detailed-exitcode was given.\nSuccessExitStatus=2\n" +
		"LimitCORE=0\nOOMPolicy=continue\nIgnoreSIGPIPE=no\nUMask=0022\n")
	return b.String()
}

// quoteArg quotes a word of ExecStart, see systemd.service(5).
func quoteArg(s string) string { return strings.ReplaceAll(quoteText(s), "$", "$$") }

// quoteText quotes a word with escapes as in C, and doubles the sign of specifiers.
func quoteText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"', c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '%':
			b.WriteString("%%")
		case c < ' ', c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// install makes the unit that continues the run, durably.
func (p *Provider) install(ctx context.Context) error {
	name := p.Resume.unitName()
	file := unitDir + "/" + name
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

// TakeUp removes the unit by which an earlier run of the site was to go on: the run that
// begins does that.
func (p *Provider) TakeUp(ctx context.Context) error {
	if p.Resume.Site == "" || p.isTree() || !p.Root || !p.Systemd {
		return nil
	}
	name := p.Resume.unitName()
	file := p.FS.HostPath(unitDir + "/" + name)
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := p.FS.RemoveLinks(ctx, "reboot", wantsDir+"/"+name)
	if err == nil {
		err = os.Remove(file)
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
