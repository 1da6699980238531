package resources

import "iter"

// Recommending is whether one transaction of a package manager installs what its packages
// recommend.
type Recommending int

// Ways of a transaction. Whether recommended packages are installed is one setting of a whole transaction, but a
// manifest sets it for each package.
const (
	RecommendsUnset Recommending = iota // as the manager is configured
	RecommendsOn
	RecommendsOff
	RecommendsMixed // only with the packages that do not refuse them
)

// ChooseRecommends returns how to set a transaction whose packages each want recommended packages, refuse them or,
// with nil, have no preference. on reports whether any wants them.
func ChooseRecommends(each iter.Seq[*bool]) (how Recommending, on bool) {
	var off, unset bool
	for says := range each {
		on = on || says != nil && *says
		off = off || says != nil && !*says
		unset = unset || says == nil
	}
	switch {
	case off && (on || unset):
		return RecommendsMixed, on
	case off:
		return RecommendsOff, on
	case on:
		return RecommendsOn, on
	}
	return RecommendsUnset, on
}
