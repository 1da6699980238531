package resources

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// TimerFiles are the texts of the two files of a timer. A file that is not set does not exist.
type TimerFiles struct{ Service, Timer resource.Opt[string] }

// TimerPaths returns the paths of the two files of a timer.
func TimerPaths(name string) (service, timer string) {
	return ownUnits + name + ".service", ownUnits + name + ".timer"
}

// unended follows a text without a line break at its end, as in a diff.
const unended = "\n\\ No newline at end of file\n"

// Join returns both texts in one, in a form similar to that of systemctl cat.
func (f TimerFiles) Join(name string) []byte {
	var out bytes.Buffer
	service, timer := TimerPaths(name)
	for _, p := range []struct {
		path string
		text resource.Opt[string]
	}{{service, f.Service}, {timer, f.Timer}} {
		if !p.text.Set {
			continue
		}
		fmt.Fprintf(&out, "# %s\n%s", p.path, p.text.Value)
		if !strings.HasSuffix(p.text.Value, "\n") {
			out.WriteString(unended)
		}
	}
	return out.Bytes()
}

// SplitTimer is the inverse of Join.
func SplitTimer(name string, joined []byte) (f TimerFiles) {
	service, timer := TimerPaths(name)
	first, second, ok := strings.Cut("\n"+string(joined), "\n# "+timer+"\n")
	if ok {
		f.Timer, first = resource.Some(strings.TrimSuffix(second, unended)), first+"\n"
	}
	if text, ok := strings.CutPrefix(first, "\n# "+service+"\n"); ok {
		f.Service = resource.Some(strings.TrimSuffix(text, unended))
	}
	return f
}

// writeService returns the text of the service.
func (t *TimerWant) writeService() string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Made by converge, which replaces it as a whole.\n[Unit]\nDescription=%s, by %s.timer\n\n[Service]\nType=oneshot\n", t.Name, t.Name)
	if t.User.Set {
		fmt.Fprintf(&out, "User=%s\n", t.User.Value)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Env.Value)) {
		fmt.Fprintf(&out, "Environment=%s\n", UnitWord(name+"="+resource.DecodeBytes(t.Env.Value[name])))
	}
	words := make([]string, len(t.Command.Value))
	for i, w := range t.Command.Value {
		words[i] = CommandWord(resource.DecodeBytes(w))
	}
	fmt.Fprintf(&out, "ExecStart=%s\n", strings.Join(words, " "))
	return out.String()
}

// writeTimer returns the text of the timer.
func (t *TimerWant) writeTimer() string {
	var out strings.Builder
	fmt.Fprintf(&out, "# Made by converge, which replaces it as a whole.\n[Unit]\nDescription=%s.service by the calendar\n\n[Timer]\n", t.Name)
	for _, c := range t.calendars() {
		fmt.Fprintf(&out, "OnCalendar=%s\n", strings.TrimSpace(c))
	}
	if t.Persistent.Or(true) {
		out.WriteString("Persistent=yes\n")
	}
	if t.Delay.Set {
		fmt.Fprintf(&out, "RandomizedDelaySec=%s\n", t.Delay.Value)
	}
	out.WriteString("\n[Install]\nWantedBy=timers.target\n")
	return out.String()
}

// timerName is the part of a wanted timer that names its units.
type timerName struct {
	Name string `attr:"name"`
}

// timerContradictions finds resources that declare a file of a timer, or that its timer must not run.
func timerContradictions(rs []*resource.Resource) (diags hcl.Diagnostics) {
	services, timers := map[string]*resource.Resource{}, map[string]*resource.Resource{}
	for _, r := range rs {
		if r.Kind.Name == "timer" && !r.Off && !r.WantsAbsent() {
			name := resource.Part[timerName](r.Want).Name
			at, _ := TimerPaths(name)
			services["path:"+at], timers["service:"+name+".timer"] = r, r
		}
	}
	if len(timers) == 0 {
		return nil
	}
	for _, r := range rs {
		switch {
		case r.Off:
		case services[r.Key] != nil:
			t := services[r.Key]
			diags = append(diags, contradiction(r, t, fmt.Sprintf("%s declares the service of %s.", r.Addr, t.Addr), "remove one of them, or name the timer otherwise"))
		case timers[r.Key] != nil:
			t, s := timers[r.Key], resource.Must[ServiceWant](r.Want)
			if !s.Enabled.Or(true) || !s.Running.Or(true) || s.Masked.Value {
				diags = append(diags, contradiction(r, t, fmt.Sprintf("%s takes the timer of %s out of service.", r.Addr, t.Addr), `set ensure = "absent" in the timer, or remove the service`))
			}
		}
	}
	return diags
}
