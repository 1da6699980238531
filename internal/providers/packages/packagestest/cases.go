package packagestest

import (
	"fmt"
	"slices"
	"strings"
)

// Case is a case that every package manager has to handle.
type Case string

// The cases, in the order of the table in docs/package-managers.md.
const (
	Absent        Case = "absent"
	Present       Case = "present, automatic and manual marks"
	Latest        Case = "latest"
	Exact         Case = "exact version"
	Constraint    Case = "constraint on the version"
	Downgrade     Case = "downgrade only when allowed"
	Hold          Case = "hold"
	Purge         Case = "purge, changed configuration included"
	LocalFile     Case = "package file"
	Virtual       Case = "name that packages provide"
	Unknown       Case = "unknown package, others go on"
	Conflict      Case = "conflict that removes a package is in the plan"
	Refused       Case = "what the plan did not show is refused"
	Locked        Case = "lock of another process is waited for"
	Script        Case = "failing script is seen, and tried again"
	OneForAll     Case = "30 packages in one transaction"
	SolverInPlan  Case = "solver's answer is in the plan"
	Rollback      Case = "rollback, versions included"
	Killed        Case = "killed in mid-transaction"
	FileConflict  Case = "files of two packages in one place"
	ShippedUnits  Case = "units that a package ships"
	NoOpReadsOnce Case = "nothing to do for 500 declarations"
	Sourceless    Case = "packages without a source after a repository goes"
	Planned       Case = "plan by a repository that the same run sets up"
	MovedOn       Case = "repository has moved on since it was fetched"
)

// Cases lists all cases.
func Cases() []Case {
	return []Case{
		Absent, Present, Latest, Exact, Constraint, Downgrade, Hold, Purge, LocalFile, Virtual, Unknown, Conflict,
		Refused, Locked, Script, OneForAll, SolverInPlan, Rollback, Killed, FileConflict, ShippedUnits, NoOpReadsOnce, Sourceless, Planned, MovedOn,
	}
}

// How a case was shown.
const (
	Real     = "real"     // by the program itself, on a test host
	Captured = "captured" // by a stand-in with answers from published output and the documentation of the program
)

// Proof describes how the cases of one provider are tested. The page docs/package-managers.md is written from it, and
// [Run] runs every case that it does not exclude: so neither claims what the other does not do.
type Proof struct {
	Manager string
	How     string          // of all cases except those of Other
	Other   map[Case]string // Captured, or the reason why a case is not shown
	Test    string          // the test's name and package
}

// of is how one case is shown.
func (p *Proof) of(c Case) string {
	if other, ok := p.Other[c]; ok {
		return other
	}
	return p.How
}

// Proofs lists the proofs of every provider.
func Proofs() []Proof {
	return []Proof{
		{Manager: "apt", How: Real, Test: "internal/providers/apt TestPackageSuite"},
		{Manager: "dnf", How: Real, Test: "internal/providers/dnf TestPackageSuite"},
		{Manager: "zypper", How: Real, Test: "internal/providers/zypper TestPackageSuite"},
		{Manager: "pacman", How: Real, Test: "internal/providers/pacman TestPackageSuite"},
		{Manager: "apk", How: Captured, Other: apkDiffers(), Test: "internal/providers/apk TestPackageSuite"},
	}
}

// apkDiffers are the cases in which apk differs from the suite's expectation, so that they are not run.
func apkDiffers() map[Case]string {
	const refuses = "not run: apk itself refuses, because it removes nothing that was asked for by name; a test of its folder shows that a plan says so"
	return map[Case]string{
		Absent:       "not run as for the others: what another package needs is refused, with the name of that, and takes nothing along",
		LocalFile:    "not run: the file must be signed by a key in /etc/apk/keys",
		Conflict:     refuses,
		Refused:      refuses,
		MovedOn:      "not run: the suite's repository is a folder, which apk reads in place; a test of its folder shows it with a mirror",
		FileConflict: "not run: by its documentation, apk leaves the file to its owner, installs the rest, and counts the package as broken",
	}
}

// proofOf finds the proof of a manager.
func proofOf(manager string) (Proof, bool) {
	all := Proofs()
	i := slices.IndexFunc(all, func(p Proof) bool { return p.Manager == manager })
	if i < 0 {
		return Proof{}, false
	}
	return all[i], true
}

// Table is the table of the page: a row a case, a column a provider.
func Table() string {
	var b strings.Builder
	proofs := Proofs()
	b.WriteString("| case |")
	for _, p := range proofs {
		fmt.Fprintf(&b, " %s |", p.Manager)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(proofs)) + "\n")
	var notes []string
	for _, c := range Cases() {
		fmt.Fprintf(&b, "| %s |", c)
		for _, p := range proofs {
			how := p.of(c)
			if how != Real && how != Captured {
				n := slices.Index(notes, how)
				if n < 0 {
					notes, n = append(notes, how), len(notes)
				}
				how = fmt.Sprintf("(%d)", n+1)
			}
			fmt.Fprintf(&b, " %s |", how)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for i, n := range notes {
		fmt.Fprintf(&b, "(%d) %s\n\n", i+1, n)
	}
	for _, p := range proofs {
		fmt.Fprintf(&b, "* %s: `%s`\n", p.Manager, p.Test)
	}
	return b.String()
}
