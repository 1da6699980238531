package main

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"converge/internal/app/kinds"
	"converge/internal/manifest"
	"converge/internal/resource"
)

// TestWhatIsMadeOfASecretIsOne makes each text of manifests a secret in turn: either it is refused, or only secret
// attributes contain it, and no key and no path in the state does.
func TestWhatIsMadeOfASecretIsOne(t *testing.T) {
	t.Parallel()
	all := kinds.New().All()
	text := regexp.MustCompile(`<([^>]+)>`)
	for _, block := range []string{
		"mount \"/x\" {\n  device  = <device1>\n  type    = <type1>\n  options = [\"ro\", <password=p1>]\n}",
		"mount \"/x\" {\n  device  = <device1>\n  type    = <type1>\n  state   = \"saved\"\n  options = [<password=p1>]\n}",
		"swap \"/x\" { size = <1234M> }",
		"sysctl \"net.ipv4.ip_forward\" {\n  value = <value1>\n  file  = <file1.conf>\n}",
		"kernel_module \"m\" { options = { a = <value1> } }",
		"cron \"c\" {\n  schedule = <1 2 3 4 5>\n  user     = <user1>\n  command  = <command1>\n  env      = { A = <value1> }\n}",
		"sudoers \"s\" {\n  users    = [<user1>]\n  commands = [</usr/bin/command1>]\n  run_as   = <user2>\n}",
		"timer \"t\" {\n  calendar = <*-*-02 03:04>\n  command  = [\"/bin/x\", <argument1>]\n  user     = <user1>\n  env      = { A = <value1> }\n}",
		"unit \"u.service\" { sections = { Service = { ExecStart = </bin/command1>, Environment = [<A=value1>] } } }",
		"template \"/x\" {\n  inline = \"{{.a}}\"\n  vars   = { a = <value1> }\n}",
		"setting \"k\" {\n  path    = \"/x.ini\"\n  section = <section1>\n  value   = <value1>\n}",
		"setting \"k\" {\n  path   = \"/x.conf\"\n  format = \"keyvalue\"\n  items  = [<value1>]\n}",
		"line \"l\" {\n  path  = \"/x.conf\"\n  match = \"^line\"\n  line  = <line1>\n}",
		"block \"b\" {\n  path    = \"/x.conf\"\n  content = <content1>\n}",
		"repository \"r\" {\n  provider   = \"apt\"\n  url        = <https://host1/x>\n  suites     = [<suite1>]\n  components = [<component1>]\n  trusted    = true\n  options    = { Foo = <option1> }\n  pin_release = <o=release1>\n  priority   = 100\n}",
		"repository \"r\" {\n  provider = \"pacman\"\n  url      = <https://host1/x>\n  trusted  = true\n  before   = <before1>\n}",
		"authorized_key \"/x\" {\n  key     = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKtyzZ/BXeVPE/2UnEYnwpJjXMiP9Dc5ph2fqPgoEQEQ\"\n  options = [<command=command1>]\n}",
		"debconf \"d\" { answers = { \"d/a\" = { type = \"string\", value = <answer1> } } }",
		"archive \"/x\" {\n  source  = <https://host1/x.tar>\n  sha256  = \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"\n  exclude = [<exclude1>]\n}",
		"user \"u\" {\n  group   = <group1>\n  groups  = [<group2>]\n  home    = </home/home1>\n  shell   = </bin/shell1>\n  comment = <comment1>\n}",
		"group \"g\" { members = [<member1>] }",
		"service \"s\" { restart_command = [\"/bin/x\", <argument1>] }",
		"check \"c\" {\n  http    = <http://host1/>\n  headers = { A = <header1> }\n  body    = <body1>\n}",
		"link \"/x\" { target = <target1> }",
		"file \"/x\" {\n  content = <content1>\n  owner   = <owner1>\n  group   = <group1>\n}",
	} {
		for i, at := range text.FindAllStringSubmatchIndex(block, -1) {
			secret, n := block[at[2]:at[3]], -1
			manifestText := text.ReplaceAllStringFunc(block, func(m string) string {
				if n++; n == i {
					return `sensitive("` + m[1:len(m)-1] + `")`
				}
				return `"` + m[1:len(m)-1] + `"`
			})
			site, diags := manifest.Load(context.Background(), "-", manifest.Options{Kinds: resource.KindsOf(all...), Stdin: strings.NewReader(manifestText)})
			if diags.HasErrors() {
				if !strings.Contains(diags.Error(), "Sensitive name") {
					t.Errorf("%v\n%s", diags, manifestText)
				}
				continue
			}
			for _, r := range site.Resources {
				checkSecretMade(t, r, secret, manifestText)
			}
		}
	}
}

// checkSecretMade searches for a secret in the shown and stored data of a resource.
func checkSecretMade(t *testing.T, r *resource.Resource, secret, of string) {
	t.Helper()
	for name, v := range r.Want.AsValueMap() {
		if r.Secret[name] {
			continue
		}
		_ = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
			text := ""
			if b := resource.AsBlob(v); b != nil {
				src, _ := b.Bytes()
				text = string(src)
			} else if v.IsKnown() && !v.IsNull() && v.Type() == cty.String {
				text = v.AsString()
			}
			if strings.Contains(text, secret) {
				t.Errorf("%s shows %q in %s:\n%s", r.Addr, secret, name, of)
			}
			return true, nil
		})
	}
	if r.Kind.Links == nil {
		return
	}
	l := r.Kind.Links(r.Want)
	for _, keys := range [][]string{l.Provides, l.Within, l.Writes, l.Guards, l.Folders, l.Whole} {
		for _, key := range keys {
			if strings.Contains(key, secret) {
				t.Errorf("%s is known by %q in %q:\n%s", r.Addr, secret, key, of)
			}
		}
	}
}
