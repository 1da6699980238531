package manifest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"converge/internal/resource"
)

// describeManifest returns the result of a manifest: its resources and settings, or its errors with their places.
func describeManifest(text string) string {
	site, diags := Load(context.Background(), "-", Options{Kinds: resource.KindsOf(testKinds()...), Node: testNode(), Stdin: strings.NewReader(text)})
	var b strings.Builder
	for _, d := range diags {
		place := ""
		if d.Subject != nil {
			place = fmt.Sprintf("%d:%d: ", d.Subject.Start.Line, d.Subject.Start.Column)
		}
		fmt.Fprintf(&b, "%s%s: %s\n", place, d.Summary, d.Detail)
	}
	if diags.HasErrors() {
		return b.String()
	}
	b.WriteString(dump(site))
	s := site.Settings
	if s.Name != "" {
		fmt.Fprintf(&b, "name %s, formerly %q\n", s.Name, s.Formerly)
	}
	if s.Keep != nil {
		fmt.Fprintf(&b, "keep %v, secrets %v, lists %v\n", *s.Keep, *s.KeepSecrets, *s.MaxAge)
	}
	return b.String()
}

type manifestCase struct{ name, text, want string }

func checkManifests(t *testing.T, cases []manifestCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := describeManifest(c.text)
			if d := cmp.Diff(c.want, strings.TrimSuffix(got, "\n")); d != "" {
				t.Error(d)
			}
			if strings.Contains(strings.ReplaceAll(got, `"xhunter2" (secret)`, ""), "hunter2") {
				t.Errorf("the secret surfaces:\n%s", got)
			}
		})
	}
}

