package resources

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/resource"
)

func typeAttr(typ string) resource.Attr {
	return resource.Attr{Name: "type", Computed: true, Doc: "The type of the entry at the path: `" + typ + "`."}
}

func pathAttr(doc string) resource.Attr {
	return resource.Attr{Name: "path", Required: true, Check: checkPath, Doc: doc}
}

func ensureAttr(what, more string) resource.Attr {
	return resource.Attr{
		Name: "ensure", OneOf: []string{"present", "absent"},
		Doc: "Whether the " + what + " must exist: `present` (also when unset) or `absent`." + more,
	}
}

// lostGrants tells what does not go over to another owner.
const lostGrants = " A program that a user other than root made set-user-ID or set-group-ID loses that with its owner or group, unless `mode` says otherwise."

// permAttrs are the attributes of every kind with an owner and a mode.
func permAttrs(what string) []resource.Attr {
	return []resource.Attr{
		ensureAttr(what, ""),
		{
			Name: "mode", Check: checkMode, Same: sameMode, Result: resultingMode,
			Doc: "Permissions: octal (`\"0644\"`, `\"4755\"`) or symbolic (`\"u=rw,go=r\"`, `\"g+w\"`). Unset: a new file gets " +
				"0644, or 0600 if its content is sensitive; a new directory gets 0755; an existing file or directory keeps its mode.",
		},
		{Name: "owner", ByNumber: true, Check: checkName, Doc: "The owner, by name or number. Unset: a new " + what + " belongs to root" + ownerOfNew(what) + "; an existing one keeps its owner." + lostGrants},
		{Name: "group", ByNumber: true, Check: checkName, Doc: "The group, by name or number."},
		{Name: "xattrs", Computed: true, Internal: true, Doc: "Extended attributes, including access lists and capabilities, that a rollback restores."},
	}
}

// fileAttrs are the attributes that file and template share, in this order after those about the source of the
// content.
func fileAttrs(what string) []resource.Attr {
	out := append(permAttrs(what),
		resource.Attr{
			Name: "verify", Option: true, OnPrune: true, Check: checkVerify,
			Doc: verifyDoc("new content", "") + " A removal is checked as well, by a command without `{path}`: in the manifest with `ensure = \"absent\"`, and by `--prune`, which leaves alone what the command does not let go.",
		},
	)
	return append(append(out, contentAttrs()...),
		resource.Attr{Name: "follow", Option: true, Wording: true, Doc: "If a symbolic link is at the path, manage the file that it points to."},
		resource.Attr{Name: "initial", Computed: true, Internal: true, Option: true, Doc: "In a rollback: the content is only what the file is made with, because parts of it come back as well."},
		resource.Attr{Name: "force", Option: true, Doc: "Replace a link at the path, or anything else except a directory."},
	)
}

// contentAttrs are the attributes of every kind with a content, except the content.
func contentAttrs() []resource.Attr {
	return []resource.Attr{
		{
			Name: "on_edit", Option: true, OneOf: []string{"overwrite", "keep", "stop"},
			Doc: "The action on a file that was edited since converge wrote it: `overwrite` (also when unset; the state folder keeps " +
				"the old content), `keep` (leave the file, and write the declared content beside it as `PATH.converge-new`), or `stop` (fail).",
		},
		{
			Name: "backup", Option: true, Check: checkBackup,
			Doc: "Keep replaced or removed content beside the file, under its name with this suffix: `\".bak\"`, also for `true`. It replaces an older backup.",
		},
		{
			Name: "sensitive", Option: true,
			Doc: "Show the content nowhere: not in plans, events, errors or history. Content made from sensitive values is always sensitive.",
		},
	}
}

// verifyDoc documents verify; more describes {path}.
func verifyDoc(what, more string) string {
	return "A command, as a list of words, that checks the " + what + " before it replaces the old one. If it fails, the old file stays and converge shows the output. With `--root` it runs inside that tree, by the programs of the tree. " +
		"If a word is or contains `{path}`, converge replaces that by the path of the candidate" + more + ". A command without `{path}`, such as `[\"nginx\", \"-t\"]`, checks all files, links and removals that are written together: " +
		"it runs in a mount namespace in which each can be seen at its own path, runs once for all resources that name it, and fails those if it fails. Files are written together when all that they depend on is done at the same time. If the command refuses them, it runs once more and also sees the files, folders and parts of files that the same run makes later: what it accepts then is put in place, and the later ones are checked in their turn. In files where a mistake may lock out even root, nothing is put in place before the command accepts it as it is: what it has to find there belongs in `depends_on`. A plan runs it too, where nothing pending may still change its answer. " +
		"If converge may not make a namespace (as in most containers), the files are put in place first, and put back if the command fails; the plan says so."
}

func checkSHA256(v cty.Value) error {
	b, err := hex.DecodeString(v.AsString())
	return require(err == nil && len(b) == 32, "must be 64 hexadecimal digits")
}

func checkObject(v cty.Value) error {
	t := v.Type()
	return require(t.IsObjectType() || t.IsMapType(), "must be an object or a map")
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
	return require(!strings.Contains(argv[0], "{path}"), `must name a command first; {path} stands for the new content`)
}

// checkBackup keeps the backup in the same directory, under another name.
func checkBackup(v cty.Value) error {
	s := v.AsString()
	return require(s != "" && !strings.ContainsAny(s, "/\x00"), `must be true, false or a suffix like ".bak"`)
}

func checkTarget(v cty.Value) error {
	s := v.AsString()
	return require(s != "" && !strings.ContainsRune(s, 0), "must be the path that the link points to")
}

// ownerOfNew documents the owner of a new thing: a directory of root's in another user's directory would be an unsafe
// step on the way to its content.
func ownerOfNew(what string) string {
	if what == "directory" {
		return ", or to another user if its parent directory belongs to that user"
	}
	return ""
}

// parseSize reads a number of bytes: "1048576", "64MiB", "2GiB".
func parseSize(s string) (int64, error) {
	digits, unit := s, int64(1)
	for suffix, n := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if d, ok := strings.CutSuffix(s, suffix); ok {
			digits, unit = d, n
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > 1<<62/unit {
		return 0, errors.New(`must be a number of bytes, like "1048576", "64MiB" or "2GiB"`)
	}
	return n * unit, nil
}

func checkSize(v cty.Value) error {
	_, err := parseSize(v.AsString())
	return err
}

// SizeLimit returns the largest allowed size in bytes of a fetched content; 0: no
// limit declared.
func (f *FileSource) SizeLimit() int64 {
	n, err := parseSize(f.MaxSize.Value)
	if err != nil {
		return 0
	}
	return n
}

// keepsEdit reports whether c leaves the existing content alone and writes its own beside it ([ParkedSuffix]): on_edit
// is "keep", and converge did not write the existing content last. wrote reports whether converge wrote a digest; nil:
// it never did.
func keepsEdit(c resource.Change, wrote func(digest string) bool) bool {
	if wrote == nil || c.Action != resource.Update || resource.Must[Entry](c.Want).OnEdit.Value != "keep" {
		return false
	}
	live := resource.Must[Entry](c.Have).Content
	if live == nil {
		return false
	}
	digest, err := live.Digest()
	return err == nil && !wrote(digest)
}
