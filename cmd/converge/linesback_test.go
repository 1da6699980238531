package main

import (
	"fmt"
	"testing"
)

// TestAllRemovedLinesComeBack undoes a run that has removed several lines: by a rollback, and by prune, after no site
// declares them absent any more.
func TestAllRemovedLinesComeBack(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"shown": "", "secret": "  sensitive = true\n", "all": "  multiple = \"all\"\n", "first": "  multiple = \"first\"\n"} {
		for _, match := range []string{`match = "^key "`, `line = "key 1"`} {
			if name == "secret" && match[0] == 'l' { // which would identify it
				continue
			}
			t.Run(name+" "+match, func(t *testing.T) {
				h := newSecretHost(t, secretCase{given: map[string]string{"etc/x.conf": "a\nkey 1\nkey 2\nb\nkey 1\nc\nkey 3"}})
				before := h.tree()
				h.apply(fmt.Sprintf("line \"k\" {\n  path = \"/etc/x.conf\"\n  ensure = \"absent\"\n  %s\n%s}", match, more))
				after := h.tree()
				h.want(before, h.must("rollback"))
				h.want(after, h.must("rollback", h.lastRun()))
				h.want(before, h.must("rollback", h.lastRun()))
				h.want(after, h.must("apply", h.dir+"/site.hcl"))
				h.write("site.hcl", "settings { name = \"s\" }\n")
				h.want(before, h.must("apply", "--prune", h.dir+"/site.hcl"))
			})
		}
	}
}
