package resources

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// Fstab is the file with the lines of mounts and swap space.
const Fstab = "/etc/fstab"

// MountWant is the struct of the kind mount. Saved and Live are derived from the declaration, and compared.
type MountWant struct {
	Path    resource.Text          `attr:"path"`
	Ensure  resource.Opt[string]   `attr:"ensure"`
	Device  resource.Opt[string]   `attr:"device"`
	Type    resource.Opt[string]   `attr:"type"`
	Options resource.Opt[[]string] `attr:"options"`
	Dump    resource.Opt[int64]    `attr:"dump"`
	Pass    resource.Opt[int64]    `attr:"pass"`
	State   resource.Opt[string]   `attr:"state"`
	Remount resource.Opt[string]   `attr:"remount"`
	Saved   resource.Opt[string]   `attr:"saved"` // a line of fstab; "": none
	Live    resource.Opt[string]   `attr:"live"`  // a [MountState]; "": nothing is mounted
	Was     *resource.Blob         `attr:"was"`   // a [PartPast] of the line
}

// IsAbsent reports whether there should be neither the line nor the mount.
func (w *MountWant) IsAbsent() bool { return w.Ensure.Value == "absent" }

// IsLiveManaged reports whether the live mount is managed, and not only the line.
func (w *MountWant) IsLiveManaged() bool { return w.State.Value != "saved" }

// Mount is the kind of one mount point. A provider of nil serves documentation and
// validation.
func Mount(p resource.Provider) *resource.Kind {
	return &resource.Kind{
		Name: "mount",
		Doc: "One mount point: its line in `/etc/fstab`, and what is mounted there now. converge compares both, each by itself.\n\n" +
			"The line is edited where it is; comments and all other lines stay. A new line comes at the end, or before the first mount point below its own. " +
			"All lines of a run are checked by `findmnt --verify` before they are written, and systemd reads them before anything is mounted. If something cannot be mounted, its line is put back.\n\n" +
			"A folder that is declared comes before its mount, and everything that is declared below the mount point comes after it. converge never detaches a mount that is in use: the error names the processes. " +
			"Undoing a mount restores the old line and the old options, and unmounts only what converge mounted. With `--root`, converge manages only the line.\n\n" +
			"For swap space use `swap`.",
		Example: "mount \"/dev/shm\" {\n  device  = \"tmpfs\"\n  type    = \"tmpfs\"\n  options = [\"nosuid\", \"nodev\", \"noexec\"]\n}\n",
		Label:   "path",
		Attrs: resource.Typing[MountWant]([]resource.Attr{
			{Name: "path", Required: true, Public: true, Check: checkPath, Doc: "The mount point: an absolute path that is no symbolic link."},
			ensureAttr("mount", " `absent` unmounts it and removes its line, also if it was there before converge; `--prune` puts back what was there before converge."),
			{Name: "device", Option: true, Check: checkFstabField, Doc: "What is mounted: a device, `UUID=…`, `LABEL=…`, `PARTUUID=…`, a folder or a file for a bind mount, `host:/path` for nfs, a name such as `tmpfs`. Required unless there is a line already, or something is mounted."},
			{Name: "type", Option: true, Check: checkFstabField, Doc: "The type of the file system: `ext4`, `tmpfs`, `nfs`. A bind mount has `none`, also when unset. Otherwise it is required unless there is a line already, or something is mounted."},
			{
				Name: "options", Option: true, Check: checkMountOptions,
				Doc: "The options of the line, all of them, in any order: `[\"bind\", \"ro\"]`. Of what is mounted now only these are compared, and those that the line has and loses by the change: `noexec` that is taken out of the list is gone at once, and not only after a reboot. Options that mean something in the line alone (`nofail`, `noauto`, `_netdev`, `user`, `x-…`, propagation such as `shared`) are not. " +
					"Options that the kernel rewrites, such as `size=50%`, are compared with what it made of them when converge set them.",
			},
			{Name: "dump", Option: true, Doc: "The fifth field of the line. A new line gets 0."},
			{Name: "pass", Option: true, Doc: "The sixth field of the line: the order of file system checks at boot. A new line gets 0."},
			{Name: "state", Option: true, Default: cty.StringVal("mounted"), OneOf: []string{"mounted", "saved", "unmounted"}, Doc: "`mounted`: there is a line, and it is mounted. `saved`: only the line is managed. `unmounted`: there is a line, and nothing is mounted."},
			{
				Name: "remount", Option: true, Default: cty.StringVal("auto"), OneOf: []string{"auto", "replace"},
				Doc: "How a mount is changed. `auto`: it is remounted with the full list of options, and with the flags that it has and the list does not decide on (such as `nosuid`); a change that takes more is an error. `replace`: where a remount cannot do it, it is unmounted and mounted again.",
			},
			{Name: "saved", Computed: true, Loses: resource.Empties, SecretIf: []string{"device", "type", "options"}, Result: resultingLine, Doc: "The line in `/etc/fstab`; empty if there is none."},
			{Name: "live", Computed: true, Live: true, Loses: resource.Empties, SecretIf: []string{"device", "type", "options"}, Result: resultingLive, ResultOf: resultingMount, Doc: "Device, type and options of what is mounted now; empty if nothing is."},
			{Name: "was", Computed: true, Internal: true, Option: true, SecretIf: []string{"device", "type", "options"}, Doc: "What the line was before, for a rollback."},
		}),
		ContentAttr: "live", TextContent: true,
		Prepare: resource.Preparing(prepareMount),
		Links:   resource.Reading(mountLinks),
		Moves: func(c resource.Change) bool {
			return c.Action == resource.Create || c.Action == resource.Delete || c.Differs("live")
		},
		Contradict: ownerContradictions("mount"),
		Revert:     resource.Reverting(revertMount),
		Leaves:     leftOfMount,
		BootOnly:   map[string]cty.Value{"state": cty.StringVal("saved")},
		Restores:   true, RecordAttr: "was",
		JoinRecords:    JoinPartPasts,
		BareRecord:     barePartPast,
		RecordDestroys: destroyedByPart,
		Provider:       p,
	}
}

