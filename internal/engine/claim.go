package engine

// Claim is the relation of a site to a debt.
type Claim int

// The relations of a site to a debt.
const (
	Owned  Claim = iota // a run of this site
	Shared              // nobody knows whose: it counts where what it is owed to is declared
	Others              // another site's run: the same, but an address alone tells nothing there
)
