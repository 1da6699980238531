package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"converge/internal/manifest/diag"
	"converge/internal/manifest/syntax"
	"converge/internal/resource"
)

// suggestAttribute suggests an attribute in place of one that a resource does not have. of is the resource as written:
// file.conf.
func (k *kindInfo) suggestAttribute(of, name string) string {
	readable := k.readable()
	if near := diag.Suggest(name, readable, ""); near != "" && k.meantValue(of, name) == "" {
		return near
	}
	if here := k.meantValue(of, name); here != "" {
		return " " + here
	}
	for _, mine := range renamedAttrs()[name] {
		if slices.Contains(readable, mine) {
			return fmt.Sprintf(" Here that is %s.%s.", of, mine)
		}
	}
	if near := diag.Suggest(name, k.Verbs, ""); near != "" {
		return fmt.Sprintf("%s That is an action, which stands in notifies.", near)
	}
	return diag.Suggest(name, readable, "Its attributes are")
}

// readable returns the attributes that a manifest can set or refer to.
func (k *kindInfo) readable() []string {
	var out []string
	for i := range k.Attrs {
		if !k.Attrs[i].Internal {
			out = append(out, k.Attrs[i].Name)
		}
	}
	return out
}

// meantValue explains how to compute a value that is not an attribute: a digest, a part of a path. Values that are only
// known on the machine are not available. "" if name is not such a value.
func (k *kindInfo) meantValue(of, name string) string {
	has := func(attr string) bool { i, ok := k.attr[attr]; return ok && !k.Attrs[i].Internal }
	path := cmp.Or(k.Label, "path")
	in := func(words string) bool { return slices.Contains(strings.Fields(words), name) }
	switch {
	case in("checksum sha256 sha256sum hash digest shasum sha256_hash content_sha256 output_sha256") && has("content"):
		return fmt.Sprintf("Here that is sha256(%s.content).", of)
	case in("md5 md5sum sha1 sha512 content_md5 output_md5 content_base64sha256") && has("content"):
		return fmt.Sprintf("The digest of a text is sha256(%s.content); other functions of digests are md5, sha1 and sha512.", of)
	case in("dir dirname directory folder parent parent_dir") && path == "path" && has(path):
		return fmt.Sprintf("Here that is dirname(%s.path).", of)
	case in("basename base filename file_name") && path == "path" && has(path):
		return fmt.Sprintf("Here that is basename(%s.path).", of)
	case in("size length bytes") && has("content"):
		return fmt.Sprintf("Here that is length(%s.content).", of)
	case in("id number numeric_id") && (has("uid") || has("gid")):
		if has("uid") {
			return fmt.Sprintf("Here that is %s.uid.", of)
		}
		return fmt.Sprintf("Here that is %s.gid.", of)
	case in("id title label self dest destination fullpath full_path") && has(path):
		return fmt.Sprintf("Here that is %s.%s.", of, path)
	case in("name") && !has("name") && has(path):
		return fmt.Sprintf("Here that is %s.%s.", of, path)
	case in("exists exist present installed is_installed created stat isfile is_file"):
		return fmt.Sprintf("Whether it is there before a run is no value of a manifest. What comes after it says depends_on = [%s].", of)
	case in("changed updated modified notified is_changed refreshed"):
		return fmt.Sprintf("Whether a run changes it is no value of a manifest. What follows a change is notifies = [KIND.NAME.VERB] in %s, or an exec's run_on = [%s].", of, of)
	case in("stdout stderr output result rc exit_code exit_status return_code stdout_lines"):
		return "What a command prints or returns is no value of the same run. A program whose output is known before is a fact, in facts.d of converge."
	case in("state status is_running is_active active pid uptime is_enabled") && has("running"):
		return fmt.Sprintf("What it does on the machine is no value of a manifest. What it is to do is %s.running.", of)
	case in("state status") && has("ensure"):
		return fmt.Sprintf("Here that is %s.ensure.", of)
	case in("installed_version current_version latest_version candidate candidate_version"):
		return "The version on the machine is no value of a manifest."
	case in("mtime ctime atime last_modified inode"):
		return "What is on the machine before a run is no value of a manifest."
	}
	return ""
}

// explainActions rewrites errors about names in notifies, depends_on and V_on, which take no attributes.
func (e *edge) explainActions(b *block, uses []hcl.Traversal, diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.Summary != "Unknown attribute" || d.Subject == nil {
			continue
		}
		for _, t := range uses {
			k := b.mod.l.kinds.find(t.RootName())
			at := slices.IndexFunc(t, func(step hcl.Traverser) bool { return step.SourceRange().Start.Byte == d.Subject.Start.Byte })
			if r := t.SourceRange(); k == nil || at < 2 || r.Filename != d.Subject.Filename {
				continue
			}
			if name, ok := nameStep(t, at); ok {
				d.Summary, d.Detail = "Unknown action", k.describeUnknownAction(e, syntax.TraversalText(t[:at]), name, b)
			}
		}
	}
	return diags
}

// describeUnknownAction lists the actions of a resource in place of an unknown one.
func (k *kindInfo) describeUnknownAction(e *edge, of, name string, by *block) string {
	kind := diag.Capital(resource.WithArticle(k.Name))
	meant := map[string]string{"restart": "run", "start": "run", "refresh": "run", "execute": "run", "exec": "run", "notify": "run", "reloaded": "reload", "restarted": "restart", "started": "start", "stopped": "stop", "try-restart": "restart", "reload-or-restart": "reload"}[name]
	switch here := diag.Suggest(name, k.Verbs, ""); {
	case e.attr != "notifies":
		return fmt.Sprintf("%s takes resources, and no %s of one: %s = [%s].", e.attr, name, e.attr, of)
	case len(k.Verbs) == 0:
		return fmt.Sprintf("%s has no actions, so nothing can notify it: leave it out here. %s", kind, k.insteadOfAction(of, name, by))
	case slices.Contains(k.Verbs, meant):
		return fmt.Sprintf("%s has no action %q. Here that is %s.%s.", kind, name, of, meant)
	case here != "":
		return fmt.Sprintf("%s has no action %q.%s", kind, name, here)
	}
	for _, mine := range renamedAttrs()[name] {
		if slices.Contains(k.names, mine) {
			return fmt.Sprintf("%s has no action %q. What is to be stands in the block of %s: %s = …. Its actions are %s.", kind, name, of, mine, strings.Join(k.Verbs, ", "))
		}
	}
	return fmt.Sprintf("%s has no action %q. Its actions are %s: %s.%s.", kind, name, strings.Join(k.Verbs, ", "), of, k.Verbs[0])
}

// insteadOfAction explains what to declare in the block of the resource in place of the action that by requests; by is
// nil if a module is between the two.
func (k *kindInfo) insteadOfAction(of, name string, by *block) string {
	const acts = "What is to happen after a change is an action of a service or an exec, such as exec.NAME.run."
	if by == nil {
		return acts
	}
	after := fmt.Sprintf("In the block of %s, depends_on = [%s] puts it behind this one", of, resource.Addr{Kind: by.kind.Name, Name: by.label})
	in := func(words string) bool { return slices.Contains(strings.Fields(words), name) }
	switch _, ensures := k.attr["ensure"]; {
	case k.Name == "package" && in("upgrade update latest"):
		return after + `, and ensure = "latest" keeps it new.`
	case ensures && in("remove delete uninstall destroy purge absent unlink"):
		return after + `, and ensure = "absent" removes it.`
	case ensures && in("create install add touch present write"):
		return after + ", and it is made without being asked."
	}
	return after + ". " + acts
}
