package resources

import (
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Hostname is the kind of the name of a host. A provider of nil serves documentation and
// validation.
func Hostname(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "hostname",
		Doc: "The name of the host: in `/etc/hostname` for the next boot, and in the kernel now. A host has one, so a manifest may declare one.\n\n" +
			"If `/etc/hosts` has lines for `127.0.1.1`, the old name becomes the new one in all of them. Where cloud-init is installed, it is told to keep the name (`preserve_hostname`), " +
			"because it would set that of its own data at the next boot. `node.hostname` is the old name until the next run. With `--root`, only the files are written.",
		Example: "hostname \"web1\" {}\n",
		Label:   "name",
		Attrs: resource.Typing[HostnameWant]([]resource.Attr{
			{Name: "name", Required: true, Check: checkHostname, Doc: "The name: `web1`, or with its domain `web1.example.org`."},
			{Name: "live", Option: true, Doc: "Whether to set the name in the running kernel as well. `false`: only the files."},
			{Name: "live_name", Brief: "live", Computed: true, Live: true, Doc: "The name that the kernel has now."},
			{Name: "saved_name", Brief: "at boot", Computed: true, Loses: resource.Empties, Doc: "The name in `/etc/hostname`; empty if there is none."},
			{Name: "nameless", Computed: true, Internal: true, Doc: "Whether `/etc/hostname` is there without a name in it, as a rollback leaves it where it was so."},
			{Name: "in_hosts", Brief: "127.0.1.1 in /etc/hosts", Computed: true, ResultOf: resultingHosts, Doc: "The names of 127.0.1.1 in `/etc/hosts`, where it has such a line; of several lines one below the other."},
			{Name: "preserved", Brief: "preserve_hostname", Computed: true, Doc: "Whether cloud-init, where it is installed, keeps the name."},
		}),
		Prepare: resource.Preparing(func(_ resource.Input, w *HostnameWant) error {
			w.Saved, w.InHosts, w.Preserved = resource.Some(w.Name), resource.Some(w.Name), resource.Some(true)
			if w.Live.Or(true) {
				w.Now = w.Saved
			}
			return nil
		}),
		Links: resource.Reading(func(HostnameWant) resource.Links {
			return resource.Links{
				Provides: []string{"hostname:host"},
				Within:   []string{hostnameFile, hostsFile},
				Writes:   []string{CloudHostnameFile},
				Needs: []resource.Need{
					{Key: "path:/etc/hosts", Reason: "it writes the name into that file"},
					{Key: "package:cloud-init", Reason: "it tells that program to keep the name"},
				},
			}
		}),
		Named:      func(string) map[string]cty.Value { return map[string]cty.Value{"name": cty.StringVal("localhost")} },
		Contradict: ownerContradictions("hostname"),
		Holds:      hostnameInFile,
		BootOnly:   map[string]cty.Value{"live": cty.False},
		Restores:   true,
		Revert:     resource.Reverting(revertHostname),
		Provider:   p,
	}
}

// revertHostname is Undo for the name: a file that had no name before stays when the name is removed.
func revertHostname(p resource.Past, before, _ HostnameWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs(nil)
	if err != nil || len(us) == 0 {
		return us, err
	}
	delete(us[0].Want, "nameless")
	delete(us[0].Made, "nameless")
	if _, ok := us[0].Want["saved_name"]; ok && before.Nameless.Value {
		us[0].Want["nameless"] = cty.True
	}
	return us, nil
}

const (
	hostnameFile = "/etc/hostname"
	hostsFile    = "/etc/hosts"
)

// hostnameInFile is [resource.Kind.Holds]: the name is the first one of the file of hostname(5), and a file of hosts
// has either no line for it or one that contains it.
func hostnameInFile(want cty.Value, path string, content []byte) bool {
	if path == hostnameFile {
		return firstHostname(content) == resource.Must[HostnameWant](want).Name
	}
	if path != hostsFile {
		return false
	}
	found := false
	for line := range strings.Lines(string(content)) {
		line, _, _ = strings.Cut(line, "#")
		if words := strings.Fields(line); len(words) > 0 && words[0] == "127.0.1.1" {
			if slices.Contains(words[1:], resource.Must[HostnameWant](want).Name) {
				return true
			}
			found = true
		}
	}
	return !found
}

// firstHostname is the name in a file of hostname(5), which may have comments.
func firstHostname(content []byte) string {
	for line := range strings.Lines(string(content)) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			return name
		}
	}
	return ""
}

// CloudHostnameFile is the file that makes cloud-init keep the name of the host.
const CloudHostnameFile = "/etc/cloud/cloud.cfg.d/99-converge-hostname.cfg"

// HostnameWant is the struct of the kind hostname.
type HostnameWant struct {
	Name      string               `attr:"name"`
	Live      resource.Opt[bool]   `attr:"live"`
	Now       resource.Opt[string] `attr:"live_name"`
	Saved     resource.Opt[string] `attr:"saved_name"`
	InHosts   resource.Opt[string] `attr:"in_hosts"`
	Preserved resource.Opt[bool]   `attr:"preserved"`
	Nameless  resource.Opt[bool]   `attr:"nameless"`
}

func checkHostname(v cty.Value) error {
	name := v.AsString()
	label := `[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	ok := len(name) <= 64 && regexp.MustCompile(`^`+label+`(\.`+label+`)*$`).MatchString(name)
	return require(ok, "must be a name of letters, digits and hyphens, with dots between its parts, of at most 64 characters")
}
