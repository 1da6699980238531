package resources

import (
	"path"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Unit is the kind of one unit file of systemd, or of one drop-in of a unit. A
// provider of nil serves documentation and validation.
func Unit(p resource.Provider) *resource.Kind {
	attrs := append([]resource.Attr{
		typeAttr(TypeFile),
		{
			Name: "name", Required: true, Option: true, Public: true, Check: checkUnitName,
			Doc: "The unit's name, as in `service`: `docker` is `docker.service`. Instances (`getty@tty1`) and templates (`getty@`) are accepted.",
		},
		{
			Name: "drop_in", Public: true, Option: true, Wording: true, Check: checkDropIn,
			Doc: "The name of a drop-in: the file `/etc/systemd/system/NAME.d/DROP_IN.conf`, which adds to the unit. Unset: the whole unit file, `/etc/systemd/system/NAME`.",
		},
		madePathAttr("The path of the file."),
		{
			Name: "sections", Option: true, Wording: true, Check: checkSections,
			Doc: "The sections of the file: an object of objects. A value is a string, a number, a bool, or a list of them. A list repeats the key, and an empty string resets what " +
				"comes before: `ExecStart = [\"\", \"/usr/bin/x\"]`. One of `sections` and `content` is required.",
		},
		{
			Name: "content", SecretIf: []string{"sections", "sensitive"},
			Doc: "The whole text of the file.",
		},
		{
			Name: "verify", Option: true, Wording: true,
			Doc: "Whether systemd-analyze(1) checks the file before it replaces the old one. Unset: it does.",
		},
		{Name: "unverified", Computed: true, Internal: true, Option: true, Doc: "The file is not checked."},
		{Name: "parents", Computed: true, Internal: true, Option: true, Doc: "The folder of a drop-in is made and removed with it."},
	}, permAttrs("file")...)
	return &resource.Kind{
		Name: "unit", Doc: unitDoc, Example: unitExample, Label: "name",
		Attrs:   resource.Typing[UnitWant](append(attrs, contentAttrs()...)),
		Prepare: resource.Preparing(prepareUnit),
		Inert:   true,
		Links:   resource.Reading(unitLinks), Revert: resource.Reverting(revertMade), Provider: p,
		ContentAttr: "content", KeepsEdit: keepsEdit, Named: namedUnit,
	}
}

// UnitWant is the struct of the kind unit. A wanted unit has neither sections nor verify: sections became its content,
// and unverified replaces verify.
type UnitWant struct {
	Place
	Name       string               `attr:"name"`
	DropIn     resource.Opt[string] `attr:"drop_in"`
	Sections   cty.Value            `attr:"sections"`
	Verify     resource.Opt[bool]   `attr:"verify"`
	Unverified resource.Opt[bool]   `attr:"unverified"`
	Parents    resource.Opt[bool]   `attr:"parents"`
	Permissions
	Contents
}

// ownUnits is the folder of an administrator's unit files.
const ownUnits = "/etc/systemd/system/"

func prepareUnit(_ resource.Input, u *UnitWant) error {
	name, err := ParseUnitName(u.Name)
	if err != nil {
		return &resource.AttrError{Attr: "name", Err: err}
	}
	u.Name, u.Path = name.String(), resource.Text(ownUnits+name.String())
	if u.DropIn.Set {
		u.Path = resource.Text(ownUnits + u.Name + ".d/" + u.DropIn.Value + ".conf")
		u.Parents = resource.Some(true)
	}
	if err := u.Place.normalize(TypeFile, &u.Permissions); err != nil {
		return err
	}
	u.Contents.normalizeBackup()
	if u.IsAbsent() {
		*u = UnitWant{Place: u.Place, Name: u.Name, DropIn: u.DropIn, Parents: u.Parents, Contents: u.Contents.ofAbsent()}
		return nil
	}
	if u.Verify.Set && !u.Verify.Value {
		u.Unverified = resource.Some(true)
	}
	u.Verify = resource.Opt[bool]{}
	hasSections := u.Sections != cty.NilVal
	switch {
	case hasSections && u.Content != nil:
		return attrError("content", "cannot stand beside sections: one of them is the text of the file")
	case !hasSections && u.Content == nil:
		return attrError("sections", "is needed, or content: the text of the file")
	case !hasSections:
		return nil
	}
	if !u.Unverified.Value {
		if err := checkSectionNames(name, u.Sections); err != nil {
			return err
		}
	}
	text, err := writeSections(u.Sections)
	if err != nil {
		return &resource.AttrError{Attr: "sections", Err: err}
	}
	u.Content, u.Sections = resource.BytesBlob(text), cty.NilVal
	return nil
}

// namedUnit returns the attributes that name the unit with a ledger key.
func namedUnit(key string) map[string]cty.Value {
	p := strings.TrimPrefix(key, "path:")
	dir, name := path.Split(p)
	if unit, ok := strings.CutSuffix(path.Base(dir), ".d"); ok && isDropIn(p) {
		return map[string]cty.Value{"name": cty.StringVal(unit), "drop_in": cty.StringVal(strings.TrimSuffix(name, ".conf"))}
	}
	return map[string]cty.Value{"name": cty.StringVal(name)}
}

func checkDropIn(v cty.Value) error {
	s := v.AsString()
	ok := s != "" && !strings.ContainsAny(s, "/\x00\n") && s[0] != '.' && !strings.HasSuffix(s, ".conf")
	return require(ok, "must be the name of a file without its folder and without .conf")
}

const unitExample = `unit "docker.service" {
  drop_in = "start"
  sections = {
    Service = { ExecStart = ["", "/usr/bin/dockerd --live-restore"] }
  }
}
`

const unitDoc = "One unit file of systemd in `/etc/systemd/system`, or one drop-in of a unit. It is a file: converge replaces it as a whole and in one step. " +
	"Whether the unit is enabled and runs is declared by a `service`, which comes after it; converge performs the daemon-reload by itself.\n\n" +
	"Before converge writes them, systemd-analyze(1) checks all unit files that change together, with the unit files of the machine beside them: an unknown key, a wrong value, a bad calendar or a missing program " +
	"is an error of the plan, and the old file stays. It judges everything that it reports of the unit, deprecated settings included; `verify = false` leaves the check out. " +
	"Without systemd-analyze nothing is checked, and the plan says so. With `--root` the program of this machine checks the files of that tree.\n\n" +
	"A drop-in of a unit that does not exist, and a command whose program does not exist, are errors unless a package of the run may bring them: the file is then checked and written after the packages. " +
	"What else brings a program belongs in `depends_on`. A unit comes after the users, groups and `EnvironmentFile`s that it names, and after the files that its commands run.\n\n" +
	"A running service keeps its old settings until it is restarted. The plan says so if nothing restarts it: add `notifies = [service.NAME.restart]`.\n\n" +
	"`ensure = \"absent\"` removes the file, and the folder of a drop-in that is then empty; a unit is stopped and disabled before its file goes. Unit files elsewhere, of users (`systemd/user`) and drop-ins of all units of a type, are a `file`.\n"
