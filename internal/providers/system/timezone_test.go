package system

import (
	"context"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
	"converge/internal/resource/resourcetest"
	"converge/resources"
)

func zoneWorld(t testing.TB) *resourcetest.World {
	root, f := host(t, "etc/localtime = -> /usr/share/zoneinfo/Etc/UTC", "etc/timezone = Etc/UTC\\n",
		"usr/share/zoneinfo/Etc/UTC = TZif2utc", "usr/share/zoneinfo/Europe/Berlin = TZif2berlin", "usr/share/zoneinfo/Asia/Tokyo = TZif2tokyo")
	return worldOf(root, NewTimezone(f))
}

func TestTimezoneConformance(t *testing.T) {
	const standing = "a host always has a time zone"
	a := resourcetest.Attrs
	const torn = "the link is replaced before /etc/timezone"
	berlin := holds("/etc/localtime", "-> ../usr/share/zoneinfo/Europe/Berlin", "/etc/timezone", "Europe/Berlin\n")
	resourcetest.Suite{
		Kind: resources.Timezone, World: zoneWorld,
		Without: map[resourcetest.Part]string{
			resourcetest.Removal: standing,
			resourcetest.Kept:    "a link has nothing besides its text",
			resourcetest.Aliases: "a zone is compared by its name",
			resourcetest.Bytes:   "the names of zones are those of tzdata",
		},
		Cases: []resourcetest.Case{{
			Name: "a zone", Want: a("zone", "Europe/Berlin"), Standing: standing, Torn: torn, Check: berlin,
			Drifts: []resourcetest.Drift{
				{Name: "another zone", Attr: "zone", Do: change("/etc/localtime", "-> ../usr/share/zoneinfo/Asia/Tokyo")},
				{Name: "a copy", Attr: "zone", Do: change("/etc/localtime", "TZif2berlin\x00\xff\n")},
				{Name: "no link", Attr: "zone", Do: change("/etc/localtime", "")},
				{Name: "a place of somebody's own", Attr: "zone", Do: change("/etc/localtime", "-> /srv/zone")},
				{Name: "another zone in the file", Attr: "in_file", Do: change("/etc/timezone", "Asia/Tokyo\n")},
			},
		}},
	}.Run(t)
}