// MountState is a live or a wanted mount: a field that may be anything is "*".
type MountState struct{ Device, Type, Options string }

// String returns the state as one line; "" if nothing is mounted.
func (s MountState) String() string {
	if s == (MountState{}) {
		return ""
	}
	return edit.EscapeFstab(s.Device) + " " + edit.EscapeFstab(s.Type) + " " + edit.EscapeFstab(s.Options)
}

// ParseMountState is the inverse of [MountState.String].
func ParseMountState(text string) MountState {
	words := append(strings.Fields(text), "", "", "")
	return MountState{edit.UnescapeFstab(words[0]), edit.UnescapeFstab(words[1]), edit.UnescapeFstab(words[2])}
}

// IsBind reports whether options are those of a bind mount.
func IsBind(options []string) bool {
	return slices.Contains(options, "bind") || slices.Contains(options, "rbind")
}

// IsFstabOnly reports whether an option means nothing to the kernel, or is not compared with the kernel's list.
func IsFstabOnly(option string) bool {
	name, _, _ := strings.Cut(option, "=")
	switch name {
	case "", "defaults", "auto", "noauto", "nofail", "fail", "_netdev", "user", "nouser", "users", "owner", "group", "comment", "norelatime",
		"bind", "rbind", "loop", "shared", "rshared", "slave", "rslave", "private", "rprivate", "unbindable", "runbindable":
		return true
	}
	return strings.HasPrefix(name, "x-") || strings.HasPrefix(name, "X-")
}

func checkFstabField(v cty.Value) error {
	s := v.AsString()
	return require(s != "" && s != edit.FstabAny && !strings.ContainsAny(s, "\n\x00"), "must be one line, and not empty")
}

func checkMountOptions(v cty.Value) error {
	for _, o := range v.AsValueSlice() {
		if o.IsNull() || o.AsString() == "" || strings.ContainsAny(o.AsString(), " \t\n\x00") || len(edit.SplitOptions(o.AsString())) != 1 {
			hint := ""
			if !o.IsNull() && strings.Contains(o.AsString(), ",") && !strings.ContainsAny(o.AsString(), "\"\n\x00") {
				hint = fmt.Sprintf(": [%s]", quoteAll(strings.FieldsFunc(o.AsString(), func(r rune) bool { return r == ',' || r == ' ' })))
			}
			return require(false, "must be a list with one option in each element, without blanks"+hint)
		}
	}
	return nil
}

func prepareMount(_ resource.Input, w *MountWant) error {
	w.Path = w.Path.Canonical()
	if w.Path == "/" && (w.IsAbsent() || w.State.Value == "unmounted") {
		return attrError("path", "must not be the root, which cannot be unmounted")
	}
	if w.IsAbsent() {
		*w = MountWant{Path: w.Path, Ensure: w.Ensure, State: w.State}
		return nil
	}
	w.Ensure = resource.Opt[string]{}
	switch {
	case w.Type.Value == "swap":
		return attrError("type", "must not be swap: use the kind swap")
	case IsBind(w.Options.Value) && !w.Type.Set:
		w.Type = resource.Some("none")
	}
	line := edit.FstabFields{
		w.Device.Or(edit.FstabAny), string(w.Path), w.Type.Or(edit.FstabAny), edit.FstabAny,
		numberOrAny(w.Dump), numberOrAny(w.Pass),
	}
	live := MountState{line[edit.FstabDevice], line[edit.FstabType], edit.FstabAny}
	if w.Options.Set {
		line[edit.FstabOptions] = joinOptions(w.Options.Value)
		live.Options = joinOptions(slices.DeleteFunc(slices.Clone(w.Options.Value), func(o string) bool {
			return o != "bind" && o != "rbind" && IsFstabOnly(o)
		}))
	}
	w.Saved = resource.Some(line.Wanted())
	switch w.State.Value {
	case "mounted":
		w.Live = resource.Some(live.String())
	case "unmounted":
		w.Live = resource.Some("")
	}
	return nil
}

// joinOptions is a list of options as a field, which is never empty.
func joinOptions(options []string) string {
	if len(options) == 0 {
		return "defaults"
	}
	return strings.Join(options, ",")
}

