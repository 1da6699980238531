package apt

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"converge/internal/fsys"
)

// A killed dpkg may leave packages with unmet dependencies. apt then refuses everything but its own repair, or a
// request that names all that is missing (apt-get(8), --fix-broken); it does not even add what a requested package
// depends on. So it is asked for its repair first. Then, as if those packages had no dependencies, it is asked for
// that and the changes together. The answer names all that is missing.

// mustMendFirst reports whether unmet dependencies keep apt from everything else.
func mustMendFirst(bad []problem) bool {
	return slices.ContainsFunc(bad, func(b problem) bool {
		return strings.HasPrefix(b.msg, "Unmet dependencies. Try ") && strings.Contains(b.msg, "--fix-broken install")
	})
}

// mender has unmet dependencies met by the transaction of a job.
type mender struct{ *job }

// askMended asks apt for the changes and the repair of other packages' dependencies. It returns the earlier problems
// if the repair would remove or downgrade something.
func (m mender) askMended(ctx context.Context, before []problem) ([]operation, []problem, error) {
	res, err := m.simulate(ctx, nil, "--fix-broken")
	if err != nil || res.Status != 0 {
		return nil, before, err
	}
	mends := m.normalizeNames(parseSimulation(res.Stdout))
	if slices.ContainsFunc(mends, func(o operation) bool { return o.removes() || o.downgrades() }) {
		return nil, before, nil
	}
	dir, err := m.sources.MakeFolder("converge-apt-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	status, err := m.withoutUnmet(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	words := append(m.installWords(), mendWords(m.exceptItems(mends))...)
	ops, bad, err := m.simulateWords(ctx, words, "-o", "Dir::State::status="+status, "-o", "Dir::Cache::pkgcache=")
	if err == nil && len(bad) == 0 {
		m.mends = m.exceptItems(ops)
	}
	return ops, bad, err
}

// exceptItems returns the operations that are about no item.
func (m mender) exceptItems(ops []operation) []operation {
	return slices.DeleteFunc(slices.Clone(ops), func(o operation) bool { return m.itemOf(o.name) != nil })
}

// withoutUnmet writes a copy of dpkg's database without unmet dependencies into a folder, and returns its name as apt
// sees it.
func (m mender) withoutUnmet(ctx context.Context, dir string) (string, error) {
	res, err := m.simulate(ctx, nil)
	if err != nil {
		return "", err
	}
	unmet := map[string]bool{}
	for _, b := range parseUnmet(res.Stdout) {
		unmet[baseName(b.name)] = true
	}
	data, err := m.sources.Tree.ReadFile(statusFile, maxStatus)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "status")
	err = fsys.ReplacePath(file, withoutRelations(m.withoutForced(data), unmet), fsys.Replacement{})
	return strings.TrimPrefix(file, m.sources.Root), err
}

// withoutRelations drops the fields by which packages need or exclude others.
func withoutRelations(status []byte, of map[string]bool) (out []byte) {
	isOf, drops := false, false
	for line := range bytes.Lines(status) {
		field, value, _ := bytes.Cut(line, []byte(":"))
		continues := line[0] == ' ' || line[0] == '\t'
		if string(field) == "Package" {
			isOf = of[string(bytes.TrimSpace(value))]
		}
		if !continues {
			drops = isOf && slices.Contains([]string{"Depends", "Pre-Depends", "Conflicts", "Breaks"}, string(field))
		}
		if !drops {
			out = append(out, line...)
		}
	}
	return out
}

// mendWords are the arguments of apt-get install that name the operations.
func mendWords(ops []operation) (words []string) {
	for _, o := range ops {
		if o.removes() {
			words = append(words, o.name+"-")
		} else {
			words = append(words, o.name+"="+o.new)
		}
	}
	return words
}

// noticeMends reports the repair beside the changes, and its reason.
func (t transaction) noticeMends() {
	if len(t.mends) > 0 {
		t.sources.SendNotice("dependencies of packages were left unmet; apt meets them in the same transaction: %s", strings.Join(mendWords(t.mends), " "))
	}
}
