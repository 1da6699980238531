package resources

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/resource"
)

// wholeContradictions finds files that one resource declares as a whole, although programs write lines for another
// resource there: useradd writes those of an account, converge the section of a repository of pacman. edits names
// these files; holds reports whether a content has what the resource wants in a file, and nil means that it never
// does.
func wholeContradictions(kind string, edits func(r *resource.Resource) []string, holds func(r *resource.Resource, file string, content []byte) bool) func(rs []*resource.Resource) hcl.Diagnostics {
	return func(rs []*resource.Resource) (diags hcl.Diagnostics) {
		owners := map[string][]*resource.Resource{}
		for _, r := range rs {
			if r.Kind.Name == kind && r.IsEnforced() {
				for _, file := range edits(r) {
					owners["path:"+file] = append(owners["path:"+file], r)
				}
			}
		}
		if len(owners) == 0 {
			return nil
		}
		for _, whole := range rs {
			if owners[whole.Key] == nil || !whole.IsEnforced() || len(WholeFiles(whole)) == 0 {
				continue
			}
			file := whole.Key[len("path:"):]
			content, isKnown := declaredContent(whole)
			for _, r := range owners[whole.Key] {
				if holds == nil || !isKnown || !holds(r, file, content) {
					diags = append(diags, contradiction(r, whole, fmt.Sprintf("%s and %s, which declares the whole of %q, want different lines of it.", r.Addr, whole.Addr, file), "remove one of them (a file with only mode and owner is fine)"))
				}
			}
		}
		return diags
	}
}

// declaredContent returns the content that a resource declares for its file; false if it is not known, because it has
// to be fetched, or is that of another file.
func declaredContent(whole *resource.Resource) (content []byte, isKnown bool) {
	if whole.WantsAbsent() {
		return nil, true
	}
	if whole.Kind.Name == "link" {
		return nil, false
	}
	contents := whole.Kind.Contents(whole.Want)
	if len(contents) == 0 || contents[0].Sealed() != "" {
		return nil, false
	}
	text, err := contentText(contents[0])
	return []byte(text), err == nil
}

// accountEdits are the files with a line of an account, or with its name in a line. They exclude /etc/subuid, to which
// useradd adds once: nothing compares that.
func accountEdits(r *resource.Resource) []string {
	files := AccountFiles(r.Key)
	if r.Kind.Name == "user" && !r.WantsAbsent() {
		if w := resource.Must[UserWant](r.Want); !w.Groups.Set && !isGroupName(w.Group) {
			files = []string{passwdFile, shadowFile}
		}
	}
	return files
}

// accountHolds reports whether the content of a file has what an account wants there. Every account has a line in the
// files of its kind, with or without a password.
func accountHolds(r *resource.Resource, file string, content []byte) bool {
	in := NewFiles(func(name string) []byte {
		if name == file {
			return content
		}
		return nil
	})
	if IsMissing(in, file, r) {
		return false
	}
	lines := in.at(file).entries()
	switch {
	case r.WantsAbsent() || file == gshadowFile:
		return true
	case r.Kind.Name == "group":
		return lines[resource.Must[GroupWant](r.Want).Name] != nil
	}
	w := resource.Must[UserWant](r.Want)
	if file != groupFile {
		return lines[resource.DecodeBytes(w.Name)] != nil
	}
	needs := slices.Clone(w.Groups.Value)
	if isGroupName(w.Group) {
		needs = append(needs, w.Group.Value)
	}
	return !slices.ContainsFunc(needs, func(group string) bool { return lines[resource.DecodeBytes(group)] == nil && !isNumber(group) })
}

// isGroupName reports whether a group is given by its name.
func isGroupName(group resource.Opt[string]) bool { return group.Value != "" && !isNumber(group.Value) }
