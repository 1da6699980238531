package resources

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Zones that no manifest can name.
const (
	ZoneUnset  = "(not set)"
	ZoneCopied = "(a copy)" // /etc/localtime is a file, not a link
)

// Timezone is the kind of the time zone of a host. A provider of nil serves
// documentation and validation.
func Timezone(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "timezone",
		Doc: "The time zone of the host: the symbolic link `/etc/localtime` to a zone of tzdata and, where it exists, the file `/etc/timezone` (Debian). A host has one, so a manifest may declare one.\n\n" +
			"A `/etc/localtime` that is a copy of a zone file is replaced by the link, because an upgrade of tzdata does not reach a copy. A zone that tzdata does not have is an error of the plan. " +
			"A program that is running keeps the old zone until it is restarted: use `notifies`. " +
			"With `--root`, the link and the file are those of that tree, and so are the zones.",
		Example: "timezone \"Europe/Berlin\" {}\n",
		Label:   "zone",
		Attrs: resource.Typing[TimezoneWant]([]resource.Attr{
			{Name: "zone", Brief: "zone", Required: true, Loses: resource.Becomes(ZoneUnset), Check: checkZone, Doc: "The zone, as tzdata calls it: `Europe/Berlin`, `Etc/UTC`."},
			{Name: "in_file", Brief: "/etc/timezone", Computed: true, Doc: "The zone in `/etc/timezone`, where that file exists."},
			{Name: "file_open", Computed: true, Internal: true, Option: true, Doc: "Whether the last line of `/etc/timezone` has no end, which a rollback restores."},
			{Name: "link", Computed: true, Internal: true, Doc: "The text of the link `/etc/localtime`, which a rollback restores; empty if it is no link."},
			{Name: "copy", Computed: true, Internal: true, Doc: "The content of `/etc/localtime` where it is a file, which a rollback restores."},
		}),
		Prepare: resource.Preparing(func(_ resource.Input, w *TimezoneWant) error {
			w.InFile = resource.Some(w.Zone)
			return nil
		}),
		Links:      resource.Reading(timezoneLinks),
		Contradict: ownerContradictions("timezone"),
		Holds: func(want cty.Value, path string, content []byte) bool {
			text := strings.TrimSpace(string(content))
			return path == zoneFile && (content == nil || text == resource.Must[TimezoneWant](want).Zone)
		},
		Named:    func(string) map[string]cty.Value { return map[string]cty.Value{"zone": cty.StringVal(ZoneUnset)} },
		Inert:    true,
		Revert:   resource.Reverting(revertTimezone),
		Restores: true,
		Provider: p,
	}
}

const zoneFile = "/etc/timezone"

// TimezoneWant is the struct of the kind timezone.
type TimezoneWant struct {
	Zone   string                      `attr:"zone"`
	InFile resource.Opt[string]        `attr:"in_file"`
	Open   resource.Opt[bool]          `attr:"file_open"`
	Link   resource.Opt[resource.Text] `attr:"link"`
	Copy   resource.Opt[resource.Text] `attr:"copy"`
}

// IsRecorded reports whether the links and files of an earlier state are wanted, and not a zone.
func (w *TimezoneWant) IsRecorded() bool { return w.Link.Set }

func timezoneLinks(TimezoneWant) resource.Links {
	return resource.Links{
		Provides: []string{"timezone:host"},
		Within:   []string{"/etc/localtime", zoneFile},
		Needs: []resource.Need{
			{Key: "package:tzdata", Reason: "its zones are in that package"},
			{Key: "path:/etc/timezone", Reason: "it writes the zone into that file"},
		},
	}
}

// revertTimezone is Undo for the time zone: the link or the copy is restored byte by byte.
func revertTimezone(p resource.Past, before, _ TimezoneWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs(nil)
	if err != nil || len(us) == 0 {
		return us, err
	}
	if _, ok := us[0].Want["in_file"]; ok && before.Open.Value {
		us[0].Want["file_open"] = cty.True
	}
	if !before.Link.Set {
		return us, nil
	}
	if _, ok := us[0].Want["zone"]; ok && before.Zone != "" {
		us[0].Want["zone"] = cty.StringVal(before.Zone)
		us[0].Want["link"] = cty.StringVal(string(before.Link.Value))
		us[0].Want["copy"] = cty.StringVal(string(before.Copy.Value))
	}
	return us, nil
}

func checkZone(v cty.Value) error {
	zone := v.AsString()
	ok := regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$`).MatchString(zone)
	if meant := meantZone(zone); meant != "" {
		return fmt.Errorf("must be the name of a time zone, and %q is none; there is %q", zone, meant)
	}
	if ok && !strings.Contains(zone, "/") && !slices.Contains(knownZones(), zone) {
		return fmt.Errorf("must be the name of a time zone, and %q is none: its area and city, such as Europe/Berlin or Etc/UTC", zone)
	}
	return require(ok, "must be the name of a time zone, such as Europe/Berlin")
}

// meantZone is the probable meaning of an unknown zone name; "" if the name exists, or may exist in a later tzdata.
func meantZone(name string) string {
	zones := knownZones()
	if slices.Contains(zones, name) {
		return ""
	}
	plain := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
	}
	near := ""
	slices.Sort(zones)
	for _, z := range zones {
		_, city, _ := strings.Cut(z, "/")
		if plain(z) == plain(name) || city != "" && plain(city) == plain(name) {
			return z
		}
		if near == "" && len(name) > 5 && areOneApart(name, z) {
			near = z
		}
	}
	return near
}
