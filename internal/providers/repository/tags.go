package repository

import (
	"fmt"
	"slices"
	"strings"

	"converge/internal/resource"
	"converge/resources"
)

// apkWorld is apk's list of wanted packages.
const apkWorld = "/etc/apk/world"

// checkTags refuses a change that leaves apk's list of wanted packages with a tag that no repository has: apk then
// makes no change at all. after is the future definition.
func (r *tree) checkTags(have *resources.RepositoryWant, after *resource.Blob) error {
	if have == nil || have.Provider.Value != "apk" {
		return nil
	}
	before, _ := contentOf(have.Definition)
	gone := tagsIn(string(before))
	if len(gone) == 0 {
		return nil
	}
	left, _ := contentOf(after)
	texts, err := r.otherDefinitions(*have)
	if err != nil {
		return err
	}
	own, err := r.readIfFile("/etc/apk/repositories")
	if err != nil {
		return err
	}
	for _, text := range append(texts, string(own), string(left)) {
		kept := tagsIn(text)
		gone = slices.DeleteFunc(gone, func(tag string) bool { return slices.Contains(kept, tag) })
	}
	world, err := r.readIfFile(apkWorld)
	if err != nil {
		return err
	}
	var named, without []string
	for word := range strings.FieldsSeq(string(world)) {
		name, rest, _ := strings.Cut(word, "@")
		end := strings.IndexAny(rest+"=", "<>=~")
		if slices.Contains(gone, rest[:end]) {
			named, without = append(named, word), append(without, "'"+name+rest[end:]+"'")
		}
	}
	if len(named) == 0 {
		return nil
	}
	return fmt.Errorf("%s names %s, and apk makes no change once no repository has that tag: name it there without the tag first, with: apk add %s", apkWorld, strings.Join(named, ", "), strings.Join(without, " "))
}

// tagsIn lists the tags in a definition of apk: "@TAG URL".
func tagsIn(definition string) (tags []string) {
	for line := range strings.Lines(definition) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[0], "@") {
			tags = append(tags, f[0][1:])
		}
	}
	return tags
}

// reviewTags reports tags that are still needed. The removal of a package before this change may help.
func (r *tree) reviewTags(t resource.TypedChange[resources.RepositoryWant], o resource.Outlook, out *resource.Review) {
	after := t.Want.Definition
	if t.Action == resource.Delete {
		after = nil
	}
	switch err := r.checkTags(t.Have, after); {
	case err == nil:
	case o.Pending == resource.NothingPending:
		out.Blocked = fmt.Errorf("cannot change the repository %s: %w", t.Have.Name, err)
	default:
		out.Notes = append(out.Notes, err.Error()+": it fails unless something before it changes that")
	}
}
