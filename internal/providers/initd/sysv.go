package initd

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// sysvLevels are the runlevels of sysvinit.
type sysvLevels struct {
	links rcLinks
	tool  updateRcd
}

// isEnabled implements levels: the service is started in the runlevel that the machine
// boots into, or before any. Links in another runlevel keep it from being disabled.
func (v *sysvLevels) isEnabled(s script, want bool) (bool, error) {
	links, err := v.links.of(s.name, startLevels())
	if err != nil {
		return false, err
	}
	boot := v.readBootLevel()
	is := slices.ContainsFunc(links, func(k rcLink) bool {
		return k.start && (k.level == "S" || k.level == boot || !want && k.level != "1")
	})
	if want && !is {
		err = v.checkEnable(s, boot)
	}
	return is, err
}

// checkEnable refuses to enable a service whose header excludes it from the runlevel that the machine boots into.
func (v *sysvLevels) checkEnable(s script, boot string) error {
	switch {
	case !s.isThere(), slices.Contains(s.header.starts, "S"), slices.Contains(s.header.starts, boot):
		return nil
	case !s.header.found:
		return fmt.Errorf("service %s cannot be enabled: its script %s has no LSB header, which names the runlevels (Default-Start)", s.name, s.path)
	}
	return fmt.Errorf("service %s cannot be enabled: the LSB header of its script names the runlevels %q (Default-Start), and this machine boots into %s", s.name, strings.Join(s.header.starts, " "), boot)
}

// enable implements levels. It uses update-rc.d(8) if there is one, which renumbers all services by their
// requirements. It makes links itself that update-rc.d does not make.
func (v *sysvLevels) enable(ctx context.Context, s script) error {
	links, err := v.links.of(s.name, startLevels())
	if err != nil {
		return err
	}
	verb := "enable"
	if len(links) == 0 {
		verb = "defaults"
	}
	if err := v.tool.run(ctx, s.name, verb); err != nil {
		return err
	}
	if is, err := v.isEnabled(s, true); err != nil || is {
		return err
	}
	if err := v.links.toggle(ctx, s.name, s.header.starts, true); err != nil {
		return err
	}
	return v.links.make(ctx, s)
}

// disable implements levels. The links stay as such that stop the service: without
// any, the next upgrade of its package would enable it.
func (v *sysvLevels) disable(ctx context.Context, s script) error {
	if !s.isThere() {
		return v.links.remove(ctx, s.name)
	}
	if s.header.found {
		if err := v.tool.run(ctx, s.name, "disable"); err != nil {
			return err
		}
	}
	if is, err := v.isEnabled(s, false); err != nil || !is {
		return err
	}
	return v.links.toggle(ctx, s.name, []string{"S", "2", "3", "4", "5"}, false)
}

// foresee implements levels. Which links a service gets when it is enabled depends on all others.
func (v *sysvLevels) foresee(s script, on bool) (before, after bootLinks, told bool, err error) {
	if on {
		return nil, nil, false, nil
	}
	before, after, err = v.links.foresee(s, false)
	return before, after, err == nil, err
}

// readBootLevel returns the runlevel that the machine boots into, see inittab(5).
func (v *sysvLevels) readBootLevel() string {
	text, err := v.links.fs.ReadFile("/etc/inittab", maxScript)
	if err != nil {
		return debianLevel
	}
	return parseBootLevel(string(text))
}

// debianLevel is the runlevel that Debian boots into.
const debianLevel = "2"

func parseBootLevel(inittab string) string {
	for line := range strings.Lines(inittab) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) >= 3 && !strings.HasPrefix(f[0], "#") && f[2] == "initdefault" && len(f[1]) == 1 && strings.Contains("2345", f[1]) {
			return f[1]
		}
	}
	return debianLevel
}
