package resources

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// revertMount is Undo for mounts: it restores the old line, byte by byte unless it was edited since, and the old
// options. A file system that was not mounted is unmounted.
func revertMount(p resource.Past, before, after MountWant) ([]resource.RevertTarget, error) {
	targets, err := p.RevertAttrs(nil)
	if err != nil || len(targets) == 0 {
		return targets, err
	}
	u := &targets[0]
	state := "mounted"
	hidden := p.IsHiddenAfter("live") // it is secret, with an unknown value
	if !before.Live.Set && !after.Live.Set && !hidden && !p.WasRemoved() {
		state = "saved"
	}
	u.Want["state"] = cty.StringVal(state)
	if live, ok := u.Want["live"]; ok && live.Type() == cty.String {
		var text string
		var stays []string
		if hidden {
			text = takeBackAnyOption(live.AsString())
			u.Notes = append(u.Notes, "which options the run has set is secret: those that only a new mount takes back stay until then")
			u.Lost = append(u.Lost, "options of the mount at "+string(before.Path)+" that only a new mount takes back")
		} else {
			text, stays = takeBackOptions(live.AsString(), after.Live.Value, after.Remount.Value == "replace")
		}
		u.Want["live"] = cty.StringVal(text)
		if len(stays) > 0 {
			u.Notes = append(u.Notes, strings.Join(stays, ",")+" stays until it is mounted again, because nothing takes that back")
			u.Lost = append(u.Lost, strings.Join(stays, ",")+" of the mount at "+string(before.Path))
		}
		how := remountBack(ParseMountState(live.AsString()), ParseMountState(after.Live.Value))
		if after.Remount.Value == "replace" { // the way to replace the mount also serves to restore it
			how = "replace"
		}
		u.Want["remount"] = cty.StringVal(how)
	}
	was := before.Was
	if was == nil {
		was = after.Was
	}
	if _, ok := u.Want["saved"]; ok || p.WasCreated() {
		setPast(u.Want, was)
	}
	if line := madeLine((&PartPlace{Was: was}).Past(), resource.DecodeBytes(after.Saved.Value)); line != "" {
		text, err := json.Marshal(PartPast{Present: true, Value: &line})
		if err != nil {
			return nil, err
		}
		u.Made["was"] = cty.StringVal(resource.EncodeText(string(text)))
	}
	return targets, nil
}

// madeLine is the whole line that a run has added, if it still is as the last run left it; otherwise "". Later edits
// of such a line are not converge's, even in undeclared fields.
func madeLine(past *PartPast, saved string) string {
	if past == nil || past.Present || len(past.Hunks) != 1 || past.Hunks[0].Old != "" {
		return ""
	}
	line := strings.TrimRight(past.Hunks[0].New, "\r\n")
	want, ok := edit.ParseWantedFstab(saved)
	have, isLine := edit.ParseFstabFields(line)
	if !ok || !isLine || strings.Contains(line, "\n") || !have.Meets(want) {
		return ""
	}
	return line
}

// IsInMemory reports whether a file system of that type loses its content with its last mount.
func IsInMemory(fstype string) bool {
	return fstype == "tmpfs" || fstype == "ramfs" || fstype == "hugetlbfs"
}

// leftOfMount is Leaves for mounts: a file system in memory that was unmounted comes back empty.
func leftOfMount(p resource.Past) []string {
	before, err := resource.DecodeRecorded[MountWant](p.Before)
	if err != nil || p.WasCreated() {
		return nil // Undo reports that
	}
	was := ParseMountState(resource.DecodeBytes(before.Live.Value))
	if !IsInMemory(was.Type) {
		return nil
	}
	if !p.WasRemoved() {
		after, err := resource.DecodeRecorded[MountWant](p.After)
		now := ParseMountState(resource.DecodeBytes(after.Live.Value))
		if err != nil || !after.Live.Set || now != (MountState{}) && isSameMount(was, now) {
			return nil
		}
	}
	return []string{"what was in the " + was.Type + " at " + string(before.Path)}
}

// remountBack is how a mount is restored. It is unmounted only if something else was mounted before: a tmpfs that is
// unmounted loses its files, so that a refused remount has to be an error.
func remountBack(before, after MountState) string {
	none := MountState{}
	if before == none || after == none || isSameMount(before, after) {
		return "auto"
	}
	return "replace"
}

// isSameMount reports whether two states differ in their options at most. A device that is neither a path nor a tag
// nor a server, like tmpfs, is only a name.
func isSameMount(a, b MountState) bool {
	same := func(x, y string) bool { return x == y || x == edit.FstabAny || y == edit.FstabAny }
	named := !strings.ContainsAny(a.Device+b.Device, "/:=")
	return same(a.Type, b.Type) && (named || same(a.Device, b.Device)) &&
		IsBind(edit.SplitOptions(a.Options)) == IsBind(edit.SplitOptions(b.Options))
}

// takeBackOptions adds to the options of an earlier state the opposites of those that the run has added: only an
// opposite removes an option. stays are options without one. isReplaced means that the mount may be made anew, which
// removes options that a remount ignores.
func takeBackOptions(before, after string, isReplaced bool) (live string, stays []string) {
	b, a := ParseMountState(before), ParseMountState(after)
	if b == (MountState{}) {
		return "", nil
	}
	had := edit.SplitOptions(b.Options)
	has := func(name string) bool {
		return slices.ContainsFunc(had, func(o string) bool { return o == name || strings.HasPrefix(o, name+"=") })
	}
	for _, o := range edit.SplitOptions(a.Options) {
		name, _, hasValue := strings.Cut(o, "=")
		opposite := OppositeOption(o, a.Type)
		if opposite == "" && isReplaced {
			opposite = mountedAnew(name, a.Type)
		}
		switch {
		case o == edit.FstabAny || IsFstabOnly(o) || has(name) || slices.Contains(had, opposite):
		case opposite != "":
			had = append(had, opposite)
		case hasValue || !slices.Contains([]string{"rw", "exec", "suid", "dev", "async", "atime"}, o):
			stays = append(stays, o)
		}
	}
	b.Options = strings.Join(had, ",")
	return b.String(), stays
}

// takeBackAnyOption adds to the options of an earlier state the opposite of each option that the run may have set:
// which ones it has set is secret.
func takeBackAnyOption(before string) string {
	b := ParseMountState(before)
	if b == (MountState{}) {
		return ""
	}
	all := MountState{b.Device, b.Type, "noexec,nosuid,nodev,nodiratime,nosymfollow,sync"}
	live, _ := takeBackOptions(before, all.String(), false)
	return live
}

// mountedAnew is the value of an option of a new mount whose line does not name it; "": not known.
func mountedAnew(name, fstype string) string {
	switch {
	case fstype != "tmpfs":
		return ""
	case name == "uid" || name == "gid":
		return name + "=0"
	case name == "mode":
		return "mode=1777"
	}
	return ""
}

// OppositeOption is the option that removes another one; "" if there is none.
func OppositeOption(o, fstype string) string {
	switch o {
	case "noexec", "nosuid", "nodev", "noatime", "nodiratime", "nosymfollow":
		return strings.TrimPrefix(o, "no")
	case "ro":
		return "rw"
	case "sync":
		return "async"
	case "lazytime":
		return "nolazytime"
	}
	switch name, _, _ := strings.Cut(o, "="); {
	case name == "hidepid":
		return "hidepid=0"
	case name == "size" && fstype == "tmpfs":
		return "size=50%"
	}
	return ""
}