// TestBlocks shows small manifests of blocks, and their complete results. The archives in testdata cover cases with more
// than one file.
func TestBlocks(t *testing.T) {
	checkManifests(t, []manifestCase{
		{
			"settings", `settings {
  prune = true
  name = "web-1.eu"
  formerly = ["old", "/etc/site.hcl"]
  keep = "90d"
  keep_secrets = "1d12h"
  max_age = "0"
}`,
			`prune
name web-1.eu, formerly ["old" "/etc/site.hcl"]
keep 2160h0m0s, secrets 36h0m0s, lists 0s`,
		},
		{
			"settings twice", `settings {}
settings {}`,
			`2:1: Declared twice: The settings block is declared at <stdin>:1 already. Put what both set in one.`,
		},
		{
			"settings that are wrong", `settings {
  prune = 1
  name = "-x"
  formerly = ["a b"]
  keep = "soon"
  keep_secrets = "31d"
  max_age = "40000d"
}`,
			`2:11: Invalid value: prune must be a bool.
3:10: Invalid name of a site: The name must have 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.
4:14: Invalid former name of a site: A former name must have 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.
5:10: Invalid time: keep must be a time such as "90d", "36h" or "0".
6:18: Invalid time: keep_secrets cannot be more than 30d.
7:13: Invalid time: max_age cannot be more than 36500d.`,
		},
		{"former names that are wrong", `settings { formerly = [null] }`, `1:23: Invalid former name of a site: A former name must not be null.`},
		{
			"a former path that is not clean", `settings { formerly = ["/etc/../site.hcl"] }`,
			`1:23: Invalid former name of a site: A former name must be a clean path: "/site.hcl".`,
		},
		{
			"a name too long", `settings { name = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm" }`,
			`1:19: Invalid name of a site: The name must have 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.`,
		},
		{
			"settings that refer", `variable "x" { default = true }
settings { prune = var.x }`,
			`2:20: Not a constant: prune is read before anything is evaluated: it is a constant, and var.x is none. Write its value out.`,
		},
		{"negative time", `settings { keep = "-1h" }`, `1:19: Invalid time: keep must be a time such as "90d", "36h" or "0".`},
		{"time of half a day", `settings { keep = "0.5d" }`, `1:19: Invalid time: keep must be a time such as "90d", "36h" or "0".`},
		{
			"module twice", `module "m" { source = "./m" }
module "m" { source = "./m" }`,
			`1:23: Invalid module source: Cannot read "m": no such file or directory. A source is a folder with *.hcl files, and a relative one begins at the folder of this manifest.
2:1: Declared twice: The module "m" is declared at <stdin>:1 already.`,
		},
		{"module without source", `module "m" {}`, `1:1: Missing module source: The module "m" needs a source: the folder that its manifests are in.`},
		{
			"module of a bad name", `module "a b" { source = "./m" }`,
			`1:1: Invalid module name: A module's name is a part of addresses, between dots, so it is a word of letters, digits, _ and -.`,
		},
		{
			"module from a URL without digest", `module "m" { source = "https://example.org/m" }`,
			`1:23: Invalid module source: A source that is a URL needs sha256, the digest of the archive: without it, whoever can change the archive decides about this host.`,
		},
		{
			"module from elsewhere", `module "m" { source = "git::https://example.org/m" }`,
			`1:23: Invalid module source: A module's source is a local folder, such as "./modules/web", or the http or https URL of an archive; a git repository is checked out beside the manifest, or its archive of a commit is the URL.`,
		},
		{
			"module from a folder with a digest", "module \"m\" {\n  source = \"./m\"\n  sha256 = \"00\"\n}",
			`2:12: Invalid module source: sha256 is for a source that is a URL.`,
		},
		{"module that is not there", `module "m" { source = "./missing" }`, `1:23: Invalid module source: Cannot read "missing": no such file or directory. A source is a folder with *.hcl files, and a relative one begins at the folder of this manifest.`},
		{"no name", `file "" { path = "/a" }`, `1:6: Empty name: A file needs a name that is not empty.`},
		{"a name with a bell", `file "a\u0007" { path = "/a" }`, `1:6: Invalid name: A name cannot hold control characters.`},
		{
			"a computed attribute", `file "/a" { digest = "x" }`,
			`1:13: Computed attribute: The attribute "digest" of a file is what converge works out; a manifest cannot set it.`,
		},
		{"an unknown attribute", `file "/a" { mod = "0644" }`, `1:13: Unknown attribute: A file has no attribute "mod". Did you mean "mode"?`},
		{"an attribute that is missing", `exec "x" {}`, `1:1: Missing attribute: exec.x needs the attribute "command".`},
		{
			"a path that is missing", `file "motd" {}`,
			`1:1: Missing attribute: file.motd needs the attribute "path". Set it, or make the label the path, which starts with a slash: file "/motd".`,
		},
		{"a value of another kind", `service "x" { enabled = "maybe" }`, `1:25: Invalid value: In service.x, enabled must be true or false, without quotes; "maybe" is a text.`},
		{
			"none of the values", `file "/a" { ensure = "presnt" }`,
			`1:22: Invalid value: In file["/a"], ensure must be one of present, absent, not "presnt". Did you mean "present"?`,
		},
		{"none of the values, sensitive", `file "/a" { ensure = sensitive("hunter2") }`, `1:22: Invalid value: In file["/a"], ensure must be one of present, absent.`},
		{
			"a sensitive value of another kind", `service "x" { enabled = sensitive("hunter2") }`,
			`1:25: Invalid value: In service.x, enabled must be a bool; the value is sensitive, so it is not shown.`,
		},
		{
			"a sensitive value that fails the check", `file "/a" {}
file "b" { path = sensitive("hunter2") }`,
			`2:19: Invalid value: In file.b, path does not have the form it must; the value is sensitive, so the reason is withheld.`,
		},
		{
			"a secret attribute that fails the check", `user "u" { password = "hunter2:x" }`,
			`1:23: Invalid value: In user.u, password does not have the form it must; the value is sensitive, so the reason is withheld.`,
		},
		{
			"null is absent", `file "/a" {
  mode = null
  owner = "root"
}`,
			`file["/a"]
  owner = "root"
  path = "/a"`,
		},
		{
			"numbers and lists convert", `user "u" {
  uid = "7"
  groups = ["b", "a", "b"]
}`,
			`user.u
  groups = ["a","b"]
  name = "u"
  uid = 7`,
		},
		{
			"each by map", `file "x" {
  for_each = { b = "/b", a = "/a" }
  path = each.value
  mode = each.key
}`,
			`file.x["a"]
  mode = "a"
  path = "/a"
file.x["b"]
  mode = "b"
  path = "/b"`,
		},
		{
			"each by list", `service "s" {
  for_each = ["b", "a"]
  name = each.key
}`,
			`service.s["a"]
  name = "a"
service.s["b"]
  name = "b"`,
		},
		{
			"each of nothing", `service "s" {
  for_each = []
  name = each.key
}`,
			``,
		},
		{
			"each of an empty set", `service "s" {
  for_each = toset([])
  name = each.key
}`,
			``,
		},
		{
			"each of an empty list of numbers", `service "s" {
  for_each = tolist([for n in [1] : n if n > 1])
  name = each.key
}`,
			``,
		},
		{
			"each of an empty object", `service "s" {
  for_each = {}
  name = each.key
}`,
			``,
		},
		{
			"each of null", `service "s" {
  for_each = null
  name = each.key
}`,
			`2:14: Invalid for_each: for_each must not be null: null stands here. An empty map or list makes no resources: [].`,
		},
		{
			"each of a number", `service "s" {
  for_each = 1
  name = each.key
}`,
			`2:14: Invalid for_each: for_each must be a map, or a list or set of strings, not a number.`,
		},
		{
			"each of numbers", `service "s" {
  for_each = [1]
  name = each.key
}`,
			`2:14: Invalid for_each: A list for for_each holds strings only; a map can have values of any type. Of numbers: for_each = [for n in [1] : tostring(n)].`,
		},
		{
			"each twice the same", `service "s" {
  for_each = ["a", "a"]
  name = each.key
}`,
			`2:14: Invalid for_each: "a" is in the list more than once; each resource needs a key of its own.`,
		},
		{
			"each with sensitive keys", `service "s" {
  for_each = sensitive(["a"])
  name = each.key
}`,
			`2:14: Invalid for_each: The keys are sensitive, and would surface in the addresses of the resources. Values may be sensitive; if the keys are none, say so: { for k in nonsensitive(keys(var.x)) : k => var.x[k] }.`,
		},
		{
			"each with a sensitive element", `service "s" {
  for_each = [sensitive("a")]
  name = each.key
}`,
			`2:14: Invalid for_each: An element is sensitive, and would surface in the address of its resource.`,
		},
		{"each where there is none", `file "/a" { mode = each.key }`, `1:20: No each here: There is an each only in a block with for_each, and file["/a"] has none. Add for_each = ["a", "b"], with the keys that are meant, or write the value itself.`},
		{
			"each of no such attribute", `service "s" {
  for_each = ["a"]
  name = each.index
}`,
			`3:14: Unknown attribute: There is no each.index; there are each.key and each.value.`,
		},
		{
			"many fail", `service "s" {
  for_each = ["a", "b", "c"]
  name = each.key
  enabled = tobool("x${each.key}")
}`,
			`4:21: Invalid function argument: The argument of tobool is "xa", which is neither "true" nor "false". (With each.key "a"; 2 other resources of this block fail, too.)`,
		},
		{
			"an instance that is not there", `service "s" {
  for_each = ["a"]
  name = each.key
}
file "/a" { depends_on = [service.s["b"]] }`,
			`5:27: Unknown instance: service.s has no instance with the key "b". Its keys are a.`,
		},
		{
			"an action of no instance", `service "s" {
  for_each = ["a"]
  name = each.key
}
file "/a" { notifies = [service.s.restart] }`,
			`5:34: Instance not chosen: service.s has for_each, so a reference to one of its resources goes by its key: service.s["a"].restart.`,
		},
		{
			"an action of an instance", `service "s" {
  for_each = ["a"]
  name = each.key
}
file "/a" { notifies = [service.s["a"].restart, immediately(service.s["a"].reload)] }`,
			`service.s["a"]
  name = "a"
file["/a"]
  path = "/a"
  delayed service.s["a"].restart
  immediately service.s["a"].reload`,
		},
		{
			"an attribute for a resource", `service "s" {}
file "/a" { depends_on = [service.s.name] }`,
			`2:27: Not a resource: depends_on takes resources, such as package.nginx. service.s.name is the attribute "name".`,
		},
		{
			"an action for a resource", `service "s" {}
file "/a" { depends_on = [service.s.restart] }`,
			`2:27: Not a resource: depends_on takes resources, such as package.nginx.`,
		},
		{
			"a resource for an action", `service "s" {}
file "/a" { notifies = [service.s] }`,
			`2:25: No action: Say what service.s is to do: service.s.reload, service.s.restart.`,
		},
		{
			"no actions", `file "/b" {}
file "/a" { notifies = [file["/b"]] }`,
			`2:25: No action: A file has no actions, so nothing can notify it: leave it out here. In the block of file["/b"], depends_on = [file["/a"]] puts it behind this one. What is to happen after a change is an action of a service or an exec, such as exec.NAME.run.`,
		},
		{
			"a text for a resource", `file "/a" { depends_on = ["service.s"] }`,
			`1:27: Not what depends_on takes: depends_on takes resources, such as package.nginx. This is a string; a reference is written without quotes: service.s.`,
		},
		{
			"two times for one action", `service "s" {}
file "/a" { notifies = [immediately(before(service.s.restart))] }`,
			`2:25: Error in function call: immediately(…) cannot be evaluated: the action has another time already.`,
		},
		{
			"restart_on", `file "/a" {}
service "s" { restart_on = [file["/a"]] }`,
			`file["/a"]
  path = "/a"
  delayed service.s.restart
service.s
  name = "s"`,
		},
		{"restart_on itself", `service "s" { restart_on = [service.s] }`, `1:29: Resource notifies itself: service.s would tell itself of its own change.`},
		{"depends on itself", `service "s" { depends_on = [service.s] }`, `1:29: Resource depends on itself: service.s cannot come after itself.`},
		{
			"a dynamic edge", `variable "on" { default = true }
service "s" {}
file "/a" { notifies = var.on ? [service.s.restart] : [] }`,
			`service.s
  name = "s"
file["/a"]
  path = "/a"
  delayed service.s.restart`,
		},
		{
			"a dynamic edge to nothing", `variable "on" { default = false }
service "s" {}
file "/a" { notifies = var.on ? [service.s.restart] : [] }`,
			`service.s
  name = "s"
file["/a"]
  path = "/a"`,
		},
		{"when is no bool", `file "/a" { when = "maybe" }`, `1:20: Invalid value: when must be true or false.`},
		{
			"when is false", `file "/a" { when = false }`,
			`file["/a"] off
  path = "/a"`,
		},
		{
			"off, with what fails by itself", `file "/a" {
  when = false
  mode = tonumber("x")
}`,
			`3:20: Invalid function argument: The argument of tonumber is "x", which is no number.`,
		},
		{
			"on_failure", `file "/a" { on_failure = "continue" }`,
			`file["/a"] on_failure=continue
  path = "/a"`,
		},
		{"on_failure that is wrong", `file "/a" { on_failure = "retry" }`, `1:26: Invalid value: on_failure must be "skip", "continue", "stop" or "rollback".`},
	})
}
