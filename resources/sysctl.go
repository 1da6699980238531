package resources

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

// Sysctl is the kind of one parameter of the kernel: its value now, and its value at boot. A provider of nil serves
// documentation and validation.
func Sysctl(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "sysctl",
		Doc: "One kernel parameter, by its name in sysctl(8): its current value (`/proc/sys`), and its value at boot (a line of a file in `/etc/sysctl.d`). " +
			"converge compares both, each by itself.\n\n" +
			"At boot, the last file that sets the parameter wins, in the order of the file names over all `sysctl.d` folders (without systemd, `/etc/sysctl.conf` comes last). " +
			"If that file already sets the value, nothing is written. If a later file sets another value, that is an error that names the file and the line. " +
			"With `--root`, converge manages only the value at boot.\n\n" +
			"A parameter comes after every `kernel_module` of the manifest that is loaded, because a module may bring it. Many parameters are one write of their file.\n\n" +
			"`ensure = \"absent\"` removes the line from the file. The value stays as it is until the next boot.",
		Example: "sysctl \"net.ipv4.ip_forward\" {\n  value = 1\n}\n",
		Label:   "key",
		Attrs: resource.Typing[SysctlWant]([]resource.Attr{
			{
				Name: "key", Required: true, Check: checkSysctlKey,
				Doc: "The parameter: `net.ipv4.ip_forward`, or `net/ipv4/ip_forward`. If the first separator is a dot, a slash means a dot in a name: `net.ipv4.conf.eth0/100.forwarding`.",
			},
			ensureAttr("line", " The line is the one in `file`."),
			{Name: "value", Option: true, Check: checkSysctlValue, Doc: "The value. Blanks or tabs separate several numbers; both mean the same. Required unless the line must be absent."},
			{Name: "file", Option: true, Default: cty.StringVal(SysctlFile), Check: checkSysctlFile, Doc: "The file in `/etc/sysctl.d` that contains the line. Its other lines are left alone. If another file is named later, the line of the former one goes when the value next changes."},
			{Name: "live", Option: true, Doc: "Whether to set the current value as well. `false`: only the value at boot."},
			{
				Name: "unavailable", Option: true, OneOf: []string{"error", "skip"},
				Doc: "What happens where the kernel has no such parameter, or does not let it be set (as in many containers): `error` (also when unset), or `skip`, " +
					"which leaves the current value and the value at boot alone, and says so in every plan.",
			},
			{Name: "live_value", Brief: "live", Computed: true, Live: true, Same: isSameSysctl, SecretIf: []string{"value"}, Doc: "The current value."},
			{Name: "saved_value", Brief: "at boot", Computed: true, Loses: resource.Empties, Same: isSameSysctl, SecretIf: []string{"value"}, Doc: "The value that applies at boot; empty if no file sets the parameter."},
			{Name: "was", Computed: true, Internal: true, Option: true, SecretIf: []string{"value"}, Doc: "What the lines were before, for a rollback."},
			{Name: "line", Computed: true, Internal: true, Loses: resource.Empties, Same: isSameSysctl, SecretIf: []string{"value"}, Doc: "The value in `file`, which a rollback restores; empty if that file does not set the parameter."},
		}),
		Prepare:    resource.Preparing(prepareSysctl),
		Links:      resource.Reading(sysctlLinks),
		Contradict: ownerContradictions("sysctl"),
		Inert:      true,
		Revert:     resource.Reverting(revertSysctl),
		BootOnly:   map[string]cty.Value{"live": cty.False},
		Restores:   true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Provider:       p,
	}
}

// SysctlFile is the file in /etc/sysctl.d with the lines of resources that name no other file.
const SysctlFile = "60-converge.conf"

// anyModule is a key that all modules of the kernel share, because it is not known which module adds a parameter.
const anyModule = "module:*"

// SysctlWant is the struct of the kind sysctl.
type SysctlWant struct {
	Key    string               `attr:"key"`
	Ensure resource.Opt[string] `attr:"ensure"`
	Value  resource.Opt[string] `attr:"value"`
	File   string               `attr:"file"`
	Live   resource.Opt[bool]   `attr:"live"`
	Now    resource.Opt[string] `attr:"live_value"`
	AtBoot resource.Opt[string] `attr:"saved_value"`
	Line   resource.Opt[string] `attr:"line"`
	Was    *resource.Blob       `attr:"was"` // a [PartPast] of the lines

	Unavailable resource.Opt[string] `attr:"unavailable"`
}

// IsAbsent reports whether the parameter should have no line.
func (w *SysctlWant) IsAbsent() bool { return w.Ensure.Value == "absent" }

// Path returns the path of the file for the parameter's line.
func (w *SysctlWant) Path() string { return "/etc/sysctl.d/" + w.File }

