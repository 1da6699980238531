// Package ownership determines which resources, records and debts belong to a site, by the journal's ledger. Start
// with [NameSite] and [Ledger]. It changes nothing: package engine decides what an apply does with orphans and debts.
package ownership

import (
	"slices"

	"converge/internal/app/site"
	"converge/internal/engine"
	"converge/internal/journal"
	"converge/internal/notify"
	"converge/internal/resource"
	"converge/resources"
)

// Ledger determines, from the journal's ledger, what belongs to a site, and which debts are its own.
type Ledger struct {
	State    *journal.State
	Site     *site.Site
	ID       journal.Site
	Read     resources.Reader                  // of files of the machine
	Unpacked func(folder, path string) bool    // whether an archive has put the entry at a path into its folder
	ListLeft func(*resource.Resource) []string // the paths that a resource puts out of use without removing them

	// ListHidden lists the paths that a resource hides, as in [resource.Review], and IsThere reports whether something
	// exists at a path.
	ListHidden func(*resource.Resource) []string
	IsThere    func(path string) bool

	// TurnsLink reports whether a link gets another target, or is removed, and LinksTo lists the links that a path
	// leads through.
	TurnsLink func(*resource.Resource) bool
	LinksTo   func(path string) []string

	// SysctlConf returns the name under which /etc/sysctl.conf is read among the files of sysctl.d; "": it is not.
	SysctlConf func() string

	// KeyFile returns the file in which sshd looks for the keys of a user, and KeyFileNow the present one until the
	// user gets the declared home; "": unknown.
	KeyFile, KeyFileNow func(user string) string

	notified []*resource.Resource // targets of undeclared things

	unmatched []Unmatched
}

// ClaimDebt returns the relation of this site to a debt. A manifest from standard input has no name, so its debts
// belong to no site.
func (o *Ledger) ClaimDebt(d notify.Debt) engine.Claim {
	switch {
	case d.Site == journal.NoSite:
		return engine.Shared
	case d.Site == "", d.Site == o.ID.Name, slices.Contains(o.ID.Former, d.Site):
		return engine.Owned
	}
	return engine.Others
}

// FindRecorded returns the journal's record of a debt's target.
func (o *Ledger) FindRecorded(d notify.Debt) *resource.Resource {
	addr, raw, ok := o.State.NotifiedTarget(d)
	if !ok {
		return nil
	}
	return o.State.ReadTarget(addr, raw, o.Site.Kind(addr.Kind))
}
