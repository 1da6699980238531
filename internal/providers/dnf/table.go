package dnf

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"converge/internal/process"
	"converge/internal/providers/packages"
	"converge/internal/providers/packages/tool"
	"converge/internal/providers/rpm"
)

// change is the operation of a section of dnf's table.
type change int

const (
	nothing change = iota // skipped packages, and streams and profiles of modules
	installs
	installsWeak
	changes // upgrades and downgrades
	reinstalls
	removes
)

// findSection returns the operation of a section of the table (dnf/cli/output.py, list_transaction).
func findSection(title string) (c change, ok bool) {
	switch title {
	case "Installing", "Installing dependencies", "Installing group/module packages", "Installing group packages":
		return installs, true
	case "Installing weak dependencies":
		return installsWeak, true
	case "Upgrading", "Downgrading":
		return changes, true
	case "Reinstalling":
		return reinstalls, true
	case "Removing", "Removing dependent packages", "Removing unused dependencies":
		return removes, true
	case "Skipping packages with conflicts", "Skipping packages with broken dependencies",
		"Skipping packages with broken dependencies or part of a group",
		"Installing module profiles", "Disabling module profiles", "Enabling module streams",
		"Switching module streams", "Disabling modules", "Resetting modules":
		return nothing, true
	}
	return nothing, false
}

// row is a package in the table.
type row struct {
	change              change
	name, arch, version string
	replaced            bool // another package obsoletes and replaces it
}

// parseTable reads the table of a transaction:
//
//	================================================================
//	 Package     Architecture     Version     Repository     Size
//	================================================================
//	Installing:
//	 newdemo     noarch           1.0-1       fix            6.2 k
//	     replacing  demo.noarch 1.0-1
//
//	Transaction Summary
//	================================================================
//	Install  1 Package
//
// A row whose fields do not fit continues on the next line. The numbers of the summary
// are compared with the rows.
func parseTable(out string) ([]row, error) {
	_, body, ok := strings.Cut(out, "\n Package ")
	if !ok {
		return nil, readNothing(out)
	}
	body, summary, ok := strings.Cut(body, "\nTransaction Summary\n")
	if !ok {
		return nil, errors.New("the table of the transaction has no summary")
	}
	_, body, _ = strings.Cut(body, "===\n") // the rest of the heading
	t := &table{}
	for line := range strings.Lines(body) {
		if err := t.readLine(process.Plain(strings.TrimRight(line, "\n"))); err != nil {
			return nil, err
		}
	}
	if err := t.endRow(); err != nil {
		return nil, err
	}
	return t.rows, t.compareSummary(summary)
}

// readNothing reads an answer without a table: there is nothing to do, if the shell ran to its end and no table with
// another heading follows.
func readNothing(out string) error {
	ended := false
	for line := range strings.Lines(out) {
		line = plainLine(line)
		if strings.HasPrefix(line, "=====") {
			return fmt.Errorf("the table of the transaction has no heading: %s", tool.LastLines(out, tool.ShownLines))
		}
		ended = ended || line == "Leaving Shell"
	}
	if !ended {
		return fmt.Errorf("its end is missing: %q", tool.LastLines(out, tool.ShownLines))
	}
	return nil
}

// table is a table that is being read.
type table struct {
	section change
	fields  []string // of the row that has begun
	rows    []row
}

func (t *table) readLine(line string) error {
	fields := strings.Fields(line)
	switch {
	case len(fields) == 0:
		return t.endRow()
	case strings.HasPrefix(line, "(add "): // advice on skipped packages
		return nil
	case line[0] != ' ':
		if err := t.endRow(); err != nil {
			return err
		}
		section, ok := findSection(strings.TrimSuffix(line, ":"))
		if !ok {
			return fmt.Errorf("the table of the transaction has an unknown section %q", line)
		}
		t.section = section
		return nil
	case fields[0] == "replacing" && strings.HasPrefix(line, "     replacing  "):
		return t.addReplaced(fields)
	case strings.HasPrefix(line, "  "):
		t.fields = append(t.fields, fields...)
		return nil
	}
	if err := t.endRow(); err != nil {
		return err
	}
	t.fields = fields
	return nil
}

// addReplaced adds a package that another one obsoletes.
func (t *table) addReplaced(fields []string) error {
	if err := t.endRow(); err != nil {
		return err
	}
	if len(fields) != 3 || !strings.Contains(fields[1], ".") {
		return fmt.Errorf("the table of the transaction has an unknown row %q", strings.Join(fields, " "))
	}
	dot := strings.LastIndexByte(fields[1], '.')
	t.rows = append(t.rows, row{change: removes, name: fields[1][:dot], arch: fields[1][dot+1:], version: fields[2], replaced: true})
	return nil
}

// endRow adds the row that is complete now.
func (t *table) endRow() error {
	f := t.fields
	t.fields = nil
	if len(f) == 0 || t.section == nothing {
		return nil
	}
	if len(f) < 4 || !strings.Contains(f[2], "-") {
		return fmt.Errorf("the table of the transaction has an unknown row %q", strings.Join(f, " "))
	}
	t.rows = append(t.rows, row{change: t.section, name: f[0], arch: f[1], version: f[2]})
	return nil
}

// compareSummary compares the rows with dnf's own numbers:
//
//	Install    2 Packages
//	Upgrade    1 Package
//	Remove     1 Package
//	Downgrade  1 Package
func (t *table) compareSummary(summary string) error {
	dnfs, ours, counted := map[string]int{}, map[string]int{}, false
	for line := range strings.Lines(summary) {
		f := strings.Fields(line)
		if len(f) == 3 && (f[2] == "Package" || f[2] == "Packages") {
			if n, err := strconv.Atoi(f[1]); err == nil {
				counted = true
				dnfs[map[string]string{"Install": "install", "Upgrade": "change", "Downgrade": "change", "Remove": "remove"}[f[0]]] += n
			}
		}
	}
	for _, r := range t.rows {
		switch {
		case r.replaced:
		case r.change == installs || r.change == installsWeak:
			ours["install"]++
		case r.change == changes:
			ours["change"]++
		case r.change == removes:
			ours["remove"]++
		}
	}
	if !counted && len(t.rows) == 0 {
		return fmt.Errorf("no line of the table of the transaction is of a known form: %s", tool.LastLines(summary, tool.ShownLines))
	}
	for _, what := range []string{"install", "change", "remove"} {
		if ours[what] != dnfs[what] {
			return fmt.Errorf("the table of the transaction has %d packages to %s, its summary %d", ours[what], what, dnfs[what])
		}
	}
	return nil
}

// operation is a row in the words of package packages.
func (r row) operation(installed []packages.Package) packages.Operation {
	o := packages.Operation{Name: r.name, Arch: r.arch, New: r.version}
	switch r.change {
	case removes:
		o.Old, o.New = r.version, ""
	case reinstalls:
		o.Old = r.version
	case changes:
		have, ok := rpm.Find(installed, r.name, r.arch)
		if !ok {
			have, _ = rpm.Find(installed, r.name, "") // of another architecture until now
		}
		o.Old = have.Version
	}
	return o
}