// TestTimezones: each row is a host, and what the plan reports for Europe/Berlin there.
func TestTimezones(t *testing.T) {
	const berlin = "usr/share/zoneinfo/Europe/Berlin = TZif2"
	for name, tt := range map[string]struct {
		files []string
		have  string // the zone
		right bool
		err   string
	}{
		"as Debian writes the link":  {files: []string{berlin, "etc/localtime = -> /usr/share/zoneinfo/Europe/Berlin", "etc/timezone = Europe/Berlin"}, have: "Europe/Berlin", right: true},
		"as systemd writes the link": {files: []string{berlin, "etc/localtime = -> ../usr/share/zoneinfo/Europe/Berlin"}, have: "Europe/Berlin", right: true},
		"as Alpine keeps the zone":   {files: []string{"etc/zoneinfo/Europe/Berlin = TZif2", "etc/localtime = -> /etc/zoneinfo/Europe/Berlin"}, have: "Europe/Berlin", right: true},
		"another":                    {files: []string{berlin, "etc/localtime = -> /usr/share/zoneinfo/Europe/Bern"}, have: "Europe/Bern"},
		"a copy":                     {files: []string{berlin, "etc/localtime = TZif2"}, have: "(a copy)"},
		"nothing":                    {files: []string{berlin, "etc/x = "}, have: "(not set)"},
		"an old file":                {files: []string{berlin, "etc/localtime = -> /usr/share/zoneinfo/Europe/Berlin", "etc/timezone = Etc/UTC\\n"}, have: "Europe/Berlin"},
		"a link to the file":         {files: []string{berlin, "etc/localtime = -> /usr/share/zoneinfo/Europe/Berlin", "etc/timezone = -> x", "etc/x = Europe/Berlin\\n"}, have: "Europe/Berlin", right: true},
		"no tzdata":                  {files: []string{"etc/x = "}, err: "cannot set the time zone Europe/Berlin: there are no zones in /usr/share/zoneinfo; the package tzdata has them"},
		"unknown":                    {files: []string{"usr/share/zoneinfo/Etc/UTC = TZif2", "etc/localtime = -> ../usr/share/zoneinfo/Etc/UTC"}, err: "cannot set the time zone Europe/Berlin: there is no such zone in /usr/share/zoneinfo"},
		"a list between the zones":   {files: []string{"usr/share/zoneinfo/Europe/Berlin = Leap 2016"}, err: "cannot set the time zone Europe/Berlin: /usr/share/zoneinfo/Europe/Berlin is no zone file"},
		"an alias of another zone":   {files: []string{"usr/share/zoneinfo/Arctic/Longyearbyen = TZif2", "usr/share/zoneinfo/Europe/Berlin = -> ../Arctic/Longyearbyen", "etc/localtime = -> /usr/share/zoneinfo/Europe/Berlin"}, have: "Europe/Berlin", right: true},
		"an alias of a list":         {files: []string{"usr/share/zoneinfo/leap = Leap 2016", "usr/share/zoneinfo/Europe/Berlin = -> ../leap"}, err: "cannot set the time zone Europe/Berlin: /usr/share/zoneinfo/Europe/Berlin is no zone file"},
		"gone from tzdata":           {files: []string{"usr/share/zoneinfo/Etc/UTC = TZif2", "etc/localtime = -> ../usr/share/zoneinfo/Europe/Berlin"}, err: "cannot set the time zone Europe/Berlin: there is no such zone in /usr/share/zoneinfo"},
	} {
		t.Run(name, func(t *testing.T) {
			root, f := host(t, tt.files...)
			w := worldOf(root, NewTimezone(f))
			r, err := resourcetest.Build(resources.Timezone(w.Provider), w, "x", resourcetest.Attrs("zone", "Europe/Berlin"))
			if err != nil {
				t.Fatal(err)
			}
			have, err := w.Provider.Observe(context.Background(), r.Want)
			if err != nil || tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("%v, want %s", err, tt.err)
				}
				return
			}
			if c := resource.Diff(r, have); have.GetAttr("zone").AsString() != tt.have || c.Empty() != tt.right {
				t.Errorf("it is %#v, and the change %v", have, resourcetest.Names(c))
			}
		})
	}
}

// TestCopiedLocaltime shows that the plan explains why a copy is replaced.
func TestCopiedLocaltime(t *testing.T) {
	w := zoneWorld(t)
	change("/etc/localtime", "TZif2berlin")(t, w)
	r, err := resourcetest.Build(resources.Timezone(w.Provider), w, "x", resourcetest.Attrs("zone", "Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	review := w.Provider.(*Timezone).Review(context.Background(), resourcetest.Plan(t, r), resource.Outlook{Ask: resource.AskForecast})
	if len(review.Notes) != 1 || !strings.Contains(review.Notes[0], "no upgrade of tzdata reaches") {
		t.Errorf("the notes are %q", review.Notes)
	}
	for _, bad := range []string{"", "/Europe/Berlin", "../x", "Europe//Berlin", "a b"} {
		if _, err := resourcetest.Build(resources.Timezone(nil), w, "x", map[string]cty.Value{"zone": cty.StringVal(bad)}); err == nil {
			t.Errorf("%q is a zone", bad)
		}
	}
}

// TestTimezoneFileComesBack shows that a rollback restores /etc/timezone byte by byte.
func TestTimezoneFileComesBack(t *testing.T) {
	for _, was := range []string{"Etc/UTC\n", "Etc/UTC", " Etc/UTC \n\n", "# none\nEtc/UTC"} {
		w := zoneWorld(t)
		change("/etc/timezone", was)(t, w)
		r, err := resourcetest.Build(resources.Timezone(w.Provider), w, "x", resourcetest.Attrs("zone", "Europe/Berlin"))
		if err != nil {
			t.Fatal(err)
		}
		c := resourcetest.Converge(t, r)
		holds("/etc/timezone", "Europe/Berlin\n")(t, w)
		targets, err := r.Kind.Undo(resource.Past{Name: "x", Before: c.Have, After: c.Want})
		if err != nil || len(targets) != 1 {
			t.Fatal(targets, err)
		}
		resourcetest.Converge(t, &resource.Resource{Kind: r.Kind, Want: cty.ObjectVal(targets[0].Want)})
		holds("/etc/timezone", was)(t, w)
	}
}
