package resources

import "iter"

// Recommending is whether one transaction of a package manager installs what its packages
// recommend.
type Recommending int

// The ways of a transaction. Whether recommended packages come along is one setting of a whole
// transaction, but of each package in a manifest.
const (
	RecommendsUnset Recommending = iota // as the manager is configured
	RecommendsOn
	RecommendsOff
	RecommendsMixed // only with those that do not say no
)

// ChooseRecommends returns how a transaction is set whose packages say each yes, no or, nil,
// nothing. on is whether any says yes.
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
