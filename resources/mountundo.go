package resources

import (
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/edit"
	"converge/internal/resource"
)

// revertMount is Undo for mounts: the old line, byte by byte if nobody has edited it
// since, and the old options. What was not mounted is unmounted.
func revertMount(p resource.Past, before, after MountWant) ([]resource.RevertTarget, error) {
	targets, err := p.RevertAttrs(nil)
	if err != nil || len(targets) == 0 {
		return targets, err
	}
	u := &targets[0]
	state := "mounted"
	if !before.Live.Set && !after.Live.Set && !p.WasRemoved() {
		state = "saved"
	}
	u.Want["state"] = cty.StringVal(state)
	if live, ok := u.Want["live"]; ok && live.Type() == cty.String {
		u.Want["live"] = cty.StringVal(takeBackFlags(live.AsString(), after.Live.Value))
		u.Want["remount"] = cty.StringVal("replace")
	}
	was := before.Was
	if was == nil {
		was = after.Was
	}
	if _, ok := u.Want["saved"]; was != nil && (ok || p.WasCreated()) {
		text, err := contentText(was)
		if err != nil {
			return nil, err
		}
		u.Want["was"] = cty.StringVal(resource.EncodeText(text))
	}
	return targets, nil
}

// takeBackFlags adds to the options of an earlier state the opposite of each flag that it
// did not have and that the run has set: only that takes the flag away.
func takeBackFlags(before, after string) string {
	b, a := ParseMountState(before), ParseMountState(after)
	if b == (MountState{}) {
		return ""
	}
	had := edit.SplitOptions(b.Options)
	for _, flag := range edit.SplitOptions(a.Options) {
		if not, ok := strings.CutPrefix(flag, "no"); ok && slices.Contains([]string{"exec", "suid", "dev"}, not) && !slices.Contains(had, flag) {
			had = append(had, not)
		}
	}
	b.Options = strings.Join(had, ",")
	return b.String()
}
