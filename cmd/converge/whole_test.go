package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"converge/internal/app/kinds"
	"converge/internal/engine/assembly"
	"converge/internal/manifest"
	"converge/internal/resource"
)

// TestWholeExcludesPart takes the example of every kind, and declares each file of which the example declares a part, or
// the whole, as a whole by each kind that does that: that is refused before anything is observed. A file with only a
// mode is accepted.
func TestWholeExcludesPart(t *testing.T) {
	t.Parallel()
	all := kinds.New().All()
	load := func(text string) []*resource.Resource {
		site, diags := manifest.Load(context.Background(), "-", manifest.Options{Kinds: resource.KindsOf(all...), Stdin: strings.NewReader(text)})
		if diags.HasErrors() {
			return nil // files beside a manifest are missing there
		}
		return site.Resources
	}
	checked := map[string]int{}
	for _, k := range all {
		example := strings.ReplaceAll(k.Example, `repository "acme" {`, "repository \"acme\" {\nprovider = \"apt\"")
		tried := map[string]bool{}
		rs := load(example)
		refuseTogether(rs, nil) // sets their keys
		for _, r := range rs {
			l := resource.Links{}
			if r.Kind.Links != nil {
				l = r.Kind.Links(r.Want)
			}
			files := l.Within
			if file, _, isPart := resource.CutPartKey(r.Key); isPart {
				files = append(files, file)
			}
			for _, key := range l.Whole {
				files = append(files, strings.TrimPrefix(key, "path:"))
			}
			for i, file := range files {
				if tried[file] {
					continue
				}
				tried[file] = true
				for what, block := range map[string]string{
					"file": `content = "127.0.1.1 other\n"`, "link": `target = "/nowhere"`, "mode": `mode = "0640"`,
				} {
					kind := strings.ReplaceAll(what, "mode", "file") // a file with only a mode
					refused := refuseTogether(rs, load(fmt.Sprintf("%s \"whole of it\" {\npath = %q\n%s\n}\n", kind, file, block)))
					declares := len(l.Whole) > 0 && strings.HasPrefix(r.Key, "path:") // one resource declared twice: no part of it may be declared again
					stands := what == "mode" && !declares
					if file == "/etc/locale.conf" && what == "file" { // only the machine knows whether its default locale is defined there
						stands = true
					}
					if strings.Contains(refused, file) == stands && !(i > 0 && k.Name == "timer" && what == "mode") {
						t.Errorf("%s and %s of %s: %q", r.Addr, what, file, refused)
					}
					checked[k.Name]++
				}
			}
		}
	}
	for _, name := range []string{"setting", "line", "block", "hostname", "timezone", "locale", "sysctl", "kernel_module", "mount", "swap", "known_host", "repository", "unit", "timer", "cron", "sudoers", "file", "link"} {
		if checked[name] == 0 {
			t.Errorf("the example of %s declares no file", name)
		}
	}
}

// refuseTogether returns why the resources of two manifests cannot be in one site; "": they can. The resources may be
// reused: a manifest is read once, and not for each of its neighbours.
func refuseTogether(rs, more []*resource.Resource) string {
	both := slices.Concat(rs, more)
	for i, r := range both {
		if more != nil {
			c := *r
			both[i] = &c
		}
	}
	_, diags, err := assembly.Assemble(context.Background(), both, assembly.Names{}, nil)
	if err != nil || diags.HasErrors() {
		return fmt.Sprint(err, diags.Error())
	}
	return ""
}
