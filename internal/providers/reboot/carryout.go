package reboot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"converge/internal/process"
)

// scheduled is the file in which systemd-logind keeps a scheduled shutdown.
const scheduled = "/run/systemd/shutdown/scheduled"

// Prepare makes sure, once the run is recorded, that the reboot is recorded too and that the run continues after it. On
// an error no reboot may follow.
func (p *Provider) Prepare(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Resume.WhyNot == "" {
		if err := p.install(ctx); err != nil {
			return err
		}
	}
	return p.past.remember(p.Now().Wall, p.causes, p.required)
}

// Reboot reboots the host. It does not wait for that, and systemd ends this process.
func (p *Provider) Reboot(ctx context.Context) error {
	argv, err := p.chooseCommand()
	if err != nil || argv == nil {
		return err
	}
	res, err := process.Run(ctx, process.Command{Argv: argv, Timeout: p.delay + time.Minute})
	if err == nil && res.Status != 0 {
		err = fmt.Errorf("exit status %d: %s", res.Status, strings.TrimSpace(res.Stdout+res.Stderr))
	}
	if err != nil {
		return fmt.Errorf("cannot reboot the host, which stays owed: %s: %w", argv[0], err)
	}
	return nil
}

// chooseCommand returns the command that reboots the host; nil: a reboot is scheduled already.
func (p *Provider) chooseCommand() ([]string, error) {
	message := strings.Join(p.messages, " ")
	if message == "" {
		message = "converge reboots the host"
	}
	if !p.Systemd {
		when := "now"
		if p.delay > 0 {
			when = fmt.Sprintf("+%d", p.delay/time.Minute)
		}
		return []string{"shutdown", "-r", when, message}, nil
	}
	if p.delay == 0 {
		return []string{"systemctl", "reboot", "--no-block", "--message=" + message}, nil
	}
	if text, err := os.ReadFile(p.FS.HostPath(scheduled)); err == nil && strings.Contains(string(text), "MODE=reboot\n") {
		return nil, nil
	}
	if _, err := os.Stat(p.FS.HostPath("/run/systemd/seats")); err != nil { // logind makes it
		return nil, errors.New("cannot reboot the host after a delay, and it stays owed: systemd-logind does not run, which keeps the time")
	}
	return []string{"shutdown", "-r", fmt.Sprintf("+%d", p.delay/time.Minute), message}, nil
}