func numberOrAny(n resource.Opt[int64]) string {
	if n.Set {
		return strconv.FormatInt(n.Value, 10)
	}
	return edit.FstabAny
}

// mountLinks returns the keys of a mount. Things that need a path at or below the mount point come after the mount.
func mountLinks(w MountWant) resource.Links {
	p := string(w.Path)
	l := resource.Links{
		Provides: []string{"mount:" + p}, Shares: []string{"path:" + p, "unit:" + MountUnit(p, "mount")},
		Within: []string{Fstab}, Writes: []string{p}, Covers: p,
	}
	l.Needs = []resource.Need{{Key: "path:" + Fstab, Reason: "its line is a part of that file"}}
	l.Needs = append(l.Needs, needsOfPath("path:"+p, "it is mounted on that directory")...)
	if device := w.Device.Value; strings.HasPrefix(device, "/") && !strings.HasPrefix(device, "/dev/") && path.Clean(device) != "/" {
		l.Needs = append(l.Needs, needsOfPath("path:"+resource.CanonicalPath(path.Clean(device)), "that is what is mounted")...)
		if IsBind(w.Options.Value) && !w.IsAbsent() {
			l.Shows = resource.CanonicalPath(path.Clean(device))
		}
	}
	return l
}

// needsOfPath are the needs of a user of a path: the path itself, the folders above it, and the directory that makes
// its folder on the way.
func needsOfPath(key, reason string) []resource.Need {
	needs := []resource.Need{{Key: key, Reason: reason}}
	first := strings.LastIndexByte(key, '/')
	for i := first; i > len("path:"); i = strings.LastIndexByte(key[:i], '/') {
		needs = append(needs, resource.Need{Key: key[:i], Reason: "it lies in that directory"})
	}
	if first > len("path:") {
		needs = append(needs, resource.Need{Key: key[:first+1], Reason: "it makes that directory on the way"})
	}
	return append(needs, resource.Need{Key: key + "/", Reason: "it makes that directory on the way"})
}

// MountUnit is the name of systemd's unit for a path: see systemd.unit(5), String
// Escaping.
func MountUnit(p, suffix string) string {
	p = strings.Trim(resource.DecodeBytes(p), "/")
	if p == "" {
		return "-." + suffix
	}
	var b strings.Builder
	for i := range len(p) {
		switch c := p[i]; {
		case c == '/':
			b.WriteByte('-')
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == ':', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			b.WriteString(`\x` + strconv.FormatUint(uint64(c)|0x100, 16)[1:])
		}
	}
	return b.String() + "." + suffix
}

// resultingLine is the result for an existing line.
func resultingLine(have, want cty.Value) cty.Value {
	words := resource.Must[MountWant](want).Saved.Value
	h, ok := edit.ParseFstabFields(resource.DecodeBytes(have.AsString()))
	w, wanted := edit.ParseWantedFstab(words)
	if !wanted || !ok {
		return cty.StringVal(words)
	}
	for i := range w {
		if w[i] == edit.FstabAny {
			w[i] = h[i]
		}
	}
	return cty.StringVal(w.String())
}

// resultingMount is resultingLive, without the options that the line of the mount loses.
func resultingMount(have, want cty.Value) cty.Value {
	h, w := resource.Must[MountWant](have), resource.Must[MountWant](want)
	result := resultingLive(cty.StringVal(h.Live.Value), want)
	wanted, isKnown := edit.ParseWantedFstab(w.Saved.Value)
	line, isLine := edit.ParseFstabFields(resource.DecodeBytes(h.Saved.Value))
	if !isKnown || !isLine || wanted[edit.FstabOptions] == edit.FstabAny {
		return result
	}
	m := ParseMountState(result.AsString())
	declared := append(edit.SplitOptions(ParseMountState(w.Live.Value).Options), edit.SplitOptions(wanted[edit.FstabOptions])...)
	goes := DroppedOptions(edit.SplitOptions(line[edit.FstabOptions]), declared)
	options := slices.DeleteFunc(edit.SplitOptions(m.Options), func(o string) bool {
		return slices.Contains(goes, o) && OppositeOption(o, m.Type) != ""
	})
	if m == (MountState{}) || len(options) == 0 {
		return result
	}
	m.Options = strings.Join(options, ",")
	return cty.StringVal(m.String())
}

// resultingLive returns the mount that a change results in.
func resultingLive(have, want cty.Value) cty.Value {
	words := resource.Must[MountWant](want).Live.Value
	h, w := ParseMountState(have.AsString()), ParseMountState(words)
	if w == (MountState{}) {
		return cty.StringVal(words)
	}
	if w.Device == edit.FstabAny && h.Device != "" {
		w.Device = h.Device
	}
	if w.Type == edit.FstabAny && h.Type != "" {
		w.Type = h.Type
	}
	if w.Options != edit.FstabAny && isSameMount(h, w) { // it is remounted
		options := edit.SplitOptions(w.Options)
		w.Options = strings.Join(append(options, KeptMountFlags(edit.SplitOptions(h.Options), options)...), ",")
	}
	return cty.StringVal(w.String())
}
