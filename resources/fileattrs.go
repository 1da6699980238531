package resources

import (
	"encoding/hex"
	"errors"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func typeAttr(typ string) resource.Attr {
	return resource.Attr{Name: "type", Computed: true, Doc: "What is at the path: `" + typ + "`."}
}

func pathAttr(doc string) resource.Attr {
	return resource.Attr{Name: "path", Required: true, Check: checkPath, Doc: doc}
}

func ensureAttr(what, more string) resource.Attr {
	return resource.Attr{
		Name: "ensure", OneOf: []string{"present", "absent"},
		Doc: "Whether there is to be such a " + what + ": `present`, also when unset, or `absent`." + more,
	}
}

// permAttrs are the attributes of every kind with an owner and a mode.
func permAttrs(what string) []resource.Attr {
	return []resource.Attr{
		ensureAttr(what, ""),
		{
			Name: "mode", Check: checkMode, Same: sameMode, Result: resultingMode,
			Doc: "Permissions: octal (`\"0644\"`, `\"4755\"`) or symbolic (`\"u=rw,go=r\"`, `\"g+w\"`). Unset: a new file gets " +
				"0644, or 0600 if its content is sensitive, a new directory 0755, and what exists keeps its own.",
		},
		{Name: "owner", ByNumber: true, Check: checkName, Doc: "User that owns it, by name or number. Unset: a new " + what + " belongs to root" + ownerOfNew(what) + ", and what exists keeps its owner."},
		{Name: "group", ByNumber: true, Check: checkName, Doc: "Group that it belongs to, by name or number."},
		{Name: "xattrs", Computed: true, Doc: "Extended attributes, access lists and capabilities included, of what a rollback puts back."},
	}
}

// fileAttrs are the attributes that file and template share, in this order
// after those that say where the content comes from.
func fileAttrs(what string) []resource.Attr {
	return append(permAttrs(what),
		resource.Attr{
			Name: "verify", Option: true, Check: checkVerify,
			Doc: "A command, as a list of words, that is run on the new content before it replaces the old one; one word " +
				"at least must be or hold `{path}`, which becomes the path of the candidate. It runs on this machine, also where `--root` is another tree. If it fails the old file stays, and its output is shown.",
		},
		resource.Attr{
			Name: "on_edit", Option: true, OneOf: []string{"overwrite", "keep", "stop"},
			Doc: "What to do with a file that was edited since converge wrote it: `overwrite` (also when unset; the old content is kept " +
				"in the state folder), `keep` (leave it, and put ours beside it as `PATH.converge-new`), `stop` (fail).",
		},
		resource.Attr{
			Name: "backup", Option: true, Check: checkBackup,
			Doc: "Keep the content that is replaced or removed beside the file, under this suffix: `\".bak\"`, also for `true`. An older backup is replaced.",
		},
		resource.Attr{
			Name: "sensitive", Option: true,
			Doc: "Show the content nowhere: not in plans, events, errors or history. Content made from sensitive values is so by itself.",
		},
		resource.Attr{Name: "follow", Option: true, Wording: true, Doc: "If a symbolic link is at the path, manage the file that it points to."},
		resource.Attr{Name: "force", Option: true, Doc: "Replace a link, or anything else but a directory, that is in the way."},
	)
}

func checkSHA256(v cty.Value) error {
	if b, err := hex.DecodeString(v.AsString()); err != nil || len(b) != 32 {
		return errors.New("must be 64 hexadecimal digits")
	}
	return nil
}

func checkObject(v cty.Value) error {
	if t := v.Type(); !t.IsObjectType() && !t.IsMapType() {
		return errors.New("must be an object or a map")
	}
	return nil
}

func checkVerify(v cty.Value) error {
	var argv []string
	for _, e := range v.AsValueSlice() {
		if e.IsNull() {
			return errors.New("must not contain null")
		}
		argv = append(argv, e.AsString())
	}
	if len(argv) == 0 || argv[0] == "" {
		return errors.New("must name a command")
	}
	if !strings.Contains(strings.Join(argv[1:], "\n"), "{path}") {
		return errors.New(`must have {path} among its arguments, which becomes the path of the new content`)
	}
	return nil
}

// checkBackup keeps the backup in the same directory, under another name.
func checkBackup(v cty.Value) error {
	if s := v.AsString(); s == "" || strings.ContainsAny(s, "/\x00") {
		return errors.New(`must be true, false or a suffix like ".bak"`)
	}
	return nil
}

func checkTarget(v cty.Value) error {
	if s := v.AsString(); s == "" || strings.ContainsRune(s, 0) {
		return errors.New("must be the path that the link points to")
	}
	return nil
}

// ownerOfNew documents the owner of a new thing: a directory of root's in
// another user's would be an unsafe step on the way to its content.
func ownerOfNew(what string) string {
	if what == "directory" {
		return ", or in a directory of another user to that user"
	}
	return ""
}
