package files

import (
	"context"
	"fmt"

	"converge/internal/fsys"
	"converge/internal/resource"
	"converge/resources"
)

// noteGrants notes the set-id bits that a program loses with its owner. Only an octal mode declares them: another one
// changes the mode that is left.
func (a annotator) noteGrants(ctx context.Context, c *change, at location) []string {
	want, from := &c.request.Permissions, at.permissions()
	to, err := a.access.resolve(ctx, want, from, false)
	if err != nil || !losesGrants(from, to) || from.Mode&setID&^to.Mode == 0 || resources.IsOctal(want.Mode.Value) {
		return nil
	}
	made := ""
	if want.Mode.Set {
		made = ", and will have mode " + resources.FormatMode(to.Mode)
	}
	return []string{fmt.Sprintf("loses its set-id bits (mode %s), which %s gave it%s: set an octal mode to keep them",
		resources.FormatMode(from.Mode), a.access.accounts.UserName(from.UID), made)}
}

// noteBelow notes the programs that lose set-id bits as recurse changes them.
func (a annotator) noteBelow(ctx context.Context, c *change) []string {
	want := &c.request.Permissions
	if c.Action != resource.Update || !want.Owner.Set && !want.Group.Set {
		return nil
	}
	var out capped
	for _, at := range decodePaths(c.seen.Differing) {
		info, err := a.held.Lstat(at)
		if err != nil || info.Type != fsys.Regular || info.Mode&setID == 0 {
			continue
		}
		if to, err := a.access.resolve(ctx, want, permissionsOf(info), false); err == nil && losesGrants(permissionsOf(info), to) {
			out = append(out, fmt.Sprintf("%s (mode %s)", resource.EncodeBytes(at), resources.FormatMode(info.Mode)))
		}
	}
	return out.note("these lose their set-id bits, which users other than root gave them: ")
}