// checkSysctlValue refuses values that the kernel accepts for no parameter.
func checkSysctlValue(v cty.Value) error {
	switch v.AsString() {
	case "true":
		return errors.New("must be a number or a text as the kernel shows it, and is true: 1 switches a parameter on")
	case "false":
		return errors.New("must be a number or a text as the kernel shows it, and is false: 0 switches a parameter off")
	}
	return nil
}

func prepareSysctl(_ resource.Input, w *SysctlWant) error {
	w.Key = SysctlKey(w.Key)
	switch {
	case w.IsAbsent():
		*w = SysctlWant{Key: w.Key, Ensure: w.Ensure, File: w.File}
		return nil
	case strings.TrimSpace(w.Value.Value) == "":
		return attrError("value", "is needed: it is the value of the parameter")
	case strings.ContainsAny(w.Value.Value, "\n\x00"):
		return attrError("value", "must be one line")
	}
	w.Ensure = resource.Opt[string]{} // a declaration implies it
	w.AtBoot = w.Value
	if w.Live.Or(true) {
		w.Now = w.Value
	}
	return nil
}

func sysctlLinks(want SysctlWant) resource.Links {
	return resource.Links{
		Provides: []string{"sysctl:" + want.Key},
		Within:   []string{want.Path()},
		Needs: []resource.Need{
			{Key: "path:/etc/sysctl.d", Reason: "its line is in a file there"},
			{Key: anyModule, Reason: "a module may bring the parameter"},
		},
	}
}

// revertSysctl is Undo for parameters: it restores the line in its old file, byte by byte unless it was edited since;
// an empty value removes it.
func revertSysctl(p resource.Past, before, after SysctlWant) ([]resource.RevertTarget, error) {
	us, err := p.RevertAttrs([]string{"file"})
	if err != nil || len(us) == 0 {
		return us, err
	}
	maps.Copy(us[0].Want, p.Identity("file"))
	maps.Copy(us[0].Made, p.Identity("file"))
	was := cmp.Or(before.Was, after.Was)
	setPast(us[0].Want, was)
	if past := (&PartPlace{Was: was}).Past(); past != nil && past.At != "" { // a removal concerns the old line
		us[0].Want["file"] = cty.StringVal(path.Base(past.At))
		us[0].Made["file"] = us[0].Want["file"]
	}
	if _, ok := us[0].Want["saved_value"]; ok && before.Line.Set { // another file may have set the effective value
		delete(us[0].Want, "saved_value")
		us[0].Want["line"] = cty.StringVal(lineBefore(was, before))
		if made, ok := us[0].Made["saved_value"]; ok { // in the same words, so that a later edit is noticed
			delete(us[0].Made, "saved_value")
			us[0].Made["line"] = made
		}
	}
	return us, nil
}

// lineBefore returns the value that a parameter had in its file, which may be another file than the one that converge
// wrote first.
func lineBefore(was *resource.Blob, before SysctlWant) string {
	past := (&PartPlace{Was: was}).Past()
	switch {
	case past == nil || past.At == "" || past.Present && past.Value == nil:
		return before.Line.Value
	case past.Present:
		return *past.Value
	}
	return ""
}

// SysctlKey returns the one spelling of a parameter's name: with dots between the names, and a slash for a dot in a
// name. See sysctl.d(5).
func SysctlKey(key string) string {
	if i := strings.IndexAny(key, "./"); i >= 0 && key[i] == '/' {
		return swapSeparators(key)
	}
	return key
}

// SysctlPath returns the path of the parameter with that name, below /proc/sys.
func SysctlPath(key string) string { return swapSeparators(SysctlKey(key)) }

func swapSeparators(s string) string {
	return strings.NewReplacer(".", "/", "/", ".").Replace(s)
}

func checkSysctlKey(v cty.Value) error {
	at := SysctlPath(v.AsString())
	ok := at != "" && path.Clean("/"+at) == "/"+at && !strings.ContainsAny(at, "=*?[]#; \t\n\x00") && at[0] != '-'
	if name, value, both := strings.Cut(v.AsString(), "="); both && !ok && checkSysctlKey(cty.StringVal(strings.TrimSpace(name))) == nil {
		return fmt.Errorf("must be the name of a parameter alone; its value is an attribute: sysctl %q { value = %q }", strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return require(ok, "must be the name of a parameter, such as net.ipv4.ip_forward")
}

func checkSysctlFile(v cty.Value) error {
	name := v.AsString()
	ok := !strings.Contains(name, "/") && strings.HasSuffix(name, ".conf") && !strings.HasPrefix(name, ".")
	return require(ok, "must be the name of a file in /etc/sysctl.d that ends with .conf")
}

// IsSameSysctl reports whether two texts are one value of a parameter: the kernel
// writes tabs where people write blanks.
func IsSameSysctl(a, b string) bool { return slices.Equal(strings.Fields(a), strings.Fields(b)) }

func isSameSysctl(have, want cty.Value) bool { return IsSameSysctl(have.AsString(), want.AsString()) }
